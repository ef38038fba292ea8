// Bytes as they are: for requests and frames that no decent client would send.
import { createHash, randomBytes } from 'node:crypto'
import net from 'node:net'

export function connect(server) {
  const { hostname, port } = new URL(server.url)
  return net.connect({ host: hostname, port: Number(port) })
}

/** Sends the bytes and gives all that comes until the server closes, or until it is silent. */
export function exchange(server, bytes, { quiet = 1500 } = {}) {
  return new Promise((done) => {
    const socket = connect(server)
    const parts = []
    const end = (closed) => {
      clearTimeout(timer)
      socket.destroy()
      done({ text: Buffer.concat(parts).toString('latin1'), closed })
    }
    const timer = setTimeout(() => end(false), quiet)
    socket.on('data', (part) => parts.push(part))
    socket.on('error', () => end(true))
    socket.on('close', () => end(true))
    socket.write(bytes)
  })
}

/** Statuses of all answers in a text. */
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1]))

/** A client's frame, masked; first: the first byte, FIN and opcode. */
export function frame(first, payload, { masked = true, length } = {}) {
  const body = Buffer.from(payload)
  const size = length ?? body.length
  const head =
    size < 126
      ? [first, size]
      : size < 65536
        ? [first, 126, size >> 8, size & 255]
        : [first, 127, 0, 0, 0, 0, (size >>> 24) & 255, (size >> 16) & 255, (size >> 8) & 255, size & 255]
  if (!masked) return Buffer.concat([Buffer.from(head), body])
  head[1] |= 128
  const mask = randomBytes(4)
  const hidden = Buffer.from(body.map((byte, i) => byte ^ mask[i % 4]))
  return Buffer.concat([Buffer.from(head), mask, hidden])
}

/** An upgraded connection: { socket, ended }, ended gives { code } of the close frame, or null. */
export async function upgraded(server, target, headers = {}) {
  const key = randomBytes(16).toString('base64')
  const socket = connect(server)
  const lines = { Host: 'laiyu', Upgrade: 'websocket', Connection: 'Upgrade', ...headers }
  lines['Sec-WebSocket-Version'] = '13'
  lines['Sec-WebSocket-Key'] = key
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  let got = Buffer.alloc(0)
  let opened
  const open = new Promise((done, fail) => {
    opened = done
    setTimeout(() => fail(new Error(`no upgrade: ${got.toString('latin1').slice(0, 200)}`)), 10_000).unref()
  })
  let head_end = -1
  socket.on('data', (part) => {
    got = Buffer.concat([got, part])
    if (head_end < 0 && got.includes('\r\n\r\n')) {
      head_end = got.indexOf('\r\n\r\n') + 4
      opened()
    }
  })
  socket.on('error', () => undefined)
  const ended = new Promise((done) => {
    socket.on('close', () => {
      // Of what the server wrote only the last frame matters here: its close.
      const rest = got.subarray(Math.max(head_end, 0))
      const at = rest.lastIndexOf(0x88)
      done({ code: at >= 0 && rest.length >= at + 4 ? rest.readUInt16BE(at + 2) : null, bytes: rest })
    })
  })
  socket.write(`GET ${target} HTTP/1.1\r\n${head}\r\n`)
  await open
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  if (!got.includes(accept)) throw new Error(got.toString('latin1').slice(0, 200))
  return { socket, ended }
}

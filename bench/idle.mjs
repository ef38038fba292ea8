// Idle visitors: what one joined WebSocket costs in user memory, and what a message costs in CPU while
// so many sockets stand beside it. A process may have 20,000 descriptors where this is measured.
import { sleep } from '../tests/lib/server.mjs'
import { SAY, emit, house, load, note, quiet, resident, visitorSockets, visitors } from './_house.mjs'

const COUNTS = [10000, 19000]
const WRITERS = 50

async function measure(count) {
  const server = await house()
  const all = await visitors(server, count + WRITERS)
  const writers = visitorSockets(server, all.slice(count), 'writers.tsv')
  const write = () => load({ ...writers, ...SAY, rate: 1000, seconds: 3 })
  const alone = await write()
  await quiet(server.pid)
  const before = resident(server.pid)
  const idle = load({ ...visitorSockets(server, all.slice(0, count)), seconds: 20 })
  let joined = 0
  for (let i = 0; i < 120 && joined < count; i++) {
    await sleep(250)
    const text = await (await fetch(`${server.url}/metrics`)).text()
    joined = Number(/^laiyu_websockets (\d+)/m.exec(text)[1])
  }
  await quiet(server.pid)
  const bytes = (resident(server.pid) - before) / count
  const beside = await write()
  note(`${count} sockets, ${joined} joined, CPU a message ${alone.cpu_us_each} alone`)
  await idle
  await server.end()
  return { bytes, alone: alone.cpu_us_each, beside: beside.cpu_us_each, p99: beside.p99_us }
}

for (const count of COUNTS) {
  const { bytes, alone, beside } = await measure(count)
  emit('idle', 'bytes_per_socket', bytes, `bytes at ${count} sockets`, 'nchan 10.4 KB (ws 8.4, socket.io 18.9)', 10400 / bytes)
  emit('idle', 'cpu_us_per_message', beside, `us beside ${count} sockets`, 'the same without them', alone / beside)
}

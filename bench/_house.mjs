// What the benches share: the real server in a folder of its own, the load generator and the bare
// floor beside it, many visitors quickly, and one line of JSON a figure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { ROOT, newKey, sleep, startServer } from '../tests/lib/server.mjs'

const TOOLS = process.env.LAIYU_BENCH_DIR || path.join(ROOT, 'build-bench/bench')

/** How long one run is measured, and how many runs the median is taken of. */
export const SECONDS = Number(process.env.LAIYU_BENCH_SECONDS || 4)
export const RUNS = Number(process.env.LAIYU_BENCH_RUNS || 3)

export const SITE = 'demo' // the key of the site that a fresh data directory has

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** value and ratio are rounded to what the measure can carry. */
export function emit(bench, metric, value, unit, peer, ratio) {
  const round = (x) => (x === null ? null : Number(x.toPrecision(4)))
  console.log(
    JSON.stringify({ bench, metric, value: round(value), unit, peer, ratio: round(ratio ?? null) }),
  )
}

/** For people, beside the lines of JSON. */
export function note(...words) {
  console.error('#', ...words)
}

export async function house({ args = [], ...options } = {}) {
  const server = await startServer({ ...options, args: ['--log-level', 'warn', ...args] })
  server.pid = server.child.pid
  server.port = Number(new URL(server.url).port)
  return server
}

// --- the tools in C -------------------------------------------------------------------------------

const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function start(tool, args) {
  const child = spawn(path.join(TOOLS, tool), args.map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  child.on('close', () => running.delete(child))
  return child
}

/** One run of the load generator (bench/load.c says which options); its line of JSON. */
export async function load(options) {
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [value].flat().flatMap((one) => [`--${name}`, one]),
  )
  const child = start('load', args)
  let text = ''
  child.stdout.on('data', (bytes) => (text += bytes))
  await once(child, 'close')
  if (!text) throw new Error(`load ${args.join(' ')}: nothing came back`)
  return JSON.parse(text)
}

/** The bare floor of a mode: { port, pid, end() }. */
export async function floor(mode, bytes) {
  const child = start('floor', bytes ? [mode, 0, bytes] : [mode])
  const [line] = await once(child.stdout, 'data')
  const port = Number(/port (\d+)/.exec(line)[1])
  return {
    port,
    pid: child.pid,
    async end() {
      child.kill()
      await once(child, 'close')
    },
  }
}

/** `once` several times; the answer with the median of `by`. */
export async function several(by, run, runs = RUNS) {
  const answers = []
  for (let i = 0; i < runs; i++) answers.push(await run(i))
  answers.sort((a, b) => by(a) - by(b))
  note(answers.map((a) => Math.round(by(a))).join('  '))
  return answers[Math.floor(answers.length / 2)]
}

/** What a commit waits for at least: writing 64 KB over and making it safe, on the server's disk. */
export function disk(server) {
  const file = path.join(server.dir, 'sync')
  const bytes = Buffer.alloc(65536, 1)
  const fd = openSync(file, 'w')
  const times = []
  for (let i = 0; i < 600; i++) {
    const began = performance.now()
    writeSync(fd, bytes, 0, bytes.length, (i % 300) * bytes.length)
    fdatasyncSync(fd)
    if (i >= 300) times.push(performance.now() - began)
  }
  closeSync(fd)
  times.sort((a, b) => a - b)
  return { p50: times[150], p99: times[297] }
}

/** Resident bytes of a process. */
export function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024
}

export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Until the process has had next to nothing to do for a second. */
export async function quiet(pid) {
  for (let i = 0, before = cpuSeconds(pid); i < 60; i++) {
    await sleep(1000)
    const now = cpuSeconds(pid)
    if (now - before < 0.05) return
    before = now
  }
}

/** A file of tab-separated fields for `load --vars`, in the server's folder. */
export function varsFile(server, name, rows) {
  const file = path.join(server.dir, name)
  writeFileSync(file, rows.map((row) => row.join('\t')).join('\n') + '\n')
  return file
}

// --- visitors -------------------------------------------------------------------------------------

/** Requests one after the other on one kept connection: ask(target, body) gives the parsed answer. */
async function line(server) {
  const socket = net.connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  let got = Buffer.alloc(0)
  let wake = null
  socket.on('data', (bytes) => {
    got = Buffer.concat([got, bytes])
    wake?.()
  })
  const whole = () => {
    const end = got.indexOf('\r\n\r\n')
    if (end < 0) return null
    const length = Number(/content-length: (\d+)/i.exec(got.toString('latin1', 0, end))?.[1] ?? 0)
    return got.length < end + 4 + length ? null : [end + 4, end + 4 + length]
  }
  return {
    async ask(target, body) {
      const text = Buffer.from(JSON.stringify(body))
      socket.write(
        `POST ${target} HTTP/1.1\r\nHost: bench\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      )
      let at
      while (!(at = whole())) await new Promise((done) => (wake = done))
      const answer = JSON.parse(got.toString('utf8', ...at))
      got = got.subarray(at[1])
      if (answer.code) throw new Error(`${target}: ${answer.code}`)
      return answer
    },
    end: () => socket.destroy(),
  }
}

/** `count` visitors who have opened their first page: [{ token, visit }]. */
export async function visitors(server, count) {
  const made = []
  let left = count
  const one = async () => {
    const { ask, end } = await line(server)
    while (left-- > 0) {
      const { visitor, visit } = await ask('/w/view', {
        site: SITE,
        visitor: '',
        url: `${server.url}/demo/?from=${left % 97}`,
        title: 'Clinic',
        key: newKey(),
      })
      made.push({ token: visitor, visit })
    }
    end()
  }
  await Promise.all(Array.from({ length: 32 }, one))
  return made
}

/** The options of `load` with which each connection is the socket of one of these visitors. */
export function visitorSockets(server, some, name = 'visitors.tsv') {
  const hello = { t: 'hello', re: 'hello', site: SITE, visitor: '{1}', visit: '{2}', since: 0 }
  return {
    port: server.port,
    pid: server.pid,
    ws: true,
    path: '/w/live',
    hello: JSON.stringify(hello),
    ready: '"re":"hello"',
    connections: some.length,
    vars: varsFile(server, name, some.map((v) => [v.token, v.visit])),
  }
}

/** A chat message like any other: 60 characters of Chinese in the body. */
export const SAY = {
  body: '{"t":"say","re":"{n}","key":"bench-key-{n}","text":"您好，请问周日上午有没有门诊，孩子发烧两天了，需要先挂号吗？大概要等多久？从地铁站怎么走比较近？谢谢您了。"}',
  marker: '"re":"{n}"',
}

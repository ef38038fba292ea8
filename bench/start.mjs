// Cold start: from the command to the first good answer of /healthz, in a fresh data directory and in
// one that was left by a kill under load; and what is resident a second later.
import http from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { BINARY, sleep } from '../tests/lib/server.mjs'
import { SITE, emit, house, load, median, note, resident, visitors } from './_house.mjs'

const RUNS = 7

function healthy(port) {
  return new Promise((done) => {
    const call = http.get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (answer) => {
      answer.resume()
      done(answer.statusCode === 200)
    })
    call.on('error', () => done(false))
  })
}

/** Milliseconds to the first answer, and bytes a second later. */
async function begin(dir) {
  const began = process.hrtime.bigint()
  const child = spawn(
    BINARY,
    ['serve', '--data', `${dir}/data`, '--keys', `${dir}/keys`, '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let text = ''
  while (!/:(\d+)\//.test(text)) text += (await once(child.stdout, 'data'))[0]
  const port = Number(/127\.0\.0\.1:(\d+)\//.exec(text)[1])
  while (!(await healthy(port))) await sleep(1)
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  await sleep(1000)
  const bytes = resident(child.pid)
  child.kill()
  await once(child, 'close')
  return { ms, bytes }
}

const fresh = []
for (let i = 0; i < RUNS; i++) {
  const dir = await mkdtemp(path.join(tmpdir(), 'laiyu-'))
  fresh.push(await begin(dir))
  await rm(dir, { recursive: true, force: true })
}

const server = await house()
const rows = 10000
await visitors(server, 1)
await load({
  port: server.port,
  connections: 64,
  requests: rows,
  seconds: 30,
  path: '/w/view',
  body: JSON.stringify({ site: SITE, visitor: '', url: 'https://clinic.example/?n={n}', key: '{r}' }),
})
await server.kill9()
const used = []
for (let i = 0; i < RUNS; i++) used.push(await begin(server.dir))
await server.end()

const ms = (runs) => median(runs.map((run) => run.ms))
const mb = (runs) => median(runs.map((run) => run.bytes)) / (1 << 20)
note('fresh', fresh.map((run) => Math.round(run.ms)).join(' '), 'used', used.map((run) => Math.round(run.ms)).join(' '))
emit('start', 'cold_start_ms', ms(fresh), 'ms', 'goal 200 ms, fresh directory', 200 / ms(fresh))
emit('start', 'cold_start_used_ms', ms(used), 'ms', `goal 200 ms, ${rows} visits of the last minute`, 200 / ms(used))
emit('start', 'resident_mb', mb(fresh), 'MB', 'goal 25 MB, fresh directory', 25 / mb(fresh))
emit('start', 'resident_used_mb', mb(used), 'MB', `goal 25 MB, ${rows} open visits in memory`, 25 / mb(used))

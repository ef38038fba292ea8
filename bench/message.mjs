// Messages: 400 visitors in open conversations write over their sockets; each message is acknowledged
// after its commit and told to the visitor's tab, to the agent who has the conversation and to a
// supervisor who hears all. Latency at half the goal, with fixed times of sending.
import { SAY, SECONDS, disk, emit, house, load, note, several, varsFile, visitorSockets, visitors } from './_house.mjs'

const VISITORS = 400
const AGENTS = 8
const GOAL = 10000
const peer = 'LiveHelperChat 429/s, p99 33 ms'

const server = await house()
const admin = await server.admin()
await admin.patch('/api/roles/agent', { own_only: true })
const consoles = []
for (let i = 0; i < AGENTS; i++) consoles.push(await admin.colleague(`agent${i}`, 'agent'))
consoles.push(await admin.colleague('supervisor', 'supervisor'))
const sockets = visitorSockets(server, await visitors(server, VISITORS))

// Everyone says something, and every conversation gets an agent.
await load({ ...sockets, ...SAY, requests: VISITORS, seconds: 20 })
const { conversations } = await consoles[AGENTS].ask('GET', '/api/reception')
for (const [i, one] of conversations.entries())
  await consoles[i % AGENTS].ask('POST', `/api/conversations/${one.id}/take`, {})

const desks = load({
  port: server.port,
  ws: true,
  path: '/api/live',
  connections: consoles.length,
  header: ['Cookie: {1}', `Origin: ${server.url}`],
  hello: '{"t":"hello","re":"hello","since":0,"csrf":"{2}"}',
  ready: '"re":"hello"',
  vars: varsFile(server, 'desks.tsv', consoles.map((c) => [c.cookie, c.csrf])),
  seconds: 600, // ends with us
})
desks.catch(() => undefined)

const shape = { ...sockets, ...SAY, seconds: SECONDS, warm: 0.5 }
const most = await several((answer) => answer.per_second, () => load(shape))
const half = await several((answer) => answer.p99_us, () => load({ ...shape, rate: GOAL / 2 }))
for (const run of [most, half]) if (run.errors) note(`${run.errors} were refused`)
const sync = disk(server)
note(`a sync of this disk alone takes ${sync.p50.toFixed(2)} ms, one in a hundred ${sync.p99.toFixed(2)}`)
emit('message', 'per_second', most.per_second, '1/s', peer, most.per_second / 429)
emit('message', 'p99_ms', half.p99_us / 1000, 'ms', peer, 33 / (half.p99_us / 1000))
emit('message', 'per_second_at_p99', half.per_second, '1/s', 'half the goal, fixed times', half.per_second / (GOAL / 2))
emit('message', 'p99_against_sync_ms', half.p99_us / 1000, 'ms', 'p99 of fdatasync alone, same run', sync.p99 / (half.p99_us / 1000))
emit('message', 'cpu_us', most.cpu_us_each, 'us', 'no peer', null)
await server.end()
process.exit(0)

// One message to 1,000 sockets: the tabs of one visitor, who writes from a few more of them, each time
// as soon as the message before has come back to him. The floor sends a prepared frame of the same
// size to as many sockets, in the same run.
import { SAY, SECONDS, emit, floor, house, load, note, several, visitorSockets, visitors } from './_house.mjs'

const TABS = 1000
const WRITERS = 8 // a socket may send 50 frames a second
const FRAME = 400 // bytes of the pushed message

/** Deliveries a second to the listeners while the writers send. */
async function run(listen, write) {
  const heard = load({ ...listen, seconds: SECONDS + 0.5, warm: 0.5 })
  await new Promise((done) => setTimeout(done, 700))
  const [all, sent] = await Promise.all([heard, load({ ...write, seconds: SECONDS + 2 })])
  if (all.errors || sent.errors) note(`lost sockets: ${all.errors} ${sent.errors}`)
  return { per_second: all.received_per_second, cpu: all.cpu_seconds, received: all.received }
}
const rate = (answer) => answer.per_second

const bare = await floor('fanout', FRAME)
const plain = { port: bare.port, pid: bare.pid, ws: true }
const least = await several(rate, () =>
  run({ ...plain, connections: TABS }, { ...plain, connections: WRITERS, body: '{n}', marker: 'x' }),
)
await bare.end()

const server = await house()
const [visitor] = await visitors(server, 1)
const tabs = (n, name) => visitorSockets(server, Array.from({ length: n }, () => visitor), name)
const most = await several(rate, () =>
  run(tabs(TABS, 'tabs.tsv'), { ...tabs(WRITERS, 'writers.tsv'), ...SAY, marker: '"bench-key-{n}","sender"' }),
)
const peer = 'bare epoll fan-out, same run'
const each = (answer) => (answer.cpu * 1e6) / answer.received
emit('fanout', 'per_second', most.per_second, 'deliveries/s', peer, most.per_second / least.per_second)
emit('fanout', 'cpu_us', each(most), 'us', peer, each(least) / each(most))
await server.end()

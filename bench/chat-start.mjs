// A chat begins: the first message of a visitor who has never written, acknowledged after the commit
// of conversation and message, while consoles are connected and hear of each.
import { SECONDS, SITE, emit, house, load, note, several, varsFile, visitors } from './_house.mjs'

const EACH = Number(process.env.LAIYU_BENCH_CHATS || 8000 * SECONDS)
const server = await house()
const peer = 'LiveHelperChat 100/s, p99 123 ms'

async function run(i) {
  const fresh = await visitors(server, EACH)
  const answer = await load({
    port: server.port,
    pid: server.pid,
    connections: 64,
    seconds: 60,
    requests: EACH,
    path: '/w/say',
    header: 'Content-Type: text/plain',
    body: JSON.stringify({
      site: SITE,
      visitor: '{1}',
      visit: '{2}',
      key: 'bench-key-{n}',
      text: '您好，孩子发烧两天了，需要先挂号吗？',
      url: 'https://clinic.example/department/pediatrics/fever.html',
      title: '儿科门诊',
    }),
    vars: varsFile(server, `fresh-${i}.tsv`, fresh.map((v) => [v.token, v.visit])),
    rotate: true,
  })
  if (answer.errors) note(`${answer.errors} of ${answer.requests} were refused`)
  return answer
}

const most = await several((answer) => answer.per_second, run)
emit('chat-start', 'per_second', most.per_second, '1/s', peer, most.per_second / 100)
emit('chat-start', 'p99_ms', most.p99_us / 1000, 'ms', peer, 123 / (most.p99_us / 1000))
emit('chat-start', 'cpu_us', most.cpu_us_each, 'us', 'no peer', null)
await server.end()

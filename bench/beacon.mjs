// Durable page views: POST /w/view by many visitors, one in four of them new, each acknowledged after
// its commit. The floor answers the same requests without reading them, in the same run.
import { SECONDS, SITE, emit, floor, house, load, note, several, varsFile, visitors } from './_house.mjs'

const server = await house()
const known = await visitors(server, 3000)
const rows = known.flatMap((v, i) => (i % 3 ? [[v.token]] : [[''], [v.token]]))
const bare = await floor('http')
const page = JSON.stringify({
  site: SITE,
  visitor: '{1}',
  url: 'https://clinic.example/department/pediatrics/fever.html?from=list&n={n}',
  referrer: 'https://www.baidu.com/link?url=8dXq2',
  title: '儿科门诊 · 发烧了怎么办',
  screen: '390x844',
  language: 'zh-CN',
  key: '{r}',
})
const shape = {
  connections: 512,
  seconds: SECONDS,
  warm: 0.5,
  path: '/w/view',
  header: [
    'Content-Type: text/plain',
    'User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36',
  ],
  body: page,
  vars: varsFile(server, 'views.tsv', rows),
  rotate: true,
}
const rate = (answer) => answer.per_second
const least = await several(rate, () => load({ ...shape, port: bare.port, pid: bare.pid }))
const most = await several(rate, () => load({ ...shape, port: server.port, pid: server.pid }))
const peer = 'bare epoll responder, same run'
if (most.errors) note(`${most.errors} of ${most.requests} were refused`)
emit('beacon', 'per_second', most.per_second, '1/s', peer, most.per_second / least.per_second)
emit('beacon', 'per_second_against_peer', most.per_second, '1/s', 'LiveHelperChat 357/s', most.per_second / 357)
emit('beacon', 'p99_ms', most.p99_us / 1000, 'ms', `${shape.connections} connections, closed loop`, null)
emit('beacon', 'cpu_us', most.cpu_us_each, 'us', peer, least.cpu_us_each / most.cpu_us_each)
await bare.end()
await server.end()

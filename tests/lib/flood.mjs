// A wild client in a thread of its own, so that its work is not counted among the waits of others.
import { parentPort, workerData } from 'node:worker_threads'
import WebSocket from 'ws'

const { url, origin, hello, frames } = workerData
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

let sent = 0
let lines = 0
while (sent < frames) {
  const wild = new WebSocket(url, { headers: { origin }, perMessageDeflate: false })
  wild.on('error', () => undefined)
  wild.on('message', () => undefined)
  await new Promise((done) => wild.once('open', done).once('close', done))
  lines++
  if (wild.readyState === WebSocket.OPEN) wild.send(JSON.stringify(hello))
  while (sent < frames && wild.readyState === WebSocket.OPEN) {
    for (let i = 0; i < 100; i++, sent++)
      wild.send(JSON.stringify({ t: 'say', re: 'x', key: `flood-${lines}-${sent}`, text: 'x' }))
    do await pause(0)
    while (wild.bufferedAmount > 1 << 18 && wild.readyState === WebSocket.OPEN)
  }
  wild.terminate()
}
parentPort.postMessage({ sent, lines })

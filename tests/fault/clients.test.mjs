// Clients that are slow, silent, deaf or wild: each costs itself, and nobody else.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { FULL, SANITIZED } from '../lib/chance.mjs'
import { connect, exchange, frame, statuses, upgraded } from '../lib/raw.mjs'
import { Visitor, request, sleep, startServer, until, within } from '../lib/server.mjs'

const ORIGIN = 'http://clinic.test'
const FLOOD = FULL ? 100_000 : 10_000
const P99_MS = SANITIZED ? 250 : 50

let server, admin, agent, desk, site

async function talking() {
  const visitor = new Visitor(server, site)
  await visitor.view()
  await visitor.connect()
  await visitor.open()
  await visitor.socket.ask('consent', { consent: 'granted' })
  await visitor.say('hello')
  return visitor
}

const hello = (visitor) =>
  frame(0x81, JSON.stringify({ t: 'hello', site: site.key, visitor: visitor.token, visit: visitor.visit, n: 1, since: 0 }))

/** Nearest rank. */
const percentile = (list, p) => list.sort((a, b) => a - b)[Math.ceil(p * list.length) - 1]

const figure = async (name) => {
  const { body } = await request(server, 'GET', '/metrics')
  const line = new RegExp(`^${name}(?:{[^}]*})? (\\d+)`, 'm').exec(body)
  return line ? Number(line[1]) : null
}

before(async () => {
  server = await startServer()
  admin = await server.admin()
  site = await admin.site()
  agent = await admin.colleague('anna', 'agent')
  desk = await agent.desk()
})

after(async () => {
  await desk?.socket.drop()
  await server?.end()
})

describe('slow requests', () => {
  it('a head that comes byte by byte is given up, and others do not wait', async () => {
    const slow = Array.from({ length: 50 }, () => connect(server))
    const ends = slow.map(
      (socket) =>
        new Promise((done) => {
          let text = ''
          socket.on('data', (part) => (text += part.toString('latin1')))
          socket.on('error', () => undefined)
          socket.on('close', () => done(text))
        }),
    )
    const began = Date.now()
    const drip = setInterval(() => slow.forEach((s) => s.writable && s.write('G')), 1000)
    for (const socket of slow) socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-')
    for (let i = 0; i < 20; i++) {
      const at = Date.now()
      assert.equal((await request(server, 'GET', '/healthz')).status, 200)
      assert.ok(Date.now() - at < 1000)
    }
    const texts = await within(25_000, 'slow heads are closed', Promise.all(ends))
    clearInterval(drip)
    const took = Date.now() - began
    assert.ok(took > 5000 && took < 20_000, `${took} ms`)
    for (const text of texts) assert.deepEqual(statuses(text), [408])
  })

  it('a body that trickles is given up', async () => {
    const began = Date.now()
    const socket = connect(server)
    let text = ''
    socket.on('data', (part) => (text += part.toString('latin1')))
    socket.on('error', () => undefined)
    const closed = new Promise((done) => socket.on('close', done))
    socket.write('POST /w/say HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{')
    const drip = setInterval(() => socket.writable && socket.write('   '), 200)
    await within(30_000, 'the slow body is closed', closed)
    clearInterval(drip)
    assert.deepEqual(statuses(text), [408])
    assert.ok(Date.now() - began >= 3000)
  })

  it('what is cut in the middle leaves nothing behind', async () => {
    const before = await until('quiet', async () => figure('laiyu_connections'), 1000).catch(() => null)
    for (let i = 0; i < 40; i++) {
      const socket = connect(server)
      socket.on('error', () => undefined)
      socket.write('POST /w/say HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"site":"')
      await sleep(2)
      socket.destroy()
    }
    assert.equal((await request(server, 'GET', '/healthz')).status, 200)
    if (before !== null)
      await until('the connections are gone', async () => (await figure('laiyu_connections')) <= before + 2)
  })

  it('half a closed connection still gets its answer', async () => {
    const answer = await new Promise((done, fail) => {
      const socket = connect(server)
      let text = ''
      socket.allowHalfOpen = true
      socket.on('data', (part) => (text += part.toString('latin1')))
      socket.on('error', fail)
      socket.on('close', () => done(text))
      socket.end('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    })
    assert.deepEqual(statuses(answer), [200])
  })

  it('requests in a row on one connection are answered in a row', async () => {
    const { text } = await exchange(server, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))
    assert.deepEqual(statuses(text), Array(50).fill(200))
  })
})

describe('sockets', () => {
  it('one that never reads is let go, while its conversation goes on', async () => {
    const visitor = await talking()
    const id = visitor.conversation
    const deaf = await upgraded(server, '/w/live', { Origin: ORIGIN })
    deaf.socket.write(hello(visitor))
    await sleep(200)
    deaf.socket.pause()
    const text = '字'.repeat(3900)
    let gone = false
    deaf.socket.on('close', () => (gone = true))
    const began = Date.now()
    const took = []
    let last = 0
    // More than the system's own buffers and ours can hold.
    while (!gone && Date.now() - began < 45_000 && last < 1200) {
      const at = performance.now()
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => desk.say(id, text)),
      )
      took.push(performance.now() - at)
      last = Math.max(...answers.map((a) => a.number))
      await sleep(30)
      // The peer learns of its end only if it reads: a write into a closed line shows it.
      if (took.length % 10 === 0) deaf.socket.write(frame(0x89, ''))
      if (took.length % 10 === 5) gone = gone || deaf.socket.destroyed
    }
    deaf.socket.resume()
    const end = await within(30_000, 'the deaf one is closed', deaf.ended)
    assert.ok(end.code === 1013 || end.code === null, String(end.code))
    assert.ok(percentile(took, 0.99) < (SANITIZED ? 3000 : 500), `${percentile(took, 0.99)} ms`)
    await visitor.socket.next('message', (f) => f.number === last)
    const numbers = visitor.socket.pushes.filter((f) => f.t === 'message').map((f) => f.number)
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i), 'the tab that reads has all')
    await visitor.socket.drop()
  })

  it('one that breaks off in the middle of a frame', async () => {
    const visitor = await talking()
    const { socket, ended } = await upgraded(server, '/w/live', { Origin: ORIGIN })
    socket.write(hello(visitor))
    socket.write(frame(0x81, '{"t":"say"', { length: 5000 }))
    await sleep(50)
    socket.destroy()
    await ended
    assert.equal((await visitor.say('still here')).number, 2)
    await visitor.socket.drop()
  })

  it('a hundred that come and go with every word', async () => {
    const visitor = await talking()
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const tab = new Visitor(server, site, { token: visitor.token })
        await tab.connect({ since: 0 })
        tab.socket.send('typing', { text: `tab ${i}` })
        await tab.socket.drop()
      }),
    )
    const { conversations } = await agent.ask('GET', '/api/reception')
    assert.equal(conversations.find((c) => c.id === visitor.conversation).online, true)
    await visitor.socket.drop()
    await until('gone', async () => {
      const list = await agent.ask('GET', '/api/reception')
      return list.conversations.find((c) => c.id === visitor.conversation)?.online === false
    })
  })

  it(`a flood of ${FLOOD} frames from one client does not slow the others`, async () => {
    const talkers = await Promise.all(Array.from({ length: 8 }, talking))
    /** Waits of the others, in ms, for as long as `going` says. */
    const measure = async (going) => {
      const times = []
      const talk = async (visitor) => {
        while (going()) {
          const at = performance.now()
          await visitor.say('do I still get through?')
          times.push(performance.now() - at)
          await sleep(25)
        }
      }
      await Promise.all(talkers.map(talk))
      return times
    }
    const victim = await talking()
    const flood = async () => {
      const worker = new Worker(new URL('../lib/flood.mjs', import.meta.url), {
        workerData: {
          url: `${server.url.replace('http', 'ws')}/w/live`,
          origin: ORIGIN,
          hello: { t: 'hello', site: site.key, visitor: victim.token, visit: victim.visit },
          frames: FLOOD,
        },
      })
      try {
        const [{ sent, lines }] = await once(worker, 'message')
        assert.ok(sent >= FLOOD)
        return lines
      } finally {
        await worker.terminate()
      }
    }
    const attempt = async () => {
      // What the machine takes anyway, with whatever else runs on it, is not the flood's doing.
      const calm = performance.now() + 1500
      const quiet = percentile(await measure(() => performance.now() < calm), 0.99)
      let flooding = true
      const began = performance.now()
      const [lines, times] = await Promise.all([
        flood().finally(() => (flooding = false)),
        measure(() => flooding),
      ])
      const p99 = percentile(times, 0.99)
      console.log(
        `# ${FLOOD} frames over ${lines} lines in ${Math.round(performance.now() - began)} ms;` +
          ` others: ${times.length} messages, p99 ${p99.toFixed(1)} ms, before it ${quiet.toFixed(1)} ms`,
      )
      assert.ok(times.length >= 50)
      return p99 < P99_MS + quiet
    }
    // On a machine that others use too, one time of three must show it.
    const good = (await attempt()) || (await attempt()) || (await attempt())
    assert.ok(good, `p99 of the others is above ${P99_MS} ms`)
    for (const visitor of [victim, ...talkers]) await visitor.socket.drop()
  })
})

describe('asked to end', () => {
  it('finishes what runs, tells the sockets, and leaves with 0', async () => {
    const visitors = await Promise.all(Array.from({ length: 10 }, talking))
    const idle = connect(server)
    idle.on('error', () => undefined)
    const logins = Array.from({ length: 4 }, () => server.client().login('anna', agent.password))
    // A password takes its time: it is being checked when the signal comes.
    await sleep(10)
    const words = visitors.map((visitor) => visitor.say('my last word'))
    const spoken = Promise.allSettled(words)
    const { child, ended } = server
    const began = Date.now()
    child.kill('SIGTERM')
    await Promise.all(logins)
    const ends = await spoken
    const closes = await Promise.all([...visitors.map((v) => v.socket.closed), desk.socket.closed])
    for (const { code } of closes) assert.equal(code, 1001)
    assert.deepEqual(await within(30_000, 'end', ended), { code: 0, signal: null })
    assert.ok(Date.now() - began < 15_000)
    server.child = null
    await server.start()
    await agent.login('anna', agent.password)
    // A word whose acknowledgement the end overtook may stand or not; sent again, it stands once.
    for (const [i, visitor] of visitors.entries()) {
      const { messages } = await agent.ask('GET', `/api/conversations/${visitor.conversation}/messages`)
      assert.ok(messages.length <= 2)
      if (ends[i].status === 'fulfilled') assert.equal(messages[ends[i].value.number - 1].text, 'my last word')
      else assert.match(ends[i].reason.message, /closed with 1001/)
    }
    idle.destroy()
  })
})

// What is written stands once, however often it is sent; what is seen comes once, however often the
// line breaks; and who may no longer look sees nothing more.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FULL, chance, together } from '../lib/chance.mjs'
import { DeskRobot, VisitorRobot } from '../lib/robots.mjs'
import { Desk, Socket, Visitor, newKey, sleep, startServer, until } from '../lib/server.mjs'

let random, server, admin, supervisor, anna, bella, site

const refused = (code) => (error) => {
  assert.equal(error.code, code, error.message)
  return true
}
const upgrade = (client) =>
  new Socket(`${server.url.replace(/^http/, 'ws')}/api/live`, { cookie: client.cookie }).opened

async function newVisitor(text) {
  const someone = new Visitor(server, site)
  await someone.view()
  await someone.connect()
  if (text) {
    await someone.open()
    await someone.say(text)
  }
  return someone
}

const take = (client, visitor) =>
  client.send('POST', `/api/conversations/${visitor.conversation}/take`, {})
const closeBy = (client, visitor) =>
  client.ask('POST', `/api/conversations/${visitor.conversation}/close`, {})

async function bodies(visitor) {
  const at = `/api/conversations/${visitor.conversation}/messages`
  const { messages } = await supervisor.ask('GET', at)
  return messages.map((m) => [m.number, m.text])
}

/** Nothing more comes: both sockets of a pair have answered a frame sent after. */
async function settle(...sockets) {
  for (const socket of sockets) if (socket && !socket.ended) await sleep(60)
}

before(async () => {
  random = chance('exactly once')
  server = await startServer()
  admin = await server.admin()
  site = await admin.site()
  supervisor = await admin.colleague('super', 'supervisor')
  anna = await admin.colleague('anna', 'agent')
  bella = await admin.colleague('bella', 'agent')
})

after(() => server?.end())

describe('a repeated key', () => {
  it('has the first number, on the same line and on the next', async () => {
    const visitor = await newVisitor('one')
    const key = newKey()
    const first = await visitor.say('two', key)
    assert.equal(first.number, 2)
    assert.deepEqual((({ number, at }) => ({ number, at }))(await visitor.say('two', key)), {
      number: 2,
      at: first.at,
    })
    await visitor.socket.drop()
    await visitor.connect()
    assert.equal((await visitor.say('two', key)).number, 2)
    assert.equal((await visitor.say('three')).number, 3)
    assert.deepEqual(await bodies(visitor), [[1, 'one'], [2, 'two'], [3, 'three']])
    await visitor.close()
  })

  it('has the first number also by a call, and with another text', async () => {
    const visitor = await newVisitor('one')
    const key = newKey()
    await visitor.say('two', key)
    const { token, visit } = visitor
    const answer = await visitor.call('/w/say', { visitor: token, visit, key, text: 'not two' })
    assert.equal(answer.body.number, 2)
    assert.deepEqual(await bodies(visitor), [[1, 'one'], [2, 'two']])
    await visitor.close()
  })

  it('has the first number after the conversation has ended', async () => {
    const visitor = await newVisitor('one')
    const key = newKey()
    await visitor.socket.ask('consent', { consent: 'granted' })
    await visitor.say('two', key)
    await take(anna, visitor)
    const agentKey = newKey()
    const desk = await anna.desk()
    assert.equal((await desk.say(visitor.conversation, 'yes', agentKey)).number, 3)
    await closeBy(anna, visitor)
    assert.equal((await visitor.say('two', key)).number, 2)
    assert.equal((await desk.say(visitor.conversation, 'yes', agentKey)).number, 3)
    await assert.rejects(desk.say(visitor.conversation, 'late'), refused('conversation_closed'))
    assert.deepEqual(await bodies(visitor), [[1, 'one'], [2, 'two'], [3, 'yes']])
    const state = await visitor.hello(0)
    assert.equal(state.state, 'closed')
    await visitor.close()
    await desk.close()
  })

  it('sent twenty times at once is one message', async () => {
    const visitor = await newVisitor('one')
    const key = newKey()
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.say('two', key)))
    assert.deepEqual([...new Set(answers.map((a) => a.number))], [2])
    await until('the push', () => visitor.socket.pushes.some((f) => f.t === 'message' && f.number === 2))
    await settle(visitor.socket)
    assert.equal(visitor.socket.pushes.filter((f) => f.t === 'message' && f.number === 2).length, 1)
    assert.deepEqual(await bodies(visitor), [[1, 'one'], [2, 'two']])
    await visitor.close()
  })

  it('may be used in two conversations', async () => {
    const [a, b] = [await newVisitor('one'), await newVisitor('one')]
    const key = newKey()
    assert.equal((await a.say('two of a', key)).number, 2)
    assert.equal((await b.say('two of b', key)).number, 2)
    assert.deepEqual((await bodies(b))[1], [2, 'two of b'])
    await a.close()
    await b.close()
  })

  it('the form sent twice is one message', async () => {
    const visitor = await newVisitor()
    const form = {
      visitor: visitor.token,
      visit: visitor.visit,
      key: newKey(),
      phone: '13800138000',
      text: 'Call me',
      consent: true,
    }
    const first = await visitor.call('/w/message', form)
    const again = await visitor.call('/w/message', form)
    assert.deepEqual([first.body.number, again.body.number], [1, 1])
    await visitor.close()
  })
})

describe('two consultants', () => {
  it('who take at once: one wins', async () => {
    for (let round = 0; round < (FULL ? 40 : 8); round++) {
      const visitor = await newVisitor('anyone there?')
      const answers = await Promise.all([take(anna, visitor), take(bella, visitor)])
      const [won, lost] = answers.sort((a, b) => a.status - b.status)
      assert.deepEqual([won.status, lost.status, lost.body.code], [200, 409, 'conversation_taken'])
      assert.match(lost.body.message, /colleague/)
      await visitor.socket.drop()
    }
  })

  it('who write at once: one wins, and only his words stand', async () => {
    const desks = [await anna.desk(), await bella.desk()]
    for (let round = 0; round < (FULL ? 40 : 8); round++) {
      const visitor = await newVisitor('anyone there?')
      const ends = await Promise.allSettled(
        desks.map((desk, i) => desk.say(visitor.conversation, `I am ${i}`)),
      )
      const lost = ends.filter((end) => end.status === 'rejected')
      assert.deepEqual(lost.map((end) => end.reason.code), ['conversation_taken'])
      const winner = ends.findIndex((end) => end.status === 'fulfilled')
      assert.deepEqual((await bodies(visitor))[1], [2, `I am ${winner}`])
      await visitor.socket.drop()
    }
    for (const desk of desks) await desk.close()
  })

  it('a supervisor may take over, and that is on record', async () => {
    const visitor = await newVisitor('hello')
    await take(anna, visitor)
    const over = await take(supervisor, visitor)
    assert.equal(over.body.agent_id, supervisor.me.user.id)
    const { rows } = await admin.ask('GET', '/api/audit')
    const row = rows.find((r) => r.act === 'conversation.take_over')
    assert.equal(row.subject, `conversation:${visitor.conversation}`)
    assert.deepEqual(row.detail, { from: anna.me.user.id })
    await visitor.close()
  })
})

describe('the tabs of one visitor', () => {
  it('see the same', async () => {
    const first = await newVisitor('from the first tab')
    const tabs = [first]
    for (let i = 0; i < 5; i++) {
      const tab = new Visitor(server, site, { token: first.token })
      await tab.view({ url: `http://clinic.test/tab${i}` })
      assert.equal(tab.visit, first.visit)
      const state = await tab.connect({ since: 0 })
      assert.deepEqual(state.messages.map((m) => m.text), ['from the first tab'])
      tabs.push(tab)
    }
    const acks = await Promise.all(tabs.map((tab, i) => tab.say(`tab ${i}`)))
    const desk = await anna.desk()
    await desk.say(first.conversation, 'from the desk')
    const last = tabs.length + 2
    for (const tab of tabs) {
      await tab.socket.next('message', (f) => f.number === last)
      const seen = tab.socket.pushes.filter((f) => f.t === 'message')
      const numbers = seen.map((f) => f.number)
      assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, i) => last - numbers.length + 1 + i))
      assert.ok(numbers.length >= tabs.length + 1)
      acks.forEach((ack, i) => assert.equal(seen.find((f) => f.number === ack.number).text, `tab ${i}`))
    }
    for (const tab of tabs) await tab.close()
    await desk.close()
  })
})

describe('resuming', () => {
  it('a visitor and a desk miss nothing and see nothing twice while messages pour in', async () => {
    const total = FULL ? 250 : 60 // a visitor may send 300 frames in a burst
    const source = await newVisitor('first')
    const desk = await anna.desk()
    await take(anna, source)
    // The same visitor's other tab, and a colleague's console: both lines break all the time.
    const tab = new VisitorRobot(server, site, random, { token: source.token })
    tab.conversation = tab.side.conversation = source.conversation
    await tab.connect()
    const console_ = new DeskRobot(bella, random)
    await console_.connect()
    let pouring = true
    const pour = async () => {
      for (let i = 0; i < total; i++) {
        const writes = [source.say(`visitor ${i}`), desk.say(source.conversation, `agent ${i}`)]
        await Promise.all(i % 7 ? [] : writes)
        if (i % 7) await Promise.all(writes)
      }
      pouring = false
    }
    const breakLines = async (robot) => {
      while (pouring) {
        await sleep(random.below(25))
        await robot.line.drop()
        await robot.connect()
      }
    }
    await Promise.all([pour(), breakLines(tab), breakLines(console_)])
    const last = 1 + 2 * total
    await tab.caughtUp(last)
    await console_.caughtUp(source.conversation, last)
    await settle(tab.line, console_.line)
    assert.deepEqual([tab.wrong, console_.wrong], [[], []])
    assert.equal(tab.stream.length, last)
    const thread = console_.thread(source.conversation)
    assert.deepEqual(thread.map((m) => m.number), Array.from({ length: last }, (_, i) => i + 1))
    assert.deepEqual(thread.map((m) => m.text), tab.stream.map((m) => m.text))
    for (const who of ['visitor', 'agent']) {
      const own = tab.stream.filter((m) => m.text.startsWith(`${who} `)).map((m) => m.text)
      assert.deepEqual(own, Array.from({ length: total }, (_, i) => `${who} ${i}`))
    }
    await tab.stop()
    await console_.stop()
    await source.close()
    await desk.close()
  })

  it('many conversations at once, each whole on a desk that comes and goes', async () => {
    const robots = Array.from({ length: 12 }, () => new VisitorRobot(server, site, random))
    const watcher = new DeskRobot(supervisor, random)
    await watcher.connect()
    let busy = true
    const wander = async () => {
      while (busy) {
        await sleep(random.below(30))
        await watcher.line.drop()
        await watcher.connect()
      }
    }
    const talk = together(robots, 12, async (robot, i) => {
      await robot.side.view()
      await robot.connect()
      for (let n = 0; n < (FULL ? 40 : 10); n++) await robot.say(`${i}/${n}`)
    }).finally(() => (busy = false))
    await Promise.all([talk, wander()])
    for (const robot of robots) {
      await watcher.caughtUp(robot.conversation ?? (await robot.side.hello(0)).conversation, robot.stream.length)
      assert.deepEqual(robot.wrong, [])
      await robot.stop()
    }
    assert.deepEqual(watcher.wrong, [])
    await watcher.stop()
  })
})

describe('own conversations only', () => {
  let desks
  const own = (on) => admin.ask('PATCH', '/api/roles/agent', { own_only: on })

  before(async () => {
    await own(true)
    desks = { anna: new Desk(anna), bella: new Desk(bella) }
    for (const desk of Object.values(desks)) await desk.connect({ since: 0 })
  })

  after(async () => {
    for (const desk of Object.values(desks)) if (!desk.socket.ended) await desk.close()
    await own(false)
  })

  it('what waits is seen by all; once it is taken the others are told it is gone', async () => {
    const visitor = await newVisitor('who will answer?')
    const id = visitor.conversation
    for (const desk of Object.values(desks))
      await desk.socket.next('conversation', (f) => f.id === id && f.state === 'waiting')
    await take(anna, visitor)
    const gone = await desks.bella.socket.next('gone', (f) => f.id === id)
    await desks.anna.socket.next('conversation', (f) => f.id === id && f.state === 'active')
    const from = desks.bella.socket.pushes.length
    await visitor.say('for anna only, 13811112222')
    await desks.anna.socket.next('message', (f) => f.conversation === id && f.message.number === 2)
    await settle(desks.bella.socket)
    const later = desks.bella.socket.pushes.slice(from)
    assert.ok(!later.some((f) => (f.conversation ?? f.id) === id), JSON.stringify(later))
    assert.ok(gone.seq > 0)
    assert.ok(!desks.anna.socket.pushes.some((f) => f.t === 'gone' && f.id === id))
    for (const tail of ['', '/messages', '/marks']) {
      const answer = await bella.get(`/api/conversations/${id}${tail}`)
      assert.deepEqual([answer.status, answer.body.code], [404, 'conversation_missing'], tail)
    }
    for (const tail of ['/reveal', '/close'])
      assert.equal((await bella.post(`/api/conversations/${id}${tail}`, {})).status, 404, tail)
    const list = await bella.ask('GET', '/api/conversations')
    assert.ok(!list.conversations.some((c) => c.id === id))
    await visitor.close()
  })

  it('who was away when it was taken no longer holds it after resuming', async () => {
    const visitor = await newVisitor('who will answer?')
    const id = visitor.conversation
    await desks.bella.socket.next('conversation', (f) => f.id === id)
    const since = Math.max(...desks.bella.socket.pushes.map((f) => f.seq ?? 0))
    await desks.bella.socket.drop()
    await take(anna, visitor)
    const reception = await desks.bella.connect({ since })
    const listed = reception.conversations.some((c) => c.id === id)
    const told = desks.bella.socket.pushes.some((f) => f.t === 'gone' && f.id === id)
    // Either the answer is the whole reception, without it, or it is told that it is gone.
    assert.ok(!listed && (reception.whole || told), JSON.stringify(reception).slice(0, 300))
    await visitor.close()
  })

  it("the day's figures are his own", async () => {
    const today = await bella.ask('GET', '/api/today')
    const { conversations } = await supervisor.ask('GET', '/api/conversations', undefined, {
      query: { agent: bella.me.user.id, limit: 200 },
    })
    assert.equal(today.now.conversations, conversations.length)
    assert.ok(today.agents.every((row) => row.agent_id === bella.me.user.id))
  })

  it('begins and ends at once, also on consoles that are open', async () => {
    await own(false)
    for (const desk of Object.values(desks)) {
      assert.equal((await desk.socket.closed).code, 1012)
      await desk.connect({ since: 0 })
    }
    const visitor = await newVisitor('hello')
    const id = visitor.conversation
    await take(anna, visitor)
    // A console is told by being cut: it comes back with what it had seen, and is told all anew.
    const resume = async () => {
      const { socket } = desks.bella
      const since = Math.max(desks.bella.since, ...socket.pushes.map((f) => f.seq ?? 0))
      assert.equal((await socket.closed).code, 1012)
      return desks.bella.connect({ since })
    }
    const hears = async (text) => {
      await visitor.say(text)
      await desks.anna.socket.next('message', (f) => f.conversation === id && f.message.text === text)
      await settle(desks.bella.socket)
      return desks.bella.socket.pushes.some((f) => f.conversation === id && f.message?.text === text)
    }
    const holds = ({ conversations }) => conversations.some((c) => c.id === id)
    assert.equal(await hears('for both'), true)
    await own(true)
    assert.equal(holds(await resume()), false)
    await desks.anna.socket.closed
    await desks.anna.connect({ since: 0 })
    assert.equal(await hears('for anna'), false)
    await own(false)
    assert.equal(holds(await resume()), true)
    await desks.anna.socket.closed
    await desks.anna.connect({ since: 0 })
    assert.equal(await hears('for both again'), true)
    await visitor.close()
  })
})

describe('sessions', () => {
  it('signing out closes this console and no other', async () => {
    const [one, two] = [server.client(), server.client()]
    for (const client of [one, two]) await client.login('anna', anna.password)
    const [first, second] = [await one.desk(), await two.desk()]
    await one.ask('POST', '/api/logout')
    await first.socket.next('signed_out')
    assert.equal((await first.socket.closed).code, 1008)
    assert.equal(second.socket.ended, undefined)
    await second.hello(0)
    await second.close()
    await assert.rejects(upgrade(one), (error) => error.status === 401)
  })

  it('signing out everywhere closes every console, and the cookies are worth nothing', async () => {
    const clients = [server.client(), server.client(), server.client()]
    for (const client of clients) await client.login('bella', bella.password)
    const desks = await Promise.all(clients.map((client) => client.desk()))
    await clients[0].ask('POST', '/api/logout-everywhere')
    for (const desk of desks) assert.equal((await desk.socket.closed).code, 1008)
    for (const client of clients) {
      const answer = await client.get('/api/me')
      assert.deepEqual([answer.status, answer.body.code], [401, 'session_ended'])
      await assert.rejects(upgrade(client), (error) => error.status === 401)
    }
    await bella.login('bella', bella.password)
  })

  it('a new password ends the other sessions', async () => {
    const [one, two] = [server.client(), server.client()]
    for (const client of [one, two]) await client.login('anna', anna.password)
    const desk = await two.desk()
    await one.changePassword(anna.password, 'Winter-apple-55')
    anna.password = 'Winter-apple-55'
    assert.equal((await desk.socket.closed).code, 1008)
    assert.equal((await two.get('/api/me')).status, 401)
    assert.equal((await one.get('/api/me')).status, 200)
    await anna.login('anna', anna.password)
  })

  it('a console needs the CSRF token of its own session', async () => {
    for (const csrf of ['0'.repeat(32), bella.csrf]) {
      const desk = new Desk(anna)
      await desk.connect({ hello: false })
      await assert.rejects(desk.socket.ask('hello', { since: 0, csrf }), refused('csrf_missing'))
      await assert.rejects(desk.socket.ask('say', { conversation: '1', key: newKey(), text: 'x' }), refused('frame_order'))
      await desk.socket.drop()
    }
  })

  it('another role, a disabled account: at once, on sockets too', async () => {
    const carla = await admin.colleague('carla', 'supervisor')
    const at = `/api/users/${carla.me.user.id}`
    const desk = await carla.desk()
    await admin.ask('PATCH', at, { role: 'marketing' })
    assert.equal((await desk.socket.closed).code, 1008)
    assert.equal((await carla.get('/api/reception')).status, 401)
    await carla.login('carla', carla.password)
    assert.equal((await carla.get('/api/reception')).status, 403)
    await assert.rejects(carla.desk(), refused('not_permitted'))
    await admin.ask('PATCH', at, { role: 'agent' })
    await carla.login('carla', carla.password)
    const looking = await carla.desk()
    await admin.ask('PATCH', at, { disabled: true })
    assert.equal((await looking.socket.closed).code, 1008)
    assert.equal((await carla.get('/api/me')).status, 401)
    await assert.rejects(carla.login('carla', carla.password))
  })
})

describe('a busy reception', () => {
  const OPEN = 400
  let busy, visitors, desk

  before(async () => {
    busy = await startServer()
    const chief = await busy.admin()
    const place = await chief.site('Busy')
    visitors = []
    await together(Array.from({ length: OPEN }, (_, n) => n), 16, async (n) => {
      const someone = new Visitor(busy, place)
      await someone.view({ url: `http://clinic.test/a-page-with-a-name-of-some-length/${n}` })
      await someone.connect()
      await someone.open()
      await someone.say(`first of ${n}`)
      visitors.push(someone)
    })
    desk = new Desk(await chief.colleague('busy', 'supervisor'))
  })

  after(async () => {
    await desk?.close()
    for (const visitor of visitors ?? []) await visitor.close()
    await busy?.end()
  })

  it('is told whole to a console that is slow to read, while messages pour in', async () => {
    await desk.connect({ hello: false })
    desk.socket.ws.pause()
    // More than the kernels of both ends take: most of the answers stand in the server's queue.
    const greeted = Promise.all(Array.from({ length: 24 }, () => desk.hello(0)))
    await sleep(500)
    await together(visitors.slice(0, 100), 16, (visitor) => visitor.say('second'))
    await sleep(300)
    desk.socket.ws.resume()
    const [{ conversations }] = await greeted
    assert.equal(conversations.length, OPEN)
    assert.ok(JSON.stringify(conversations).length > 300_000)
    for (const visitor of visitors.slice(0, 100))
      await desk.socket.next('message', (m) => m.conversation === visitor.conversation)
    assert.equal(desk.socket.ended, undefined)
  })
})

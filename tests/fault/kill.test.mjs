// The power goes at any moment, again and again, while visitors and consultants write and pages are
// viewed: what was acknowledged is there, nothing is there twice, and the server is back at once.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FULL, SANITIZED, chance, together } from '../lib/chance.mjs'
import { DeskRobot, VisitorRobot, insist } from '../lib/robots.mjs'
import { command, sleep, startServer } from '../lib/server.mjs'

const KILLS = FULL ? 52 : 6
const BACK_MS = SANITIZED ? 6000 : 2000
const VISITORS = 10
const DESKS = 2

describe('kill -9 under load', () => {
  let random, server, admin, site
  let robots, desks, pages
  let stopping = false
  const restarts = []

  before(async () => {
    random = chance('kill')
    server = await startServer()
    // The address stays, as that of a real server does.
    server.options.listen = new URL(server.url).host
    admin = await server.admin()
    site = await admin.site()
  })

  after(async () => {
    stopping = true
    for (const robot of [...(robots ?? []), ...(desks ?? [])]) await robot.stop().catch(() => undefined)
    await server?.end()
  })

  async function write(robot, index) {
    await insist(random, () => robot.side.view())
    await robot.connect()
    await robot.frame('open', { url: robot.side.url, title: 'x', anchor: '' })
    await robot.frame('consent', { consent: 'granted' })
    robot.ready = true
    for (let n = 0; !stopping; n++) {
      const texts = Array.from({ length: 1 + random.below(3) }, (_, i) => `visitor ${index} ${n} ${i}`)
      await robot.say(...texts)
      await sleep(random.below(15))
    }
  }

  async function answer(desk, index) {
    await desk.connect()
    for (let n = 0; !stopping; n++) {
      const own = robots.filter((robot, i) => robot.ready && i % DESKS === index)
      if (own.length === 0) {
        await sleep(20)
        continue
      }
      const robot = random.pick(own)
      const text = `agent ${index} ${n}`
      const [ack] = await desk.say(robot.conversation, text)
      robot.answers.push({ text, ...ack })
      await sleep(random.below(10))
    }
  }

  /** Page views: each acknowledged one is kept. */
  async function browse() {
    while (!stopping) {
      const robot = random.pick(robots)
      if (robot.ready) {
        const url = `http://clinic.test/${robot.pages.length}`
        try {
          const { visit, n } = await robot.side.view({ url })
          robot.pages.push({ url, visit, n })
        } catch {
          robot.pages.push(null) // perhaps counted, perhaps not
        }
      }
      await sleep(random.below(10))
    }
  }

  it(`${KILLS} times: it is back in time, each time`, async () => {
    robots = Array.from({ length: VISITORS }, () => {
      const robot = new VisitorRobot(server, site, random, { drops: 0.02 })
      return Object.assign(robot, { answers: [], pages: [], ready: false })
    })
    desks = []
    for (let i = 0; i < DESKS; i++)
      desks.push(new DeskRobot(await admin.colleague(`agent${i}`, 'agent'), random, { drops: 0.02 }))
    const work = Promise.all([...robots.map(write), ...desks.map(answer), browse()])
    work.catch(() => (stopping = true))
    for (let i = 0; i < KILLS && !stopping; i++) {
      await sleep(80 + random.below(500))
      await server.kill9()
      await server.start()
      restarts.push(server.startMs)
    }
    await sleep(300)
    stopping = true
    pages = await work
    const said = robots.reduce((n, robot) => n + robot.acked.size + robot.answers.length, 0)
    const longest = Math.max(...restarts)
    console.log(`# ${restarts.length} kills, ${said} messages acknowledged, back after at most ${longest} ms`)
    assert.equal(restarts.length, KILLS)
    assert.ok(said > KILLS * 10, 'there was load')
    assert.ok(longest < BACK_MS, `back after ${longest} ms`)
    assert.ok(pages)
  })

  it('what was acknowledged is there once, under its number, and numbers have no gap', async () => {
    await admin.login('admin', 'paper-Lantern-61')
    await together(robots, 4, async (robot) => {
      const { messages } = await admin.ask('POST', `/api/conversations/${robot.conversation}/reveal`, {})
      assert.deepEqual(messages.map((m) => m.number), messages.map((_, i) => i + 1))
      assert.equal(new Set(messages.map((m) => m.key)).size, messages.length)
      assert.equal(new Set(messages.map((m) => m.text)).size, messages.length)
      for (const { key, text } of robot.outbox) {
        const { number, at } = robot.acked.get(key)
        const m = messages[number - 1]
        assert.deepEqual([m.key, m.sender, m.text, m.at], [key, 'visitor', text, at])
      }
      for (const { number, text, at } of robot.answers) {
        const m = messages[number - 1]
        assert.deepEqual([m.sender, m.text, m.at], ['agent', text, at])
      }
      // All was sent until it was acknowledged, so that nothing else can stand there.
      assert.equal(messages.length, robot.outbox.length + robot.answers.length)
      const own = messages.filter((m) => m.sender === 'visitor').map((m) => m.text)
      assert.deepEqual(own, robot.outbox.map((m) => m.text), 'in the order of writing')
    })
  })

  it('visitors and desks saw each message once, in order', async () => {
    for (const robot of robots) {
      const { conversation } = await admin.ask('GET', `/api/conversations/${robot.conversation}`)
      await robot.caughtUp(conversation.last_number)
      assert.deepEqual(robot.wrong, [])
      for (const desk of desks) await desk.caughtUp(robot.conversation, conversation.last_number)
    }
    for (const desk of desks) assert.deepEqual(desk.wrong, [])
  })

  it('acknowledged page views are in the trail, each once', async () => {
    for (const robot of robots) {
      const { conversation } = await admin.ask('GET', `/api/conversations/${robot.conversation}`)
      const { visits } = await admin.ask('GET', `/api/visitors/${conversation.visitor_id}`)
      const known = new Map(visits.flatMap((v) => v.pages.map((p) => [`${v.id}/${p.n}`, p.url])))
      for (const page of robot.pages.filter(Boolean).slice(-30))
        assert.equal(known.get(`${page.visit}/${page.n}`), page.url)
    }
  })

  it('laiyu check finds nothing', async () => {
    for (const robot of [...robots, ...desks]) await robot.stop()
    await server.stop()
    const check = await command(['check', '--data', server.data, '--keys', server.keys])
    assert.equal(check.code, 0, check.stdout + check.stderr)
  })
})

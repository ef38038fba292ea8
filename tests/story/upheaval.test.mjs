// People talk while everything around them is changed at once: rights, sites, accounts, texts, names,
// a backup, an export, an erasure. Nothing of that may lose or double a word, or end in a fault of
// the server. Under ThreadSanitizer this is where two threads would meet.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { FULL, chance, together } from '../lib/chance.mjs'
import { DeskRobot, VisitorRobot, insist } from '../lib/robots.mjs'
import { newKey, request, sleep, startServer } from '../lib/server.mjs'

const TALKS = FULL ? 60 : 16
const ROUNDS = 8

describe('talks while everything changes', () => {
  let random, server, admin, supervisor, sites, listeners, talking
  const talks = []
  const answers = [] // of all that changes and reads: [what, status]

  before(async () => {
    random = chance('upheaval')
    server = await startServer()
    admin = await server.admin()
    sites = [await admin.site('One'), await admin.site('Two')]
    supervisor = new DeskRobot(await admin.colleague('super', 'supervisor'), random, { drops: 0.02 })
    listeners = []
    for (const login of ['anna', 'bella'])
      listeners.push(new DeskRobot(await admin.colleague(login, 'agent'), random))
    for (const desk of [supervisor, ...listeners]) await desk.connect()
  })

  after(async () => {
    for (const robot of [supervisor, ...(listeners ?? []), ...talks.map((talk) => talk.visitor)])
      await robot?.stop()
    await server?.end()
  })

  async function talk(_, index) {
    const visitor = new VisitorRobot(server, sites[index % 2], random)
    const one = { visitor, said: [] }
    talks.push(one)
    await visitor.side.view({ url: `http://clinic.test/p${index % 5}` })
    await visitor.connect()
    await visitor.frame('open', { url: visitor.side.url, title: 'T', anchor: '' })
    await insist(random, () => visitor.frame('consent', { consent: 'granted' }))
    for (let round = 0; round < ROUNDS; round++) {
      const words = [`question ${round}`, `and ${round}`]
      const acks = await visitor.say(...words)
      words.forEach((text, i) => one.said.push({ who: 'visitor', text, ...acks[i] }))
      const text = `answer ${round}`
      const [ack] = await supervisor.say(visitor.conversation, text)
      one.said.push({ who: 'agent', text, ...ack })
    }
    await visitor.caughtUp(one.said.length)
  }

  /** Again and again until the talks are over. */
  async function until(fn) {
    for (let n = 0; talking; n++) {
      await fn(n)
      await sleep(random.below(20))
    }
    return true
  }

  async function call(client, method, target, body, options) {
    const answer = await client.send(method, target, body, options)
    answers.push([`${method} ${target}`, answer.status, answer.body?.code])
    return answer.body
  }

  const changes = {
    rights: (n) => call(admin, 'PATCH', '/api/roles/agent', { own_only: n % 2 === 0 }),
    sites: (n) => call(admin, 'PATCH', `/api/sites/${sites[n % 2].id}`, {
      name: `Site ${n}`,
      origins: ['http://clinic.test', `http://n${n % 50}.test`],
    }),
    async 'new sites'(n) {
      if (n < 20) await admin.site(`More ${n}`, [`http://more${n}.test`])
    },
    async accounts(n) {
      const { id } = listeners[1].client.me.user
      await call(admin, 'PATCH', `/api/users/${id}`, { name: `B ${n}`, role: n % 2 ? 'agent' : 'desk' })
    },
    async texts() {
      const body = { site_id: null, title: 'T', body: 'words' }
      const one = await call(admin, 'POST', '/api/canned', body, { key: newKey() })
      if (one?.id) await call(admin, 'DELETE', `/api/canned/${one.id}`)
    },
    async names(n) {
      const { visitors } = await supervisor.client.ask('GET', '/api/visitors')
      for (const one of visitors.slice(0, 3)) {
        await call(supervisor.client, 'PATCH', `/api/visitors/${one.visitor_id}`, { name: `V ${n}` })
        await call(supervisor.client, 'POST', `/api/visitors/${one.visitor_id}/invite`, {})
      }
    },
    async erasure() {
      const visitor = new VisitorRobot(server, sites[0], random, { drops: 0 })
      await visitor.side.view()
      await visitor.connect()
      await visitor.frame('open', { url: visitor.side.url, title: 'T', anchor: '' })
      await visitor.say('forget me')
      const { conversation } = await supervisor.client.ask(
        'GET', `/api/conversations/${visitor.conversation}`)
      await call(admin, 'POST', `/api/visitors/${conversation.visitor_id}/erase`, {})
      await visitor.stop()
    },
    async reading() {
      for (const target of ['/metrics', '/api/me', '/api/sites', '/api/reception', '/api/today', '/api/audit'])
        await call(admin, 'GET', target, undefined, { query: target === '/api/today' ? { site: sites[0].id } : {} })
      await call(admin, 'GET', '/api/conversations.csv')
    },
    async backup(n) {
      if (n > 3) return
      const to = path.join(server.dir, `copy-${n}`)
      const { status } = await request(server, 'POST', '/api/backup', { control: true, body: { directory: to } })
      answers.push(['backup', status])
    },
  }

  it('every word is acknowledged', async () => {
    talking = true
    const changing = Promise.all(Object.values(changes).map(until))
    try {
      await Promise.race([together(Array(TALKS).fill(0), 8, talk), changing])
    } finally {
      talking = false
    }
    await changing
    assert.equal(talks.length, TALKS)
  })

  it('no change or question met a fault of the server', () => {
    console.log(`# ${answers.length} changes and questions`)
    // Who is not on a page cannot be invited, nor twice in a visit; who was erased has no name.
    const fair = ['visitor_gone', 'visitor_missing', 'invited_already']
    assert.deepEqual(answers.filter(([, status, code]) => status >= 400 && !fair.includes(code)), [])
    for (const what of ['PATCH /api/roles', 'PATCH /api/sites', 'PATCH /api/users', 'DELETE', 'backup'])
      assert.ok(answers.some(([call]) => call.startsWith(what)), what)
  })

  it('every word stands once, in order, at the visitor, the desk and in the store', async () => {
    for (const { visitor, said } of talks) {
      const wanted = said.map((m) => [m.number, m.who, m.text])
      const plain = (list) => list.map((m) => [m.number, m.sender, m.text])
      assert.deepEqual(visitor.wrong, [])
      assert.deepEqual(plain(visitor.stream), wanted)
      await supervisor.caughtUp(visitor.conversation, said.length)
      assert.deepEqual(plain(supervisor.thread(visitor.conversation)), wanted)
      const { messages } = await supervisor.client.ask(
        'GET', `/api/conversations/${visitor.conversation}/messages`, undefined, { query: { limit: 200 } })
      assert.deepEqual(plain(messages), wanted)
    }
    assert.deepEqual(supervisor.wrong, [])
  })

  it('the chain of the audit is whole', async () => {
    const { rows, broken_at } = await admin.ask('POST', '/api/audit/check', {})
    assert.ok(rows > answers.length / 4)
    assert.equal(broken_at, null)
  })
})

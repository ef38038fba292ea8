// The disk is full: everybody is told, nothing that was promised is missing, nothing is broken, what
// is there can be read; and when there is room again, it goes on.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chance, together } from '../lib/chance.mjs'
import { Visitor, command, newKey, startServer, until } from '../lib/server.mjs'

const dir = mkdtempSync(path.join(tmpdir(), 'laiyu-full-'))
const data = path.join(dir, 'data')
const CJK = /[\u4e00-\u9fff]/

function mounted() {
  mkdirSync(data, { mode: 0o700 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0700', 'tmpfs', data], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

const can = mounted()
if (!can) rmSync(dir, { recursive: true, force: true })

function fill() {
  const file = openSync(path.join(data, 'filler'), 'a')
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch (error) {
      assert.equal(error.code, 'ENOSPC')
    }
  }
  closeSync(file)
}
const makeRoom = () => rmSync(path.join(data, 'filler'))

if (!can) it('a full disk', { skip: 'a small file system can only be mounted by root' }, () => undefined)
else describe('a full disk', () => {
  let random, server, admin, agent, desk, site
  const visitors = []
  const promised = [] // { visitor, key, text, number, at }
  const refused = [] // { visitor, key, text }

  before(async () => {
    random = chance('disk full')
    server = await startServer({ dir })
    admin = await server.admin()
    site = await admin.site()
    agent = await admin.colleague('anna', 'agent')
    desk = await agent.desk()
    for (let i = 0; i < 12; i++) {
      const visitor = new Visitor(server, site)
      await visitor.view()
      await visitor.connect()
      await visitor.open()
      await visitor.socket.ask('consent', { consent: 'granted' })
      await say(visitor, 'first')
      visitors.push(visitor)
    }
  })

  after(async () => {
    for (const visitor of visitors) await visitor.socket.drop()
    await desk?.socket.drop()
    try {
      await server?.end()
    } finally {
      execFileSync('umount', [data])
      rmSync(dir, { recursive: true, force: true })
    }
  })

  async function say(visitor, text, key = newKey(), write = () => visitor.say(text, key)) {
    try {
      const { number, at } = await write()
      promised.push({ visitor, key, text, number, at })
      return true
    } catch (error) {
      refused.push({ visitor, key, text })
      const { code, message } = error.answer.body ?? error.answer
      assert.equal(code, 'disk_full', error.message)
      assert.ok(message.length > 10)
      return false
    }
  }

  /** Everybody at once, so that one batch holds words of many. */
  const everybody = (text) =>
    Promise.all([
      ...visitors.map((visitor) => say(visitor, `${text} ${'x'.repeat(random.below(800))}`)),
      ...visitors.map((visitor) => {
        const key = newKey()
        const answer = `${text} answered`
        return say(visitor, answer, key, () => desk.say(visitor.conversation, answer, key))
      }),
    ])

  it('every caller of a lost batch is told so', async () => {
    fill()
    let rounds = 0
    const end = Date.now() + 60_000
    // What space the log still has is used up first.
    while (refused.length < 100 && Date.now() < end) {
      await everybody(`round ${rounds++}`)
    }
    assert.ok(refused.length >= 100, `${refused.length} refused in ${rounds} rounds`)
  })

  it('by calls too, in their language, with the time to try again', async () => {
    const zh = server.client({ language: 'zh' })
    const visitor = visitors[0]
    const fields = { site: site.key, visitor: visitor.token, key: newKey(), text: 'x' }
    const calls = {
      say: () => agent.post(`/api/conversations/${visitor.conversation}/messages`, { key: newKey(), text: 'x' }),
      mark: () => agent.post(`/api/conversations/${visitor.conversation}/marks`, { dimension_id: '1', label_id: '11' }),
      close: () => agent.post(`/api/conversations/${visitor.conversation}/close`, {}),
      site: () => admin.post('/api/sites', { name: 'no room' }),
      reveal: () => agent.post(`/api/conversations/${visitor.conversation}/reveal`, {}),
      post: () => zh.post('/w/say', fields, { headers: { origin: 'http://clinic.test' } }),
      login: () => zh.post('/api/login', { login: 'anna', password: agent.password }),
    }
    for (const [name, call] of Object.entries(calls)) {
      const answer = await until(name, async () => {
        const answer = await call()
        return answer.status >= 300 ? answer : null
      })
      assert.deepEqual([answer.status, answer.body.code], [503, 'disk_full'], `${name}: ${JSON.stringify(answer.body)}`)
      // The first administrator's account is Chinese.
      assert.equal(CJK.test(answer.body.message), ['site', 'post', 'login'].includes(name), answer.body.message)
      assert.ok(Number(answer.headers['retry-after']) >= 1, name)
    }
    const view = await until('view', async () => {
      const answer = await new Visitor(server, site).call('/w/view', { url: 'http://clinic.test/' })
      return answer.status === 200 ? null : answer
    })
    assert.deepEqual([view.status, view.body.code], [503, 'disk_full'])
  })

  const inOrder = async () => {
    await together(visitors, 4, async (visitor) => {
      const { messages } = await agent.ask('GET', `/api/conversations/${visitor.conversation}/messages`, undefined, {
        query: { limit: 200 },
      })
      assert.deepEqual(messages.map((m) => m.number), messages.map((_, i) => i + 1))
      const own = promised.filter((p) => p.visitor === visitor)
      assert.equal(messages.length, own.length)
      for (const { key, text, number, at } of own) {
        const m = messages[number - 1]
        assert.deepEqual([m.key, m.text, m.at], [key, text, at])
      }
    })
  }

  it('what is there can be read: all that was promised, and nothing that was refused', async () => {
    await inOrder()
    for (const target of ['/api/me', '/api/reception', '/api/conversations', '/api/today', '/api/visitors', '/healthz'])
      assert.equal((await agent.get(target)).status, 200, target)
    const other = new Visitor(server, site, { token: visitors[1].token })
    const state = await other.connect({ since: 0 })
    assert.equal(state.last_number, promised.filter((p) => p.visitor === visitors[1]).length)
    await other.socket.drop()
  })

  it('nothing that was refused was shown to anybody', async () => {
    const shown = new Set(desk.socket.pushes.filter((f) => f.t === 'message').map((f) => f.message.key))
    for (const visitor of visitors)
      for (const f of visitor.socket.pushes) if (f.t === 'message') shown.add(f.key)
    for (const { key } of refused) assert.ok(!shown.has(key))
    for (const { key } of promised) assert.ok(shown.has(key))
  })

  it('goes on when there is room: what was refused is written when it is sent again', async () => {
    makeRoom()
    const again = refused.splice(0)
    for (const { visitor, key, text } of again) {
      const agents = text.endsWith('answered')
      const write = agents ? () => desk.say(visitor.conversation, text, key) : undefined
      assert.ok(await say(visitor, text, key, write))
    }
    await everybody('afterwards')
    assert.deepEqual(refused, [])
    await inOrder()
    const view = await new Visitor(server, site).view()
    assert.equal(view.n, 1)
  })

  it('nothing is broken, also after a kill on a full disk', async () => {
    fill()
    await everybody('last round')
    await server.kill9()
    makeRoom()
    await server.start()
    await agent.login('anna', agent.password)
    await inOrder()
    await server.stop()
    const check = await command(['check', '--data', server.data, '--keys', server.keys])
    assert.equal(check.code, 0, check.stdout + check.stderr)
  })
})

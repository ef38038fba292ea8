// What people say stays sealed on the disk, goes when it must go, and who looked is on record.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Visitor, command, newKey, startServer } from '../lib/server.mjs'

const PHONE = '13712340987'
let server, admin, agent, desk, site

/** Every file of the data directory as bytes, the logs of the store among them. */
function filesOf(directory) {
  return readdirSync(directory)
    .map((name) => path.join(directory, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => [name, readFileSync(name)])
}

/** No file holds one of the words, in any usual encoding of text. */
function nowhere(words, files = filesOf(server.data)) {
  const main = files.filter(([name]) => path.basename(name).startsWith('main.db'))
  assert.ok(main.reduce((n, [, bytes]) => n + bytes.length, 0) > 50_000, 'the store is there')
  for (const word of words)
    for (const [name, bytes] of files)
      for (const encoding of ['utf8', 'utf16le'])
        assert.ok(!bytes.includes(Buffer.from(word, encoding)), `${word} in ${path.basename(name)}`)
}

const stands = (word) => filesOf(server.data).some(([, bytes]) => bytes.includes(Buffer.from(word)))
const messagesOf = async (id) => (await agent.ask('GET', `/api/conversations/${id}/messages`)).messages
const rowOf = async (id) => (await agent.ask('GET', `/api/conversations/${id}`)).conversation

/** A conversation of two messages, taken by the agent. */
async function talk(word, consent) {
  const visitor = new Visitor(server, site)
  await visitor.view({ url: `http://clinic.test/${word}`, title: word })
  await visitor.connect()
  await visitor.open()
  if (consent) await visitor.socket.ask('consent', { consent })
  await visitor.say(`visitor ${word}`)
  await desk.say(visitor.conversation, `agent ${word}`)
  return visitor
}

const close = (visitor) => agent.ask('POST', `/api/conversations/${visitor.conversation}/close`, {})

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

describe('at rest', () => {
  const words = ['bodyofthevisitor', 'bodyoftheagent', 'nameonthecard', 'noteonthecard', 'typedpreview',
    'nameintheform', 'timeintheform', 'textintheform', '我胃疼了三天', PHONE, '13600001111']

  it('words, contacts, names and notes are in no file and in no log', async () => {
    const visitor = await talk('atrest', 'granted')
    await visitor.say(`bodyofthevisitor 我胃疼了三天 ${PHONE}`)
    visitor.socket.send('typing', { text: 'typedpreview' })
    await desk.socket.next('typing')
    await desk.say(visitor.conversation, 'bodyoftheagent')
    const { visitor_id } = await rowOf(visitor.conversation)
    await agent.ask('PATCH', `/api/visitors/${visitor_id}`, { name: 'nameonthecard', note: 'noteonthecard' })
    const form = new Visitor(server, site)
    await form.view()
    const left = await form.call('/w/message', {
      visitor: form.token,
      visit: form.visit,
      key: newKey(),
      phone: '13600001111',
      name: 'nameintheform',
      time: 'timeintheform',
      text: 'textintheform',
      consent: true,
    })
    assert.equal(left.status, 200)
    const shown = await agent.ask('POST', `/api/conversations/${visitor.conversation}/reveal`, {})
    assert.ok(shown.messages.some((m) => m.text.includes(PHONE)))
    assert.deepEqual(shown.contacts.map((c) => c.value), [PHONE])
    nowhere(words)
    assert.ok(stands('/atrest'), 'the search finds what is there')
    await server.stop()
    nowhere(words)
    for (const word of words) assert.ok(!server.output.includes(word), word)
    assert.doesNotMatch(server.output, /clinic\.test/)
    await server.start()
    await agent.login('anna', agent.password)
    await admin.login('admin', 'paper-Lantern-61')
    desk = await agent.desk()
    assert.ok((await messagesOf(visitor.conversation)).some((m) => m.text.includes('我胃疼了三天')))
  })

  it('passwords and session tokens are in no file', async () => {
    nowhere([agent.password, 'paper-Lantern-61', agent.cookie.split('=')[1], agent.csrf])
  })

  it('the folder and the keys are their owner’s alone', () => {
    assert.equal(statSync(server.keys).mode & 0o777, 0o600)
    assert.equal(statSync(server.data).mode & 0o777, 0o700)
    assert.equal(statSync(server.control).mode & 0o777, 0o600)
    assert.ok(path.relative(server.data, server.keys).startsWith('..'), 'the keys are apart')
    for (const [name] of filesOf(server.data))
      assert.equal(statSync(name).mode & 0o077, 0, path.basename(name))
  })
})

describe('consent', () => {
  for (const [consent, kept] of [
    [null, false],
    ['refused', false],
    ['granted', true],
  ])
    it(`${consent ?? 'not asked'}: ${kept ? 'kept' : 'gone'} once it is closed`, async () => {
      const visitor = await talk(`consent${consent}`, consent)
      await visitor.say(`call ${PHONE}`)
      const id = visitor.conversation
      assert.ok((await messagesOf(id)).every((m) => m.text && !m.erased))
      await close(visitor)
      const messages = await messagesOf(id)
      assert.equal(messages.length, 3)
      assert.ok(messages.every((m) => m.erased === !kept && (m.text !== '') === kept))
      const row = await rowOf(id)
      assert.equal(row.kept, kept)
      const shown = await agent.ask('POST', `/api/conversations/${id}/reveal`, {})
      assert.equal(JSON.stringify(shown).includes(PHONE), kept)
      assert.deepEqual([row.last_number, row.visitor_count, row.agent_count], [3, 2, 1])
      await visitor.close()
    })

  it('withdrawn afterwards: gone, also for the visitor himself', async () => {
    const visitor = await talk('withdrawn', 'granted')
    const id = visitor.conversation
    await close(visitor)
    assert.ok((await messagesOf(id)).every((m) => m.text))
    await visitor.socket.ask('consent', { consent: 'withdrawn' })
    assert.ok((await messagesOf(id)).every((m) => m.erased && m.text === ''))
    const state = await visitor.hello(0)
    assert.ok(state.messages.every((m) => m.text === ''))
    assert.equal((await rowOf(id)).consent, 'withdrawn')
    await visitor.close()
  })
})

describe('erasing a visitor', () => {
  it('that fails half way is asked for again', async () => {
    const visitor = await talk('halfwayerased', 'granted')
    const id = visitor.conversation
    const { visitor_id } = await rowOf(id)
    const locked = async (name, ask) => {
      const holder = spawn('python3', ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()
`, path.join(server.data, name)])
      await once(holder.stdout, 'data')
      const answer = await ask()
      holder.stdin.end()
      await once(holder, 'exit')
      return answer
    }
    const erase = () => admin.post(`/api/visitors/${visitor_id}/erase`, {})
    const trail = readdirSync(server.data).find((name) => /^trail-\d+\.db$/.test(name))
    for (const name of [trail, 'main.db']) {
      const answer = await locked(name, erase)
      assert.equal(answer.status, 503, name)
      assert.equal((await rowOf(id)).visitor_id, visitor_id, 'whom to ask for is still known')
      assert.ok((await messagesOf(id)).every((m) => m.text))
    }
    assert.equal((await erase()).status, 200)
    assert.equal((await rowOf(id)).visitor_id, null)
    const { rows } = await admin.ask('GET', '/api/audit', undefined, { query: { limit: 200 } })
    assert.equal(rows.filter((r) => r.act === 'visitor.erase' && r.subject === `visitor:${visitor_id}`).length, 1)
    nowhere(['halfwayerased'])
    await visitor.socket.drop()
  })

  it('overwrites what he left everywhere; the conversation and its figures stay', async () => {
    const visitor = await talk('traceofthevisitor', 'granted')
    const referrer = 'https://www.sogou.com/web?query=refererofthevisitor'
    const again = new Visitor(server, site, { token: visitor.token })
    await again.view({ url: 'http://clinic.test/secondpageofhim?utm_source=x&utm_campaign=hiscampaign', referrer })
    await again.call('/w/beacon', { visitor: again.token, visit: again.visit, n: again.n, dwell_ms: 1, anchor: 'anchorofhim' })
    await visitor.say(`and ${PHONE}`)
    const id = visitor.conversation
    const { visitor_id } = await rowOf(id)
    await agent.ask('PATCH', `/api/visitors/${visitor_id}`, { name: 'erasedname', note: 'erasednote' })
    const query = { site: site.id }
    const before_ = await admin.ask('GET', '/api/today', undefined, { query })
    const traces = ['traceofthevisitor', 'refererofthevisitor', 'secondpageofhim', 'hiscampaign']
    for (const trace of traces) assert.ok(stands(trace), trace)
    await admin.ask('POST', `/api/visitors/${visitor_id}/erase`, {})
    const messages = await messagesOf(id)
    assert.ok(messages.length === 3 && messages.every((m) => m.erased && m.text === ''))
    const row = await rowOf(id)
    assert.deepEqual([row.visitor_id, row.visitor_name, row.chat_url, row.source.landing_url, row.source.referrer],
      [null, '', '', '', ''])
    const today = await admin.ask('GET', '/api/today', undefined, { query })
    const { visitors: _, ...figures } = today.now
    const { visitors: __, ...figuresBefore } = before_.now
    assert.deepEqual(figures, figuresBefore)
    assert.deepEqual(today.sources, before_.sources)
    assert.deepEqual([row.source.host, row.device.screen, row.device.language], ['', '', ''])
    // Nor are they left in the logs of the store, which still runs.
    nowhere(traces)
    await visitor.socket.drop()
    await server.stop()
    nowhere(traces)
    await server.start()
    await agent.login('anna', agent.password)
    await admin.login('admin', 'paper-Lantern-61')
    desk = await agent.desk()
    const lost = await admin.get(`/api/visitors/${visitor_id}`)
    assert.ok(lost.status === 404 || (lost.body.erased && lost.body.visits.every((v) => v.pages.every((p) => !p.url))))
  })
})

describe('keys', () => {
  const stopped = ['--data', () => server.data, '--keys', () => server.keys]
  const run = (...words) => command([...words, ...stopped.map((w) => (typeof w === 'string' ? w : w()))])

  it('rotate: what was and what will be sealed are both read', async () => {
    const old = await talk('beforerotation', 'granted')
    await server.stop()
    const rotated = await run('keys', 'rotate')
    assert.equal(rotated.code, 0, rotated.stderr)
    assert.equal(statSync(server.keys).mode & 0o777, 0o600)
    assert.equal(readFileSync(server.keys, 'utf8').trim().split('\n').filter((l) => !l.startsWith('#')).length, 2)
    await server.start()
    await agent.login('anna', agent.password)
    desk = await agent.desk()
    const fresh = await talk('afterrotation', 'granted')
    const late = await messagesOf(old.conversation)
    assert.deepEqual(late.map((m) => m.text), ['visitor beforerotation', 'agent beforerotation'])
    assert.equal((await messagesOf(fresh.conversation))[0].text, 'visitor afterrotation')
    // A token signed before the rotation is still his.
    const back = new Visitor(server, site, { token: old.token })
    await back.view()
    await back.connect({ since: 0 })
    assert.equal(back.conversation, old.conversation)
    await back.socket.drop()
    await fresh.socket.drop()
  })

  it('a file that others can read is refused, and a text under a lost key cannot be read', async () => {
    await server.stop()
    chmodSync(server.keys, 0o644)
    const open = await command(['serve', '--data', server.data, '--keys', server.keys, '--listen', '127.0.0.1:0'])
    assert.equal(open.code, 1)
    assert.match(open.stderr, /0600/)
    chmodSync(server.keys, 0o600)
    const lines = readFileSync(server.keys, 'utf8')
    writeFileSync(server.keys, lines.replace(/[0-9a-f]{64}/, (key) => key.split('').reverse().join('')))
    const check = await run('check')
    assert.equal(check.code, 1, check.stdout)
    writeFileSync(server.keys, lines)
    const well = await run('check')
    assert.equal(well.code, 0, well.stdout + well.stderr)
    await server.start()
    await admin.login('admin', 'paper-Lantern-61')
  })
})

describe('the record of who did what', () => {
  it('is a chain that holds, and shows when it was touched', async () => {
    const { rows, broken_at } = await admin.ask('POST', '/api/audit/check', {})
    assert.equal(broken_at, null)
    assert.ok(rows > 10)
    await server.stop()
    const sql = (text) => execFileSync('python3', ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute(sys.argv[2])
db.commit()
`, path.join(server.data, 'main.db'), text])
    sql("UPDATE audit SET actor = 'nobody' WHERE n = 5")
    await server.start()
    await admin.login('admin', 'paper-Lantern-61')
    const touched = await admin.ask('POST', '/api/audit/check', {})
    assert.equal(touched.broken_at, 5)
  })
})

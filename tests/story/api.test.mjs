// Every call and every frame of docs/api.yaml, against the real server: each answer has the status
// and exactly the members that are declared, and nothing is served that is not declared.
import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadApi } from '../lib/api.mjs'
import {
  ADMIN,
  ADMIN_PASSWORD,
  Desk,
  Socket,
  Visitor,
  command,
  newKey,
  request,
  startServer,
  until,
} from '../lib/server.mjs'

const api = loadApi()
const seen = new Set() // operations that did what they are for
const frames = { visitor: new Set(), desk: new Set() } // "in say", "push message"
const socketOf = { visitor: 'visitor_socket', desk: 'desk_socket' }

let server, admin, supervisor, agent, site, dimensions
let visitor, conversation, desk

function fill(operation, given = {}) {
  return operation.pattern.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(given[name]))
}

/** One call by its operationId. want: the status if not the good one. */
async function call(client, id, { at, query, body, key, want, control, headers } = {}) {
  const operation = api.operations.get(id)
  const good = Number(Object.keys(operation.responses).find((status) => status !== 'default'))
  const options = { query, key, control, headers }
  const answer = await client.send(operation.method, fill(operation, at), body, options)
  api.checkAnswer(operation, answer)
  const what = `${operation.method} ${operation.pattern}: ${JSON.stringify(answer.body)}`
  assert.equal(answer.status, want ?? good, what)
  if (answer.status === good) seen.add(id)
  return answer.body
}

/** Judges all that comes over a socket from now on; what is wrong is kept until somebody looks. */
function watch(side, socket) {
  socket.wrong = []
  const judge = (frame) => {
    try {
      api.checkFrame(socketOf[side], 'push', frame.t, frame)
      frames[side].add(`push ${frame.t}`)
    } catch (error) {
      socket.wrong.push(error.message)
    }
  }
  socket.pushes.forEach(judge)
  socket.onPush = judge
}

async function frame(side, socket, t, fields) {
  const answer = await socket.ask(t, fields)
  api.checkFrame(socketOf[side], 'in', t, answer)
  assert.equal(answer.t, 'ok', JSON.stringify(answer))
  frames[side].add(`in ${t}`)
  return answer
}

async function newVisitor(fields) {
  const someone = new Visitor(server, site)
  await someone.view(fields)
  return someone
}

/** A visitor who has written once; his conversation waits. */
async function waiting(text = 'Is the clinic open on Sunday?') {
  const someone = await newVisitor()
  await someone.connect()
  await someone.open()
  await someone.say(text)
  return someone
}

before(async () => {
  server = await startServer()
  admin = await server.admin()
})

after(async () => {
  await desk?.socket.drop()
  await visitor?.socket?.drop()
  await server?.end()
})

describe('the table of routes', () => {
  it('is the same in the server and in api.yaml, both ways', async () => {
    const { code, stdout, stderr } = await command(['routes'])
    assert.equal(code, 0, stderr)
    const served = stdout.trim().split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
    const declared = [...api.operations.values()].map((op) => `${op.method} ${op.pattern}`)
    assert.deepEqual(served.sort(), declared.sort())
  })
})

describe('operation', () => {
  it('says that it is well', async () => {
    const health = await call(server.client(), 'health')
    assert.equal(health.status, 'ok')
  })

  it('gives its figures to this machine', async () => {
    const text = await call(server.client(), 'metrics')
    assert.match(text, /^# (HELP|TYPE) \w+/m)
    assert.match(text, /^\w+(\{[^}]*\})? \d/m)
  })
})

describe('many at once', () => {
  const figure = async (name) =>
    Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await call(server.client(), 'metrics'))[1])

  it('requests are counted once each', async () => {
    const before = await figure('laiyu_http_requests_total')
    for (let n = 0; n < 20; n++) await call(server.client(), 'health')
    assert.equal((await figure('laiyu_http_requests_total')) - before, 21)
  })

  it('no more than a few passwords are looked at', async () => {
    const before = await figure('laiyu_http_5xx_total')
    const all = await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        server.client().post('/api/login', { login: `crowd-${n}`, password: 'not-the-Password-9' }),
      ),
    )
    const busy = all.filter((a) => a.status === 503)
    assert.ok(busy.length > 0 && busy.length < 120 - 31, `${busy.length} of 120`)
    assert.ok(busy.every((a) => a.body.code === 'overloaded' && a.headers['retry-after']))
    assert.equal(all.filter((a) => a.status === 401).length, 120 - busy.length)
    assert.equal((await figure('laiyu_http_5xx_total')) - before, busy.length)
    await server.admin()
  })

  it('one address signs in seldom', async () => {
    const own = await startServer({ args: ['--trusted-proxies', '127.0.0.1'] })
    try {
      const from = (address, n) => {
        const client = own.client({ headers: { 'x-forwarded-for': address } })
        return client.post('/api/login', { login: `slow-${n}`, password: 'not-the-Password-9' })
      }
      const all = await Promise.all(Array.from({ length: 30 }, (_, n) => from('203.0.113.9', n)))
      const refused = all.filter((a) => a.status === 429)
      assert.ok(refused.length > 0 && refused.length <= 10, `${refused.length} of 30`)
      assert.ok(refused.every((a) => a.body.code === 'too_many_calls'))
      assert.equal((await from('203.0.113.77', 99)).status, 401)
    } finally {
      await own.end()
    }
  })
})

describe('people', () => {
  it('call nothing else until their first password is their own', async () => {
    const body = { login: 'first', name: 'First', role: 'supervisor', password: 'first-Wood-first', language: 'en' }
    await call(admin, 'user_new', { body })
    const client = server.client()
    const me = await call(client, 'login', { body: { login: body.login, password: body.password } })
    client.csrf = me.csrf
    assert.equal(me.user.must_change, true)
    for (const name of ['sites', 'today', 'conversations', 'reception']) {
      const no = await call(client, name, { want: 403 })
      assert.equal(no.code, 'password_must_change')
    }
    const no = await call(client, 'canned_new', { body: { title: 'x', shortcut: 'x', body: 'x' }, want: 403 })
    assert.equal(no.code, 'password_must_change')
    await assert.rejects(client.desk(), (error) => error.code === 'password_must_change')
    await call(client, 'me')
    await call(client, 'me_change', { body: { language: 'zh' } })
    await client.changePassword(body.password, 'spring-Rain-first')
    assert.equal((await call(client, 'me')).user.must_change, false)
    await call(client, 'conversations')
    await (await client.desk()).close()
    await call(client, 'logout')
  })

  it('keep their own console at a change of their password, and no other', async () => {
    const one = await admin.colleague('mover', 'agent')
    const other = server.client()
    await other.login('mover', one.password)
    const [here, there] = [await one.desk(), await other.desk()]
    await one.changePassword(one.password, 'summer-Lake-mover')
    assert.equal((await here.socket.closed).code, 1012)
    assert.ok(!here.socket.pushes.some((frame) => frame.t === 'signed_out'))
    assert.equal((await there.socket.closed).code, 1008)
    assert.ok(there.socket.pushes.some((frame) => frame.t === 'signed_out'))
    await here.connect()
    await here.close()
    await call(other, 'me', { want: 401 })
  })

  it('cannot guess many passwords at once, and learn of no name whether anybody has it', async () => {
    await admin.colleague('guessed', 'agent')
    const guess = (login, n) =>
      server.client().post('/api/login', { login, password: `not-the-Password-${n}` })
    const answersOf = async (login) => {
      const all = await Promise.all(Array.from({ length: 12 }, (_, n) => guess(login, n)))
      assert.ok(all.every((a) => a.status === 401 || (a.status === 429 && a.body.code === 'login_wait')))
      assert.ok(all.every((a) => a.status === 401 || Number(a.headers['retry-after']) === 2))
      return all.map((a) => a.status).sort()
    }
    const known = await answersOf('guessed')
    assert.deepEqual(known, [...Array(4).fill(401), ...Array(8).fill(429)])
    assert.deepEqual(await answersOf('nobody-has-this'), known)
  })

  it('cannot guess the old password from a console that stands open', async () => {
    const one = await admin.colleague('open-console', 'agent')
    const change = (old) => one.post('/api/me/password', { old, new: 'summer-Lake-open' })
    for (let n = 0; n < 4; n++) assert.equal((await change(`not-the-Password-${n}`)).body.field, 'old')
    const wait = await change(one.password)
    assert.deepEqual([wait.status, wait.body.code], [429, 'login_wait'])
    await until('the wait is over', async () => (await change(one.password)).status === 200)
    await call(server.client(), 'login', { body: { login: 'open-console', password: 'summer-Lake-open' } })
  })

  it('sign in, and not with another password', async () => {
    const client = server.client()
    const me = await call(client, 'login', { body: { login: ADMIN, password: ADMIN_PASSWORD } })
    client.csrf = me.csrf
    assert.equal(me.user.role, 'admin')
    assert.deepEqual((await call(client, 'me')).user, me.user)
    const wrong = await call(server.client(), 'login', {
      body: { login: ADMIN, password: 'not-the-Password-9' },
      want: 401,
    })
    assert.ok(wrong.message.length > 5)
    await call(client, 'logout')
    await call(client, 'me', { want: 401 })
  })

  it('are added once for one Idempotency-Key', async () => {
    const body = { login: 'linda', name: '林达', role: 'agent', language: 'zh' }
    const key = newKey()
    const first = await call(admin, 'user_new', { body, key })
    assert.equal(first.user.must_change, true)
    assert.ok(first.first_password.length >= 10)
    const again = await call(admin, 'user_new', { body, key })
    // The password is shown once: it is kept nowhere, not even for a repeat.
    assert.deepEqual(again, { user: first.user, first_password: null })
    await call(admin, 'user_new', { body: { ...body, login: 'other' }, key, want: 409 })
    await call(admin, 'user_new', { body, key: newKey(), want: 409 })
    const { users } = await call(admin, 'users')
    assert.equal(users.filter((user) => user.login === 'linda').length, 1)
    assert.ok(!users.some((user) => user.login === 'other'))
  })

  it('are told which field is wrong', async () => {
    const wrong = await call(admin, 'user_new', {
      body: { login: 'x', name: 'Ms X', role: 'agent' },
      want: 422,
    })
    assert.equal(wrong.field, 'login')
    const role = await call(admin, 'user_new', {
      body: { login: 'ms-x', name: 'Ms X', role: 'king' },
      want: 422,
    })
    assert.equal(role.field, 'role')
  })

  it('are changed', async () => {
    const { users } = await call(admin, 'users')
    const { id } = users.find((user) => user.login === 'linda')
    const named = await call(admin, 'user_change', { at: { id }, body: { name: '林黛' } })
    assert.equal(named.user.name, '林黛')
    assert.equal(named.user.role, 'agent')
    assert.equal(named.first_password, null)
    const reset = await call(admin, 'user_change', { at: { id }, body: { reset_password: true } })
    assert.ok(reset.first_password.length >= 10)
    const gone = await call(admin, 'user_change', { at: { id }, body: { disabled: true } })
    assert.equal(gone.user.disabled, true)
    await call(admin, 'user_change', { at: { id: '999999' }, body: { name: 'No' }, want: 404 })
  })

  it('change their own name, language and password', async () => {
    supervisor = await admin.colleague('sun', 'supervisor', { name: 'Sun Li' })
    agent = await admin.colleague('anna', 'agent', { name: 'Anna' })
    const me = await call(agent, 'me_change', { body: { language: 'zh', name: '安娜' } })
    assert.equal(me.user.language, 'zh')
    assert.equal(me.user.name, '安娜')
    const body = { old: agent.password, new: 'winter-Apple-72' }
    await call(agent, 'password_change', { body: { ...body, new: 'short' }, want: 422 })
    const { csrf } = await call(agent, 'password_change', { body })
    assert.ok(csrf)
    agent.password = body.new
    await agent.login('anna', agent.password)
  })

  it('see only their own conversations where their role says so', async () => {
    const row = await call(admin, 'role_change', { at: { code: 'agent' }, body: { own_only: true } })
    assert.deepEqual([row.code, row.own_only], ['agent', true])
    assert.equal((await call(agent, 'me')).own_only, true)
    await call(admin, 'role_change', { at: { code: 'king' }, body: { own_only: true }, want: 404 })
  })
})

describe('sites and texts', () => {
  it('a site is added, listed, changed', async () => {
    const body = {
      name: 'Story clinic',
      origins: ['http://clinic.test'],
      time_zone: 'Asia/Shanghai',
      institution: 'Story Clinic Ltd',
    }
    site = await call(admin, 'site_new', { body, key: newKey() })
    assert.equal(site.settings.institution, body.institution)
    const settings = { greeting_zh: '您好，请讲。', greeting_en: 'Hello, how can we help?' }
    const changed = await call(admin, 'site_change', { at: { id: site.id }, body: { settings } })
    assert.equal(changed.settings.greeting_zh, settings.greeting_zh)
    assert.equal(changed.settings.institution, body.institution)
    assert.deepEqual(changed.origins, body.origins)
    const { sites } = await call(supervisor, 'sites')
    assert.deepEqual(sites.find((s) => s.id === site.id), changed)
    site = changed
  })

  it('who may edit texts may not rename a site', async () => {
    const settings = { invitation_en: 'May we help?', invitation_zh: '需要帮助吗？' }
    await call(supervisor, 'site_change', { at: { id: site.id }, body: { settings } })
    await call(supervisor, 'site_change', {
      at: { id: site.id },
      body: { name: 'Mine' },
      want: 403,
    })
    for (const settings of [{ retention_days: 1 }, { close_after: 60 }, { institution: 'Another' }, { privacy_url: '/x' }]) {
      await call(supervisor, 'site_change', { at: { id: site.id }, body: { settings }, want: 403 })
    }
    for (const privacy_url of ['javascript:alert(1)', '//elsewhere.test/', 'data:text/html,x']) {
      await call(admin, 'site_change', { at: { id: site.id }, body: { settings: { privacy_url } }, want: 422 })
    }
    await call(admin, 'site_change', { at: { id: site.id }, body: { name: '   ' }, want: 422 })
    await call(admin, 'canned_new', { body: { title: 'x', body: 'y', site_id: '12345' }, want: 404 })
    await call(admin, 'site_new', {
      body: { name: 'Nowhere', time_zone: 'Mars/Base' },
      want: 422,
    })
  })

  it('dimensions are the same three for all', async () => {
    ;({ dimensions } = await call(agent, 'dimensions'))
    assert.equal(dimensions.length, 3)
    assert.ok(dimensions.every((dimension) => dimension.labels.length > 1))
  })

  it('canned replies come and go', async () => {
    const body = { title: 'Hours', shortcut: 'hours', body: 'We are open daily.', position: 3 }
    const made = await call(supervisor, 'canned_new', { body, key: newKey() })
    assert.equal(made.site_id, null)
    const own = await call(supervisor, 'canned_new', { body: { ...body, site_id: site.id } })
    assert.equal(own.site_id, site.id)
    const changed = await call(supervisor, 'canned_change', {
      at: { id: made.id },
      body: { title: 'Opening hours', body: '我们每天开门。\n欢迎！' },
    })
    assert.equal(changed.shortcut, 'hours')
    const { canned } = await call(agent, 'canned_list')
    assert.deepEqual(canned.find((row) => row.id === made.id), changed)
    await call(supervisor, 'canned_delete', { at: { id: own.id } })
    await call(supervisor, 'canned_delete', { at: { id: own.id }, want: 404 })
    const left = await call(agent, 'canned_list')
    assert.ok(!left.canned.some((row) => row.id === own.id))
  })
})

/** A call of the widget, judged like every other. */
async function widgetCall(id, fields, want = 200) {
  const operation = api.operations.get(id)
  const someone = new Visitor(server, site)
  const answer = await someone.call(operation.pattern, fields)
  api.checkAnswer(operation, answer)
  assert.equal(answer.status, want, JSON.stringify(answer.body))
  assert.equal(answer.headers['access-control-allow-origin'], someone.origin)
  if (want === 200) seen.add(id)
  return answer.body
}

describe('the widget', () => {
  it('counts pages and gives the visitor a token', async () => {
    const page = {
      url: 'http://clinic.test/implants?utm_source=x',
      referrer: 'https://www.baidu.com/s?wd=%E7%89%99',
      title: '种植牙',
      screen: '390x844',
      language: 'zh-CN',
    }
    const first = await widgetCall('page_view', page)
    const { visitor: token } = first
    const second = await widgetCall('page_view', { ...page, visitor: token })
    assert.deepEqual([second.visit, first.n, second.n], [first.visit, 1, 2])
    await widgetCall('beacon', {
      visitor: token,
      visit: first.visit,
      n: 1,
      dwell_ms: 12_000,
      anchor: 'header',
      invite: 'none',
    })
    await widgetCall('page_view', { url: 'x'.repeat(4001) }, 422)
  })

  it('leaves a message where nobody is', async () => {
    const someone = await newVisitor()
    const body = {
      visitor: someone.token,
      visit: someone.visit,
      key: newKey(),
      phone: '13800138000',
      name: '王女士',
      time: '下午',
      text: '想了解种植牙的价格。',
      consent: true,
      url: someone.url,
      title: someone.title,
      anchor: 'form',
    }
    const said = await widgetCall('left_message', body)
    assert.equal(said.key, body.key)
    const again = await widgetCall('left_message', body)
    assert.equal(again.number, said.number)
    await widgetCall('left_message', { ...body, key: newKey(), consent: false }, 422)
  })

  it('talks by calls where sockets do not get through', async () => {
    const someone = await newVisitor()
    const { token, visit, url, title } = someone
    const body = { visitor: token, visit, key: newKey(), text: '在吗？', url, title }
    const said = await widgetCall('chat_post', body)
    assert.equal(said.number, 1)
    assert.equal((await widgetCall('chat_post', body)).number, 1)
    const state = await widgetCall('poll', { visitor: token, since: 0 })
    assert.equal(state.state, 'waiting')
    assert.deepEqual(state.messages.map((m) => [m.number, m.text]), [[1, '在吗？']])
    const later = await widgetCall('poll', { visitor: token, since: 1 })
    assert.deepEqual(later.messages, [])
  })
})

describe('the sockets', () => {
  it('the desk is greeted with the reception', async () => {
    desk = new Desk(agent)
    await desk.connect({ hello: false })
    watch('desk', desk.socket)
    await frame('desk', desk.socket, 'hello', { since: 0, csrf: agent.csrf })
    seen.add('desk_socket')
    desk.socket.send('presence', { available: true })
    frames.desk.add('in presence')
    await until('the agent is there', async () => {
      const someone = await newVisitor()
      return someone.widget.agents_online
    })
  })

  it('a visitor opens, agrees, writes and reads', async () => {
    visitor = await newVisitor({ url: 'http://clinic.test/prices', title: 'Prices' })
    await visitor.connect({ hello: false })
    watch('visitor', visitor.socket)
    const { site: key, token, visit, n } = visitor
    const hello = { site: key, visitor: token, visit, n, since: 0 }
    const greeted = await frame('visitor', visitor.socket, 'hello', hello)
    assert.equal(greeted.conversation, null)
    seen.add('visitor_socket')
    const opened = await frame('visitor', visitor.socket, 'open', {
      url: visitor.url,
      title: visitor.title,
      anchor: 'price-list',
    })
    assert.equal(opened.state, 'opened')
    conversation = opened.conversation
    await frame('visitor', visitor.socket, 'consent', { consent: 'granted' })
    visitor.socket.send('typing', { text: 'How mu' })
    const typing = await desk.socket.next('typing', (f) => f.conversation === conversation)
    assert.equal(typing.text, 'How mu')
    frames.visitor.add('in typing')
    const text = '多少钱？ 😀 call me on 13912345678'
    const said = await frame('visitor', visitor.socket, 'say', { key: newKey(), text })
    assert.equal(said.number, 1)
    const told = await desk.socket.next('message', (f) => f.conversation === conversation)
    assert.equal(told.message.number, 1)
    assert.ok(!told.message.text.includes('13912345678'), told.message.text)
    await desk.socket.next('conversation', (f) => f.id === conversation && f.state === 'waiting')
    await desk.socket.next('visitors')
  })

  it('the agent answers, and the visitor sees who', async () => {
    const fields = { conversation, key: newKey(), text: 'From 5,000 yuan.' }
    const said = await frame('desk', desk.socket, 'say', fields)
    const again = await frame('desk', desk.socket, 'say', fields)
    assert.equal(again.number, said.number)
    const told = await visitor.socket.next('message', (f) => f.number === said.number)
    assert.deepEqual([told.sender, told.name, told.text], ['agent', '安娜', fields.text])
    const state = await visitor.socket.next('state', (f) => f.state === 'active')
    assert.equal(state.agent.name, '安娜')
    desk.socket.send('typing', { conversation, typing: true })
    await visitor.socket.next('typing', (f) => f.on)
    frames.desk.add('in typing')
    await frame('desk', desk.socket, 'read', { conversation, number: said.number })
    await visitor.socket.next('state', (f) => f.agent_read === said.number)
    await frame('visitor', visitor.socket, 'read', { number: said.number })
    await desk.socket.next('conversation', (f) => f.id === conversation && f.visitor_read === said.number)
  })

  it('an invitation reaches the page', async () => {
    const someone = await newVisitor()
    await someone.connect()
    watch('visitor', someone.socket)
    const { visitors } = await until('the visitor is seen', async () => {
      const live = await call(agent, 'live_visitors', { query: { site: site.id, limit: 50 } })
      return live.visitors.some((v) => v.visit_id === someone.visit && v.online) && live
    })
    const { visitor_id: id } = visitors.find((v) => v.visit_id === someone.visit)
    await call(agent, 'invite', { at: { id } })
    const invited = await someone.socket.next('invite')
    assert.equal(invited.text_en, 'May we help?')
    assert.deepEqual(someone.socket.wrong, [])
    await someone.close()
  })

  it('who may see only his own is told when one is gone', async () => {
    const someone = await waiting()
    await desk.socket.next('conversation', (f) => f.id === someone.conversation)
    await call(supervisor, 'take', { at: { id: someone.conversation } })
    await desk.socket.next('gone', (f) => f.id === someone.conversation)
    await call(agent, 'take', { at: { id: someone.conversation }, want: 409 })
    await someone.close()
  })

  it('wrong frames are answered, and the socket goes on', async () => {
    for (const [t, fields, code] of [
      ['nonsense', {}, 'frame_unknown'],
      ['say', { key: newKey() }, 'field_required'],
      ['say', { key: 'short', text: 'x' }, 'field_short'],
      ['read', { number: -1 }, 'field_range'],
    ]) {
      const error = await visitor.socket.ask(t, fields).then(
        () => assert.fail(`${t} was accepted`),
        (refused) => refused,
      )
      api.checkFrame('visitor_socket', 'in', t, error.answer)
      assert.equal(error.code, code)
    }
    await frame('visitor', visitor.socket, 'read', { number: 1 })
  })

  it('a frame before hello is refused', async () => {
    const someone = await newVisitor()
    await someone.connect({ hello: false })
    const error = await someone.say('x').then(
      () => assert.fail('it was accepted'),
      (refused) => refused,
    )
    assert.equal(error.code, 'frame_order')
    await someone.close()
  })

  it('the visitor ends, and the agents leave', async () => {
    const someone = await waiting()
    watch('visitor', someone.socket)
    await frame('visitor', someone.socket, 'end', {})
    await someone.socket.next('state', (f) => f.state === 'closed')
    desk.socket.send('presence', { available: false })
    await someone.socket.next('agents', (f) => f.online === false)
    desk.socket.send('presence', { available: true })
    await someone.socket.next('agents', (f) => f.online === true)
    assert.deepEqual(someone.socket.wrong, [])
    await someone.close()
  })

  it('signing out ends the desk', async () => {
    const other = server.client()
    await other.login('sun', supervisor.password)
    const socket = new Desk(other)
    await socket.connect()
    watch('desk', socket.socket)
    await call(other, 'logout')
    await socket.socket.next('signed_out')
    assert.deepEqual(socket.socket.wrong, [])
    await socket.socket.closed
  })

  it('all that was told fits what is declared', () => {
    assert.deepEqual(visitor.socket.wrong, [])
    assert.deepEqual(desk.socket.wrong, [])
  })

  it('each declared frame has been sent', () => {
    for (const side of ['visitor', 'desk']) {
      const declared = api.operations.get(socketOf[side])['x-frames']
      const all = [...declared.in.map((f) => `in ${f.t}`), ...declared.push.map((f) => `push ${f.t}`)]
      assert.deepEqual(all.filter((name) => !frames[side].has(name)), [], side)
    }
  })
})

describe('a conversation', () => {
  const at = () => ({ id: conversation })

  it('stands in the reception', async () => {
    const reception = await call(agent, 'reception')
    const found = reception.conversations.find((c) => c.id === conversation)
    assert.equal(found.state, 'active')
    assert.equal(found.chat_url, visitor.url)
    assert.equal(found.anchor, 'price-list')
    assert.equal(found.consent, 'granted')
  })

  it('is taken by one only', async () => {
    const someone = await waiting()
    const taken = await call(agent, 'take', { at: { id: someone.conversation } })
    assert.equal(taken.state, 'active')
    const colleague = await admin.colleague('bella', 'agent')
    const late = await call(colleague, 'take', { at: { id: someone.conversation }, want: 409 })
    assert.equal(late.code, 'conversation_taken')
    await someone.close()
  })

  it('is answered by a call, once for one key', async () => {
    const body = { key: newKey(), text: 'Shall we book a visit for you?' }
    const said = await call(agent, 'say', { at: at(), body })
    assert.equal((await call(agent, 'say', { at: at(), body })).number, said.number)
    await call(agent, 'say', { at: at(), body: { key: newKey(), text: '' }, want: 422 })
    const { messages } = await call(agent, 'messages', {
      at: at(),
      query: { after: said.number - 1, limit: 10 },
    })
    assert.deepEqual(messages.map((m) => [m.number, m.text]), [[said.number, body.text]])
  })

  it('is marked, and the marks are remembered', async () => {
    const [dimension] = dimensions
    const [first, second] = dimension.labels
    for (const label of [first.id, second.id, null]) {
      const body = { dimension_id: dimension.id, label_id: label }
      const marked = await call(agent, 'mark_set', { at: at(), body })
      const mark = marked.marks.find((m) => m.dimension_id === dimension.id)
      assert.equal(mark?.label_id ?? null, label)
    }
    const { history } = await call(agent, 'mark_history', { at: at() })
    const steps = history.map((h) => [h.from_label, h.to_label])
    const expected = [
      [null, first.id],
      [first.id, second.id],
      [second.id, null],
    ]
    assert.deepEqual(steps.sort(), expected.sort())
    await call(agent, 'mark_set', {
      at: at(),
      body: { dimension_id: dimensions[1].id, label_id: dimensions[1].labels[0].id },
    })
    await call(agent, 'mark_set', {
      at: at(),
      body: { dimension_id: dimension.id, label_id: dimensions[1].labels[0].id },
      want: 422,
    })
  })

  it('shows contacts masked, and in full only when asked', async () => {
    const full = await call(agent, 'conversation', { at: at() })
    assert.equal(full.conversation.contacts, 1)
    assert.equal(full.contacts.length, 1)
    assert.ok(!JSON.stringify(full).includes('13912345678'))
    const shown = await call(agent, 'reveal', { at: at() })
    assert.equal(shown.contacts[0].value, '13912345678')
    assert.ok(shown.messages[0].text.includes('13912345678'))
  })

  it('belongs to a visitor with a card', async () => {
    const { conversation: row } = await call(agent, 'conversation', { at: at() })
    const id = row.visitor_id
    await call(agent, 'visitor_change', { at: { id }, body: { name: '李先生', note: '怕疼\nnervous' } })
    const card = await call(agent, 'visitor', { at: { id } })
    assert.deepEqual([card.name, card.note], ['李先生', '怕疼\nnervous'])
    assert.equal(card.visits[0].pages[0].url, visitor.url)
    assert.ok(card.conversations.some((c) => c.id === conversation))
    await call(agent, 'visitor', { at: { id: '99999999' }, want: 404 })
  })

  it('is closed', async () => {
    const closed = await call(agent, 'close', { at: at() })
    assert.deepEqual([closed.state, closed.end_reason], ['closed', 'agent_closed'])
    await call(agent, 'close', { at: at(), want: 409 })
  })
})

describe('looking back', () => {
  const day = (shift) => new Date(Date.now() + shift * 86_400_000).toISOString()

  it('lists by every filter', async () => {
    const { conversation: one } = await call(supervisor, 'conversation', { at: { id: conversation } })
    const label = one.marks.find((m) => m.label_id).label_id
    const fits = {
      from: day(-1),
      to: day(1),
      site: site.id,
      agent: one.agent_id,
      state: 'closed',
      channel: one.source.channel,
      label,
      unmarked: dimensions[0].id,
      only: 'answered',
      search: one.visitor_code,
      visitor: one.visitor_id,
      limit: 100,
      total: 1,
    }
    const all = [...Object.entries(fits).map(([k, v]) => ({ [k]: v })), fits]
    for (const query of all) {
      const list = await call(supervisor, 'conversations', { query })
      assert.ok(list.conversations.some((c) => c.id === conversation), JSON.stringify(query))
    }
    const misses = [
      { from: day(1) },
      { to: day(-1) },
      { site: '999999' },
      { agent: 'none' },
      { state: 'waiting' },
      { channel: 'campaign' },
      { engine: 'sogou' },
      { unmarked: dimensions[1].id },
      { only: 'lost' },
      { search: 'no such thing' },
      { visitor: '999999' },
    ]
    for (const query of misses) {
      const list = await call(supervisor, 'conversations', { query })
      assert.ok(!list.conversations.some((c) => c.id === conversation), JSON.stringify(query))
    }
    for (const query of [{ from: 'yesterday' }, { only: 'nonsense' }]) {
      const wrong = await call(supervisor, 'conversations', { query, want: 422 })
      assert.equal(wrong.field, Object.keys(query)[0])
    }
  })

  it('gives page after page, each row once', async () => {
    const whole = await call(supervisor, 'conversations', { query: { limit: 100, total: 1 } })
    assert.equal(whole.total, whole.conversations.length)
    assert.ok(whole.total >= 4)
    const rows = []
    let cursor
    do {
      const part = await call(supervisor, 'conversations', { query: { limit: 2, cursor } })
      assert.ok(part.conversations.length <= 2)
      rows.push(...part.conversations.map((c) => c.id))
      cursor = part.next ?? undefined
    } while (cursor && rows.length <= whole.total)
    assert.deepEqual(rows, whole.conversations.map((c) => c.id))
  })

  it('exports the same rows as CSV', async () => {
    const query = { site: site.id }
    const list = await call(supervisor, 'conversations', { query: { ...query, limit: 100 } })
    const text = await call(supervisor, 'conversations_csv', { query })
    assert.equal(text.codePointAt(0), 0xfeff)
    assert.ok(text.includes('\r\n'))
    for (const { id } of list.conversations) assert.match(text, new RegExp(`^"?${id}"?,`, 'm'))
    assert.ok(!text.includes('13912345678'))
  })

  it('sums up the day', async () => {
    const today = await call(supervisor, 'today', { query: { site: site.id } })
    const { conversations } = await call(supervisor, 'conversations', {
      query: { site: site.id, limit: 100 },
    })
    assert.ok(today.now.conversations > 0)
    assert.ok(today.now.conversations <= conversations.length)
    const past = await call(supervisor, 'today', { query: { day: '2024-02-29' } })
    assert.equal(past.now.conversations, 0)
    await call(supervisor, 'today', { query: { day: '2024-02-30' }, want: 422 })
  })

  it('remembers who did what', async () => {
    const { rows } = await call(admin, 'audit', { query: { limit: 200 } })
    assert.ok(rows.some((row) => row.act.includes('reveal')), JSON.stringify(rows.map((r) => r.act)))
    const first = await call(admin, 'audit', { query: { limit: 1 } })
    const second = await call(admin, 'audit', { query: { limit: 1, cursor: first.next } })
    assert.equal(second.rows[0].n, first.rows[0].n - 1)
    const check = await call(admin, 'audit_check')
    assert.equal(check.broken_at, null)
    assert.ok(check.rows >= rows.length)
  })
})

describe('rights', () => {
  const guarded = [...api.operations.values()].filter(
    (op) => !['public', 'control'].includes(op['x-may']) && !op['x-frames'],
  )
  let samples

  before(() => {
    const id = '999999'
    const text = { key: newKey(), text: 'x' }
    samples = {
      me_change: { language: 'en' },
      password_change: { old: 'a', new: 'b' },
      user_new: { login: 'nobody', name: 'Nobody', role: 'agent' },
      user_change: { name: 'Nobody' },
      role_change: { own_only: true },
      site_new: { name: 'Nowhere' },
      site_change: { settings: {} },
      canned_new: { title: 'x', body: 'x' },
      canned_change: { title: 'x' },
      visitor_change: { name: 'x' },
      say: text,
      mark_set: { dimension_id: id, label_id: id },
    }
  })

  const send = (client, op, headers) =>
    client.send(op.method, fill(op, { id: '999999', code: 'agent' }), samples[op.id], { headers })

  it('strangers are let in nowhere', async () => {
    const stranger = server.client()
    stranger.cookie = `laiyu=${'A'.repeat(43)}`
    for (const client of [server.client(), stranger]) {
      for (const op of guarded) {
        const answer = await send(client, op)
        api.checkAnswer(op, answer)
        const allowed = client.cookie && op.method !== 'GET' ? [401, 403] : [401]
        assert.ok(allowed.includes(answer.status), `${op.id}: ${answer.status}`)
      }
    }
    const socket = new Socket(server.url.replace('http', 'ws') + '/api/live', {})
    await assert.rejects(socket.opened, (error) => error.status === 401)
  })

  it('no call writes without the CSRF token', async () => {
    for (const op of guarded.filter((o) => o.method !== 'GET')) {
      for (const token of [null, '0'.repeat(32)]) {
        const answer = await send(admin, op, { 'x-csrf-token': token })
        api.checkAnswer(op, answer)
        assert.deepEqual([answer.status, answer.body.code], [403, 'csrf_missing'], op.id)
      }
    }
  })

  it('each role is let in where its permissions say, and nowhere else', async () => {
    const { roles } = await call(admin, 'users')
    const skip = ['logout', 'logout_everywhere', 'password_change']
    for (const { code, permissions } of roles) {
      const client =
        code === 'admin' ? admin : await admin.colleague(`role-${code}`, code, { name: code })
      for (const op of guarded.filter((o) => !skip.includes(o.id))) {
        const may = op['x-may'] === 'any' || permissions.includes(op['x-may'])
        if (may && code === 'admin' && op.method !== 'GET') continue
        const answer = await send(client, op)
        api.checkAnswer(op, answer)
        const what = `${code} ${op.id}: ${answer.status} ${JSON.stringify(answer.body)}`
        if (may) assert.ok(![401, 403].includes(answer.status) && answer.status < 500, what)
        else assert.deepEqual([answer.status, answer.body.code], [403, 'not_permitted'], what)
      }
    }
  })

  it('another site may not call in the name of who is signed in', async () => {
    for (const op of guarded.filter((o) => o.method !== 'GET')) {
      const answer = await send(admin, op, { origin: 'https://evil.test' })
      api.checkAnswer(op, answer)
      assert.equal(answer.status, 403, op.id)
    }
  })

  it('unknown paths, methods and bodies have plain answers', async () => {
    const error = { $ref: '#/components/schemas/Error' }
    for (const [method, target, status, body] of [
      ['GET', '/api/nothing', 404],
      ['GET', '/api/users/../../etc/passwd', 404],
      ['GET', '/api/visitors/abc', 404],
      ['GET', "/api/visitors/1'%20or%201=1", 404],
      ['DELETE', '/api/users', 405],
      ['POST', '/api/sites', 400, '{"name":'],
      ['POST', '/api/sites', 400, '{"name":"a","name":"b"}'],
      ['POST', '/api/sites', 422, '{"name":7}'],
      ['POST', '/api/sites', 413, JSON.stringify({ name: 'x'.repeat(9000) })],
    ]) {
      const answer = await admin.send(method, target, body)
      const what = `${method} ${target}: ${answer.status} ${JSON.stringify(answer.body)}`
      assert.equal(answer.status, status, what)
      api.mustFit(what, error, answer.body)
    }
  })

  it('answers in the language that is asked for', async () => {
    const ask = (language) =>
      request(server, 'GET', '/api/me', { headers: { 'accept-language': language } })
    const zh = await ask('zh-CN')
    const en = await ask('en-GB')
    assert.match(zh.body.message, /[一-鿿]/)
    assert.doesNotMatch(en.body.message, /[一-鿿]/)
    assert.equal(zh.body.code, en.body.code)
  })
})

describe('the end', () => {
  it('a backup is written over the control socket, and only there', async () => {
    const operation = api.operations.get('backup')
    const directory = path.join(server.dir, 'backup')
    await mkdir(directory, { mode: 0o700 })
    await call(admin, 'backup', { body: { directory }, want: 404 })
    assert.deepEqual(await readdir(directory), [])
    const answer = await request(server, 'POST', operation.pattern, {
      control: true,
      body: { directory },
    })
    api.checkAnswer(operation, answer)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.ok((await readdir(directory)).includes('main.db'))
    seen.add('backup')
  })

  it('erasing a visitor leaves his conversations without words', async () => {
    const { conversation: row } = await call(admin, 'conversation', { at: { id: conversation } })
    const at = { id: row.visitor_id }
    await call(admin, 'visitor_erase', { at })
    const { messages } = await call(admin, 'messages', { at: { id: conversation } })
    assert.ok(messages.length > 0)
    assert.ok(messages.every((m) => m.erased && m.text === ''))
    const card = await call(admin, 'visitor', { at })
    assert.deepEqual([card.erased, card.name, card.note], [true, '', ''])
    const full = await call(admin, 'conversation', { at: { id: conversation } })
    assert.ok(full.contacts.every((contact) => contact.masked === ''))
    assert.equal(full.conversation.kept, false)
    assert.equal(full.conversation.visitor_id, null)
    assert.equal(full.visitor.erased, true)
  })

  it('signing out everywhere ends every session', async () => {
    const other = await server.admin()
    await call(other, 'logout_everywhere')
    await call(other, 'me', { want: 401 })
    await call(admin, 'me', { want: 401 })
  })

  it('each declared call has been made with success', () => {
    assert.deepEqual([...api.operations.keys()].filter((id) => !seen.has(id)), [])
  })
})

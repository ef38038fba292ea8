// What nobody should send: each has a clear answer in the language of who asks, and harms nothing.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { loadApi } from '../lib/api.mjs'
import { exchange, frame, statuses, upgraded } from '../lib/raw.mjs'
import { Refused, Socket, Visitor, newKey, request, startServer, until } from '../lib/server.mjs'

const ORIGIN = 'http://clinic.test'
const CJK = /[\u4e00-\u9fff]/
const SCRIPT = `<script>alert("x")</script><img src=x onerror=alert('1')>&amp;"';--`
const TRICKS = [
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e/',
  "' OR 1=1 --",
  "1'; DROP TABLE conversation; --",
  '1 UNION SELECT password FROM users',
  '%00',
  '%',
  '%zz',
  '\u202e\u0000',
  '-1',
  '99999999999999999999999999',
  '1e9',
  SCRIPT,
  'x'.repeat(3000),
]

let server, admin, site, other, agent, supervisor, visitor

const plain = (answer) => JSON.stringify(answer.body).slice(0, 300)

/** The same bad thing asked in both languages: same status and code, each with its own sentence. */
async function bad(status, code, ask) {
  const answers = { zh: await ask('zh-CN'), en: await ask('en') }
  for (const [language, answer] of Object.entries(answers)) {
    assert.deepEqual([answer.status, answer.body?.code], [status, code], plain(answer))
    assert.equal(CJK.test(answer.body.message), language === 'zh', plain(answer))
    assert.ok(answer.body.message.length > 3 && !answer.body.message.includes(code), plain(answer))
  }
  return answers.en
}

/** Calls of the widget in somebody's name. */
const widget = (target, fields, headers = {}) => (language) =>
  request(server, 'POST', target, {
    headers: { origin: ORIGIN, 'content-type': 'text/plain', 'accept-language': language, ...headers },
    body: typeof fields === 'string' || Buffer.isBuffer(fields) ? fields : JSON.stringify(fields),
  })
const page = (fields) => ({ site: site.key, url: `${ORIGIN}/`, ...fields })

async function newVisitor(where = site) {
  const someone = new Visitor(server, where)
  await someone.view()
  return someone
}

async function talking(text = 'hello') {
  const someone = await newVisitor()
  await someone.connect()
  await someone.open()
  await someone.say(text)
  return someone
}

before(async () => {
  server = await startServer()
  admin = await server.admin()
  site = await admin.site()
  other = await admin.site('Other clinic', ['http://other.test'])
  supervisor = await admin.colleague('super', 'supervisor')
  agent = await admin.colleague('anna', 'agent')
  visitor = await talking()
})

after(async () => {
  await visitor?.socket.drop()
  await server?.end()
})

describe('strangers on websites', () => {
  it('an unknown or retired site key', async () => {
    await bad(404, 'site_unknown', widget('/w/view', page({ site: 'nosuchkey' })))
    await bad(404, 'site_unknown', widget('/w/poll', { site: "' OR 1=1", visitor: visitor.token }))
    const closed = await admin.site('Closed clinic')
    await admin.ask('PATCH', `/api/sites/${closed.id}`, { retired: true })
    await bad(404, 'site_unknown', widget('/w/view', page({ site: closed.key })))
  })

  const forged = () => {
    const token = visitor.token
    const flip = (i) => token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
    return [flip(0), flip(10), flip(53), token.slice(0, 40), `${token}A`, 'x', 'A'.repeat(54), SCRIPT]
  }

  it('a forged visitor id: no word of anybody, and a fresh id for a page view', async () => {
    for (const token of forged()) {
      await bad(401, 'visitor_unknown', widget('/w/poll', { site: site.key, visitor: token }))
      const said = { site: site.key, visitor: token, key: newKey(), text: 'x' }
      await bad(401, 'visitor_unknown', widget('/w/say', said))
      const viewed = await widget('/w/view', page({ visitor: token }))('en')
      assert.equal(viewed.status, 200)
      assert.notEqual(viewed.body.visit, visitor.visit)
      const fresh = await widget('/w/poll', { site: site.key, visitor: viewed.body.visitor })('en')
      assert.deepEqual([fresh.body.conversation, fresh.body.messages], [null, []])
    }
  })

  it('a visitor id of another site', async () => {
    const poll = { site: other.key, visitor: visitor.token }
    await bad(401, 'visitor_unknown', widget('/w/poll', poll, { origin: 'http://other.test' }))
    const socket = new Socket(`${server.url.replace('http', 'ws')}/w/live`, { origin: 'http://other.test' })
    await socket.opened
    await assert.rejects(
      socket.ask('hello', { site: other.key, visitor: visitor.token }),
      (error) => error.code === 'visitor_unknown',
    )
    await socket.drop()
  })

  it('a visitor reads his own conversation and no other', async () => {
    const stranger = await talking('mine alone')
    const state = await widget('/w/poll', {
      site: site.key,
      visitor: stranger.token,
      conversation: visitor.conversation,
      since: 0,
    })('en')
    assert.equal(state.body.conversation, stranger.conversation)
    assert.deepEqual(state.body.messages.map((m) => m.text), ['mine alone'])
    stranger.conversation = visitor.conversation
    await stranger.socket.drop()
    const again = await stranger.connect({ since: 0 })
    assert.deepEqual(again.messages.map((m) => m.text), ['mine alone'])
    const beacon = { site: site.key, visitor: stranger.token, visit: visitor.visit, n: 1, dwell_ms: 1 }
    await bad(404, 'visit_missing', widget('/w/beacon', beacon))
    for (const target of ['/api/conversations', `/api/conversations/${visitor.conversation}`, '/api/reception'])
      assert.equal((await request(server, 'GET', target)).status, 401)
    await stranger.socket.drop()
  })

  it('a page of a website that is not registered, by call and by socket', async () => {
    const evil = { origin: 'https://evil.test' }
    const answer = await bad(403, 'origin_unknown', widget('/w/view', page(), evil))
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
    await bad(403, 'origin_unknown', widget('/w/poll', { site: site.key, visitor: visitor.token }, evil))
    for (const origin of ['https://evil.test', 'null', `${ORIGIN}.evil.test`, `${ORIGIN}:81`, SCRIPT]) {
      const socket = new Socket(`${server.url.replace('http', 'ws')}/w/live`, { origin })
      await assert.rejects(socket.opened, (error) => error.status === 403, origin)
    }
    // Registered, but for another site.
    const socket = new Socket(`${server.url.replace('http', 'ws')}/w/live`, { origin: 'http://other.test' })
    await socket.opened
    await assert.rejects(
      socket.ask('hello', { site: site.key, visitor: visitor.token }),
      (error) => error.code === 'origin_unknown',
    )
    await socket.drop()
    const console_ = new Socket(`${server.url.replace('http', 'ws')}/api/live`, {
      origin: 'https://evil.test',
      cookie: agent.cookie,
    })
    await assert.rejects(console_.opened, (error) => error.status === 403)
  })

  it('forged referrers stay text, and claim no more than an address', async () => {
    for (const referrer of [
      'javascript:alert(1)',
      'https://www.baidu.com.evil.test/s?wd=x',
      'https://evil.test/https://www.google.com/',
      'https://www.baidu.com@evil.test/',
      `https://x.test/${SCRIPT}`,
      'data:text/html,<script>',
      '\u0001\u007f\u202e',
      'https://[::1',
      `https://${'a'.repeat(3900)}.test/`,
    ]) {
      const someone = await newVisitor()
      const fresh = new Visitor(server, site)
      await fresh.view({ referrer })
      await fresh.connect()
      await fresh.open()
      await fresh.say('hi')
      const { conversation } = await agent.ask('GET', `/api/conversations/${fresh.conversation}`)
      assert.ok(!['search', 'ad', 'ai'].includes(conversation.source.channel), `${referrer}: ${conversation.source.channel}`)
      assert.ok(Buffer.byteLength(conversation.source.referrer) <= 2048)
      assert.equal(conversation.source.referrer_cut, Buffer.byteLength(referrer) > 2048)
      assert.doesNotMatch(conversation.source.referrer, /[\u0000-\u001f]/)
      await fresh.socket.drop()
      assert.ok(someone.token !== fresh.token)
    }
  })
})

describe('too much', () => {
  it('an address of a megabyte, in the request and in the body', async () => {
    const long = `/api/conversations?search=${'a'.repeat(1 << 20)}`
    const { text } = await exchange(server, `GET ${long} HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n\r\n`)
    assert.ok([414, 431].includes(statuses(text)[0]), text.slice(0, 100))
    // The language stands further behind, so that both are told.
    assert.match(text, /"code":"\w+"/)
    const nine = await request(server, 'GET', `/api/me?x=${'a'.repeat(9000)}`)
    assert.deepEqual([nine.status, nine.body.code], [414, 'target_too_long'])
    assert.match(nine.body.message, /[\u4e00-\u9fff]+. The address is too long\./)
    await bad(413, 'request_too_large', widget('/w/view', page({ url: `${ORIGIN}/${'u'.repeat(1 << 20)}` })))
    await bad(422, 'field_long', widget('/w/view', page({ url: `${ORIGIN}/${'u'.repeat(4000)}` })))
  })

  it('bodies over the limit of each route', async () => {
    const api = loadApi()
    for (const operation of api.operations.values()) {
      if (operation.method === 'GET' || operation['x-may'] === 'control') continue
      const target = operation.pattern.replace(/{code}/, 'agent').replace(/{\w+}/, '1')
      const answer = await admin.send(operation.method, target, Buffer.alloc(200_000, 'x'), {
        headers: { 'content-type': 'application/json', connection: 'close' },
      })
      assert.deepEqual([answer.status, answer.body.code], [413, 'request_too_large'], operation.id)
    }
    const said = { site: site.key, visitor: visitor.token, key: newKey() }
    await bad(422, 'message_long', widget('/w/say', { ...said, text: 'x'.repeat(4001) }))
    await bad(422, 'message_long', widget('/w/say', { ...said, text: '字'.repeat(4001) }))
    await bad(422, 'field_long', widget('/w/say', { ...said, text: 'x'.repeat(16_001) }))
    const longest = await widget('/w/say', { ...said, text: '字'.repeat(4000) })('en')
    assert.equal(longest.status, 200, 'characters are counted, not bytes')
    await bad(422, 'message_empty', widget('/w/say', { ...said, text: ' \n\t ' }))
    await bad(422, 'field_short', widget('/w/say', { ...said, key: 'short', text: 'x' }))
  })

  it('a head of 20 KB, and a hundred headers', async () => {
    const answers = [
      await exchange(server, `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`),
      await exchange(server, `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: a\r\n'.repeat(100)}\r\n`),
    ]
    for (const { text, closed } of answers) assert.deepEqual([statuses(text), closed], [[431], true])
  })

  it('a frame over the limit, too many fragments, and frames without pause', async () => {
    const big = await upgraded(server, '/w/live', { Origin: ORIGIN })
    big.socket.write(frame(0x81, 'x'.repeat(70_000)))
    assert.equal((await big.ended).code, 1009)
    const many = await upgraded(server, '/w/live', { Origin: ORIGIN })
    many.socket.write(frame(0x01, '{'))
    for (let i = 0; i < 100; i++) many.socket.write(frame(0x00, ' '))
    assert.ok([1008, 1009, 1002].includes((await many.ended).code))
  })

  it('too many connections, of one address and in all', async () => {
    for (const [option, status] of [
      ['--max-connections=12', 503],
      ['--max-per-address=12', 503],
    ]) {
      const small = await startServer({ args: [option] })
      const held = []
      try {
        for (let i = 0; i < 14; i++) {
          const socket = new Socket(`${small.url.replace('http', 'ws')}/w/live`, {})
          held.push(socket)
          await socket.opened.catch((error) => (socket.refused = error))
        }
        const refused = held.filter((socket) => socket.refused)
        assert.ok(refused.length >= 2, `${option}: ${refused.length}`)
        for (const { refused: error } of refused) {
          assert.ok(error instanceof Refused, error.message)
          assert.ok([status, 429].includes(error.status), String(error.status))
          assert.equal(error.code, 'connections_too_many')
        }
        for (const socket of held) if (!socket.ended) await socket.drop()
        await until('room again', async () => {
          try {
            return (await request(small, 'GET', '/healthz')).status === 200
          } catch {
            return false
          }
        })
      } finally {
        for (const socket of held) if (!socket.ended) await socket.drop()
        await small.end()
      }
    }
  })
})

describe('bytes that are no text', () => {
  const invalid = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xbd]]

  it('in a body', async () => {
    for (const bytes of invalid) {
      const text = Buffer.concat([
        Buffer.from(`{"site":"${site.key}","visitor":"${visitor.token}","key":"${newKey()}","text":"a`),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ])
      await bad(400, 'json_format', widget('/w/say', text))
    }
  })

  it('in a frame: closed with 1007', async () => {
    for (const bytes of invalid) {
      const { socket, ended } = await upgraded(server, '/w/live', { Origin: ORIGIN })
      socket.write(frame(0x81, Buffer.concat([Buffer.from('{"t":"hello","x":"'), Buffer.from(bytes), Buffer.from('"}')])))
      assert.equal((await ended).code, 1007, bytes.join())
    }
  })

  it('in parameters: nothing is found, nothing breaks', async () => {
    for (const value of ['%ff%fe', '%c0%af', '%ed%a0%80']) {
      const answer = await agent.get(`/api/conversations?search=${value}`)
      assert.ok(answer.status === 200 || answer.status === 422, plain(answer))
    }
  })

  it('control characters: refused where a line is short, taken out of what people write', async () => {
    const titled = (title) => (language) =>
      admin.post('/api/canned', { title, body: 'x' }, { headers: { 'accept-language': language } })
    await bad(422, 'field_control', titled('a\u0007b'))
    await bad(422, 'field_control', titled('a\u0000b'))
    const zero = { site: site.key, visitor: visitor.token, key: newKey(), text: 'a\u0000b' }
    await bad(422, 'field_control', widget('/w/say', zero))
    const someone = await talking()
    await someone.say('ab\u0007c\u001b[31m\nnew\tline\u007f')
    const { messages } = await agent.ask('GET', `/api/conversations/${someone.conversation}/messages`)
    assert.equal(messages[1].text, 'abc[31m\nnew\tline')
    await someone.socket.drop()
  })

  it('frames that are no frames', async () => {
    for (const [bytes, code] of [
      [frame(0x82, 'binary'), 1003],
      [frame(0x81, '{}', { masked: false }), 1002],
      [frame(0xc1, '{}'), 1002],
      [frame(0x83, 'reserved'), 1002],
      [frame(0x80, 'continuation of nothing'), 1002],
      [frame(0x09, 'fragmented ping'), 1002],
      [frame(0x89, 'x'.repeat(126)), 1002],
      [frame(0x88, Buffer.from([0x03, 0xec])), 1002],
    ]) {
      const { socket, ended } = await upgraded(server, '/w/live', { Origin: ORIGIN })
      socket.write(bytes)
      assert.equal((await ended).code, code, bytes.toString('latin1'))
    }
  })

  it('frames that are no JSON, or no frame of ours', async () => {
    for (const [text, code] of [
      ['', 'json_format'],
      ['hello', 'json_format'],
      ['[]', 'json_format'],
      ['{"t":"hello","t":"hello"}', 'json_format'],
      ['{}', 'field_required'],
      ['{"t":"no such thing"}', 'frame_unknown'],
      ['{"t":"say","key":"12345678","text":"x"}', 'frame_order'],
      ['{"t":"open"}', 'frame_order'],
      ['{"t":"typing","text":"x"}', 'frame_order'],
      [`{"t":"hello","site":"${'x'.repeat(40)}","visitor":"x"}`, 'field_long'],
    ]) {
      for (const language of ['zh', 'en']) {
        const socket = new Socket(`${server.url.replace('http', 'ws')}/w/live`, {
          origin: ORIGIN,
          'accept-language': language,
        })
        await socket.opened
        socket.ws.send(text)
        const error = await socket.next('error')
        assert.equal(error.code, code, `${text}: ${JSON.stringify(error)}`)
        assert.equal(CJK.test(error.message), language === 'zh', error.message)
        assert.equal(socket.ended, undefined)
        await socket.drop()
      }
    }
  })
})

describe('script stays text', () => {
  it('in names, notes, messages, titles, anchors, replies and settings', async () => {
    const titled = new Visitor(server, site)
    await titled.view({ title: SCRIPT, url: `${ORIGIN}/?q=${SCRIPT.replaceAll(' ', '+')}` })
    await titled.connect()
    await titled.open(SCRIPT)
    await titled.say(SCRIPT)
    const id = titled.conversation
    const { conversation } = await agent.ask('GET', `/api/conversations/${id}`)
    assert.deepEqual([conversation.chat_title, conversation.anchor], [SCRIPT, SCRIPT.slice(0, 120)])
    await agent.ask('PATCH', `/api/visitors/${conversation.visitor_id}`, {
      name: SCRIPT.slice(0, 70),
      note: SCRIPT,
    })
    const answer = await agent.get(`/api/conversations/${id}`)
    assert.match(answer.headers['content-type'], /^application\/json/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(answer.headers['content-security-policy'], /default-src 'none'/)
    assert.equal(answer.body.messages[0].text, SCRIPT)
    assert.deepEqual([answer.body.visitor.name, answer.body.visitor.note], [SCRIPT.slice(0, 70), SCRIPT])
    const canned = await supervisor.ask('POST', '/api/canned', { title: SCRIPT.slice(0, 80), body: SCRIPT })
    assert.deepEqual([canned.title, canned.body], [SCRIPT.slice(0, 80), SCRIPT])
    const changed = await admin.ask('PATCH', `/api/sites/${site.id}`, {
      name: SCRIPT,
      settings: { greeting_en: SCRIPT, greeting_zh: SCRIPT },
    })
    assert.deepEqual([changed.name, changed.settings.greeting_en], [SCRIPT, SCRIPT])
    const view = await newVisitor()
    assert.equal(view.widget.greeting_en, SCRIPT)
    const user = await admin.ask('POST', '/api/users', { login: 'script', name: SCRIPT.slice(0, 80), role: 'desk' })
    assert.equal(user.user.name, SCRIPT.slice(0, 80))
    assert.ok(!server.output.includes('<script>'))
    await titled.socket.drop()
  })

  it('in the CSV, where a formula is text too', async () => {
    const names = ['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', 'quote " and , comma', '=HYPERLINK("http://evil.test")']
    for (const name of names) {
      const someone = await talking()
      const { conversation } = await agent.ask('GET', `/api/conversations/${someone.conversation}`)
      await agent.ask('PATCH', `/api/visitors/${conversation.visitor_id}`, { name })
      await someone.socket.drop()
    }
    const answer = await supervisor.get('/api/conversations.csv', { site: site.id })
    assert.match(answer.headers['content-type'], /^text\/csv; charset=utf-8/)
    assert.match(answer.headers['content-disposition'], /attachment/)
    const rows = parseCsv(answer.body.slice(1))
    const width = rows[0].length
    for (const row of rows) {
      assert.equal(row.length, width)
      for (const cell of row) assert.ok(!/^[=+\-@\t\r]/.test(cell), cell)
    }
    const shown = rows.slice(1).map((row) => row[3])
    for (const name of names)
      assert.ok(shown.includes(/^[=+\-@]/.test(name) ? `'${name}` : name), `${name} in ${shown}`)
  })
})

function parseCsv(text) {
  const rows = [[]]
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/y
  while (cell.lastIndex < text.length) {
    const [, value, end] = cell.exec(text)
    rows.at(-1).push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value)
    if (end === '\r\n') rows.push([])
  }
  return rows.filter((row) => row.length > 0)
}

describe('tricks in parameters', () => {
  it('of every route that is read', async () => {
    const api = loadApi()
    const before = await admin.ask('GET', '/api/conversations', undefined, { query: { total: 1 } })
    for (const operation of api.operations.values()) {
      if (operation.method !== 'GET' || operation['x-frames']) continue
      for (const trick of TRICKS) {
        for (const { name, in: where } of operation.parameters.filter((p) => p.in !== 'header')) {
          const raw = trick.includes('%') ? trick : encodeURIComponent(trick)
          const target =
            where === 'path'
              ? operation.pattern.replace(/{\w+}/, raw)
              : `${operation.pattern.replace(/{\w+}/, visitor.conversation)}?${name}=${raw}`
          const answer = await admin.send('GET', target)
          const what = `${target.slice(0, 80)}: ${answer.status} ${plain(answer)}`
          assert.ok(answer.status < 500, what)
          if (where === 'path') assert.ok([400, 404].includes(answer.status), what)
          assert.ok(!/passwd|root:|SQL|syntax|\$argon2/i.test(answer.bytes.toString()), what)
          if (answer.status >= 400) api.checkAnswer(operation, answer)
        }
      }
    }
    const now = await admin.ask('GET', '/api/conversations', undefined, { query: { total: 1 } })
    assert.equal(now.total, before.total)
  })

  it('of what is served as files', async () => {
    for (const target of [
      '/../../etc/passwd',
      '/..%2f..%2fetc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/demo/../../etc/passwd',
      '/demo/%2e%2e%2f%2e%2e%2fetc/passwd',
      '//etc/passwd',
      '/assets/....//....//etc/passwd',
      '/w.js/../../data/main.db',
      '/main.db',
      '/demo/\\..\\..\\etc\\passwd',
    ]) {
      const { text } = await exchange(server, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      const [status] = statuses(text)
      assert.ok([200, 400, 404].includes(status), `${target}: ${text.slice(0, 80)}`)
      assert.ok(!/root:|SQLite/.test(text), target)
      if (status === 200) assert.match(text, /<!doctype html>/i, target)
    }
  })

  it('in the words of a sign-in', async () => {
    for (const login of ["admin' --", "' OR '1'='1", 'admin\u0000', SCRIPT.slice(0, 60)]) {
      const answer = await server.client().post('/api/login', { login, password: "x' OR '1'='1" })
      assert.ok([401, 422].includes(answer.status), plain(answer))
    }
  })
})

describe('requests that could be read in two ways', () => {
  const head = (lines, body = '') => `POST /w/poll HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`

  it('are refused and the connection closed', async () => {
    const smuggled = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
    for (const [what, bytes] of [
      ['length and chunks', head('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`)],
      ['two lengths', head('Content-Length: 2\r\nContent-Length: 40\r\n', `{}${smuggled}`)],
      ['lengths in a list', head('Content-Length: 2, 2\r\n', `{}${smuggled}`)],
      ['a length that is no number', head('Content-Length: +2\r\n', `{}${smuggled}`)],
      ['a length in hex', head('Content-Length: 0x2\r\n', `{}${smuggled}`)],
      ['another encoding', head('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`)],
      ['almost chunked', head('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`)],
      ['a space before the colon', head('Content-Length : 2\r\n', `{}${smuggled}`)],
      ['a folded line', head('X-A: b\r\n c\r\nContent-Length: 2\r\n', '{}')],
      ['a bare line feed', `GET /healthz HTTP/1.1\nHost: x\n\n`],
      ['a zero byte', head('X-A: a\u0000b\r\n')],
      ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
      ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
      ['a name with a space', head('X A: b\r\n')],
      ['no request at all', '\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n'],
    ]) {
      const { text, closed } = await exchange(server, bytes)
      assert.deepEqual([statuses(text), closed], [[400], true], `${what}: ${text.slice(0, 100)}`)
      assert.match(text, /"code":"request_format"/, what)
    }
  })
})

describe('sessions and keys', () => {
  it('a session that is forged, ended or somebody else’s', async () => {
    const client = server.client()
    await client.login('anna', agent.password)
    const { cookie, csrf } = client
    await client.ask('POST', '/api/logout')
    for (const stale of [cookie, `${cookie}x`, 'laiyu=', 'laiyu=x', `laiyu=${'A'.repeat(43)}`, `laiyu=${SCRIPT.replaceAll(';', '')}`])
      await bad(401, 'session_ended', (language) =>
        request(server, 'GET', '/api/me', { headers: { cookie: stale, 'accept-language': language } }),
      )
    const replay = await request(server, 'POST', '/api/logout-everywhere', {
      headers: { cookie, 'x-csrf-token': csrf },
    })
    assert.equal(replay.status, 401)
    assert.equal((await agent.get('/api/me')).status, 200)
  })

  it('a missing or foreign CSRF token', async () => {
    for (const token of [null, '', '0'.repeat(32), admin.csrf])
      await bad(403, 'csrf_missing', (language) =>
        agent.post('/api/canned', { title: 'x', body: 'x' }, {
          headers: { 'x-csrf-token': token, 'accept-language': language },
        }),
      )
  })

  it('wrong passwords wait longer and longer', async () => {
    await admin.colleague('slow', 'agent')
    const tries = []
    for (let i = 0; i < 6; i++)
      tries.push(await server.client().post('/api/login', { login: 'slow', password: `wrong-${i}` }))
    assert.deepEqual(tries.slice(0, 3).map((t) => t.status), [401, 401, 401])
    assert.equal(tries[0].body.code, 'login_wrong')
    assert.equal(tries.at(-1).status, 429)
    assert.equal(tries.at(-1).body.code, 'login_wait')
    assert.ok(Number(tries.at(-1).headers['retry-after']) >= 1)
    const right = await server.client().post('/api/login', { login: 'slow', password: 'spring-Rain-slow' })
    assert.equal(right.status, 429)
    const nobody = await server.client().post('/api/login', { login: 'nobody', password: 'wrong' })
    assert.deepEqual([nobody.status, nobody.body.code], [401, 'login_wrong'])
  })

  it('an Idempotency-Key used again, and reused for something else', async () => {
    const key = newKey()
    const body = { title: 'Once', body: 'only' }
    const first = await supervisor.post('/api/canned', body, { key })
    const again = await supervisor.post('/api/canned', body, { key })
    assert.deepEqual([again.status, again.body], [first.status, first.body])
    await bad(409, 'key_reused', async (language) => {
      await supervisor.ask('PATCH', '/api/me', { language: language === 'en' ? 'en' : 'zh' })
      return supervisor.post('/api/canned', { ...body, title: 'Twice' }, { key })
    })
    const site_ = await admin.post('/api/sites', { name: 'Other wish' }, { key })
    assert.equal(site_.status, 201, 'the key of a colleague is not in the way')
    await bad(422, 'key_long', async (language) => {
      await supervisor.ask('PATCH', '/api/me', { language: language === 'en' ? 'en' : 'zh' })
      return supervisor.post('/api/canned', body, { key: 'k'.repeat(65) })
    })
    const { canned } = await supervisor.ask('GET', '/api/canned')
    assert.equal(canned.filter((row) => row.title === 'Once').length, 1)
    const at_once = newKey()
    const many = await Promise.all(
      Array.from({ length: 8 }, () => supervisor.post('/api/canned', { title: 'At once', body: 'x' }, { key: at_once })),
    )
    assert.equal(new Set(many.map((answer) => answer.body.id)).size, 1)
  })
})

describe('phones', () => {
  const PHONE = '13912345678'

  it('are masked for everyone everywhere, but where they are revealed, which is on record', async () => {
    await admin.ask('PATCH', '/api/me', { language: 'en' })
    const desk = await supervisor.desk()
    const someone = await talking(`call ${PHONE} or 139 1234 5678, vx${PHONE}, 微信${PHONE}号, V${PHONE}, tel${PHONE}x`)
    const id = someone.conversation
    await desk.socket.next('message', (f) => f.conversation === id)
    someone.socket.send('typing', { text: `my number is ${PHONE}` })
    await desk.socket.next('typing', (f) => f.conversation === id)
    for (let n = 5; n <= PHONE.length; n++) {
      someone.socket.send('typing', { text: `vx${PHONE.slice(0, n)}` })
      const { text } = await desk.socket.next('typing', (f) => f.conversation === id)
      assert.doesNotMatch(text, /\d/)
    }
    await agent.ask('POST', `/api/conversations/${id}/take`, {})
    const { conversation } = await agent.ask('GET', `/api/conversations/${id}`)
    const card = { name: `Li ${PHONE}`, note: `noted vx${PHONE}` }
    await agent.ask('PATCH', `/api/visitors/${conversation.visitor_id}`, card)
    const { visitor: shown } = await agent.ask('GET', `/api/conversations/${id}`)
    assert.deepEqual([shown.name, shown.note], ['Li 139****5678', 'noted vx139****5678'])
    await agent.ask('PATCH', `/api/visitors/${conversation.visitor_id}`, { name: shown.name, note: shown.note })
    const texts = [JSON.stringify(desk.socket.pushes)]
    const roles = ['agent', 'supervisor', 'marketing', 'desk', 'onsite', 'care', 'manager', 'admin']
    for (const role of roles) {
      const client = role === 'admin' ? admin : await admin.colleague(`see-${role}`, role)
      for (const target of [
        '/api/reception',
        '/api/conversations',
        `/api/conversations?search=${PHONE}`,
        '/api/conversations.csv',
        `/api/conversations/${id}`,
        `/api/conversations/${id}/messages`,
        `/api/visitors/${conversation.visitor_id}`,
        '/api/visitors',
      ]) {
        const answer = await client.get(target)
        assert.ok([200, 403].includes(answer.status), `${role} ${target} ${answer.status}`)
        texts.push(answer.bytes.toString())
      }
      const reveal = await client.post(`/api/conversations/${id}/reveal`, {})
      const may = client.me.permissions.includes('see_contacts')
      assert.equal(reveal.status, may ? 200 : 403, role)
      assert.equal(reveal.bytes.toString().includes(PHONE), may, role)
      if (may) assert.deepEqual([reveal.body.name, reveal.body.note], [card.name, card.note])
    }
    for (const text of texts)
      assert.doesNotMatch(text, /139[ -]?1234[ -]?5678/, text.slice(0, 400))
    const { rows } = await admin.ask('GET', '/api/audit', undefined, { query: { limit: 200 } })
    const looks = rows.filter((row) => row.act === 'contact.reveal' && row.subject === `conversation:${id}`)
    assert.equal(looks.length, 6)
    assert.ok(!JSON.stringify(rows).includes(PHONE))
    assert.ok(!server.output.includes(PHONE))
    await desk.close()
    await someone.socket.drop()
  })
})

describe('phones on the way', () => {
  it('are masked in titles, addresses and search terms too', async () => {
    const PHONE = '13712345678'
    const seen = await request(server, 'POST', '/w/view', {
      body: {
        site: 'demo',
        url: `${server.url}/demo/?call=${PHONE}&id=02012345678`,
        title: `call ${PHONE}`,
        referrer: `https://www.baidu.com/s?wd=${encodeURIComponent('湿疹')}${PHONE}`,
      },
    })
    assert.equal(seen.status, 200)
    const said = await request(server, 'POST', '/w/say', {
      body: { site: 'demo', visitor: seen.body.visitor, visit: seen.body.visit, key: newKey(), text: 'hello',
        url: `${server.url}/demo/?call=${PHONE}`, title: `call ${PHONE}`, anchor: PHONE },
    })
    assert.equal(said.status, 200)
    for (const target of ['/api/visitors', '/api/reception', '/api/conversations', '/api/conversations.csv']) {
      const answer = await admin.get(target)
      assert.equal(answer.status, 200, target)
      const text = answer.bytes.toString()
      assert.ok(!text.includes(PHONE), target)
      assert.ok(text.includes('137****5678'), target)
      assert.ok(text.includes('id=02012345678'), 'an id in an address stays as it is')
    }
  })
})

describe('after all that', () => {
  it('the server stands, and nothing was taken from anybody', async () => {
    const health = await request(server, 'GET', '/healthz')
    assert.equal(health.status, 200)
    const { messages } = await agent.ask('GET', `/api/conversations/${visitor.conversation}/messages`)
    assert.equal(messages[0].text, 'hello')
    const check = await admin.ask('POST', '/api/audit/check', {})
    assert.equal(check.broken_at, null)
    assert.doesNotMatch(server.output, /level=error/)
  })
})

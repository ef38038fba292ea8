// The commands, each beside a running server and on the store itself: the same words, the same
// answers. And what they are there for: a backup taken under load starts again as a server, and a
// check finds what was broken on purpose.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Visitor, command, newKey, startServer, until } from '../lib/server.mjs'

const folder = mkdtempSync(path.join(tmpdir(), 'laiyu-cli-'))
const data = path.join(folder, 'data')
const keys = path.join(folder, 'keys')
after(() => rmSync(folder, { recursive: true, force: true }))

const where = ['--data', data]

/** A command that must succeed: its answer. */
async function ask(args, options) {
  const done = await command([...args, ...where, '--json'], options)
  assert.equal(done.code, 0, `${args.join(' ')}: ${done.stderr}`)
  return JSON.parse(done.stdout)
}

/** One that must fail with this word. */
async function refused(args, code, options) {
  const done = await command([...args, ...where], options)
  assert.equal(done.code, 1, `${args.join(' ')}: ${done.stdout}`)
  assert.match(done.stderr, new RegExp(`\\(${code}\\b`), args.join(' '))
  assert.equal(done.stdout, '')
}

const sql = (file, text) => execFileSync('sqlite3', [file, text], { encoding: 'utf8' }).trim()

async function auditOf(server) {
  const admin = await server.admin()
  const { rows } = await admin.ask('GET', '/api/audit')
  return rows.filter((row) => row.actor === 'control').map((row) => row.act)
}

/** The whole of user and site; `suffix` keeps the two ways apart. */
function commandsOf(suffix) {
  const login = `li-${suffix}`
  let site

  test('a colleague is added with a password that is shown once', async () => {
    const made = await ask(['user', 'add', login, '--name', '李', '--role', 'agent'])
    assert.equal(made.user.login, login)
    assert.equal(made.user.name, '李')
    assert.equal(made.user.role, 'agent')
    assert.equal(made.user.must_change, true)
    assert.match(made.first_password, /^\w{10}$/)
    await refused(['user', 'add', login, '--name', 'x', '--role', 'agent'], 'login_taken')
    await refused(['user', 'add', 'Ü', '--name', 'x', '--role', 'agent'], 'login_format')
    const text = await command(['user', 'list', ...where])
    assert.match(text.stdout, new RegExp(`^${login} +agent +李$`, 'm'))
    assert.ok(!text.stdout.includes(made.first_password))
  })

  test('a password comes from standard input, and a weak one is refused', async () => {
    const given = ['user', 'password', login, '--password-stdin']
    await refused(given, 'password_short', { input: 'short\n' })
    await refused(given, 'password_short', { input: '' })
    const made = await ask(given, { input: 'maple-Window-38\n' })
    assert.equal(made.first_password, null)
    const random = await ask(['user', 'password', login])
    assert.match(random.first_password, /^\w{10}$/)
    await refused(['user', 'password', 'nobody-here'], 'user_missing')
  })

  test('role and access change; the last administrator stays', async () => {
    assert.equal((await ask(['user', 'role', login, 'desk'])).user.role, 'desk')
    await refused(['user', 'role', login, 'king'], 'role_missing')
    assert.equal((await ask(['user', 'disable', login])).user.disabled, true)
    assert.equal((await ask(['user', 'enable', login])).user.disabled, false)
    await refused(['user', 'disable', 'admin'], 'last_admin')
    const { users } = await ask(['user', 'list'])
    const found = users.find((user) => user.login === login)
    assert.equal(found.role, 'desk')
    assert.equal(found.disabled, false)
    assert.equal(found.password, undefined)
  })

  test('a site is added with whole settings, changed and retired', async () => {
    site = await ask(['site', 'add', `Clinic ${suffix}`, '--origin', 'https://A.example.cn/x',
      '--origin', 'http://b.example.cn:8080', '--institution', 'Clinic Ltd'])
    assert.deepEqual(site.origins, ['https://a.example.cn', 'http://b.example.cn:8080'])
    assert.equal(site.settings.institution, 'Clinic Ltd')
    assert.equal(site.settings.retention_days, 180)
    assert.ok(site.settings.greeting_zh && site.settings.purpose_en && site.settings.close_after)
    await refused(['site', 'add', 'x', '--zone', 'Asia/Nowhere'], 'time_zone_unknown')
    await refused(['site', 'add', 'x', '--origin', 'nonsense'], 'origin_format')

    const moved = await ask(['site', 'origin', site.key, 'https://c.example.cn'])
    assert.deepEqual(moved.origins, ['https://c.example.cn'])
    await refused(['site', 'origin', 'no-such-key', 'https://c.example.cn'], 'site_missing')

    const line = await command(['site', 'snippet', site.key, '--base', 'https://k.example.cn/', ...where])
    assert.equal(line.stdout,
      `<script async src="https://k.example.cn/w.js" data-site="${site.key}"></script>\n`)
    await refused(['site', 'snippet', 'no-such-key'], 'site_missing')

    assert.equal((await ask(['site', 'retire', site.key])).retired, true)
    const { sites } = await ask(['site', 'list'])
    const found = sites.find((one) => one.key === site.key)
    assert.equal(found.retired, true)
    assert.deepEqual(Object.keys(found.settings).sort(), Object.keys(sites[0].settings).sort())
  })
}

describe('words', () => {
  test('every command has help, and says when it is misused', async () => {
    for (const name of ['user', 'site', 'backup', 'restore', 'check', 'keys', 'explain']) {
      const help = await command([name, '--help'])
      assert.equal(help.code, 0)
      assert.match(help.stdout, new RegExp(`^laiyu ${name} `))
      const wrong = await command([name, '--no-such-option'])
      assert.equal(wrong.code, 2)
      assert.match(wrong.stderr, /--no-such-option/)
    }
    for (const args of [['user'], ['user', 'fly'], ['user', 'add'], ['site', 'origin', 'k'], ['backup'],
      ['user', 'role', 'a', 'b', 'c']])
      assert.equal((await command(args)).code, 2, args.join(' '))
  })

  test('no data directory is made by asking for one', async () => {
    for (const args of [['user', 'list'], ['site', 'list'], ['backup', path.join(folder, 'b0')], ['check']])
      await refused(args, 'data_missing')
    assert.ok(!existsSync(data))
  })

  test('explain answers line by line', async () => {
    const source = await command(['explain', 'source'], {
      input: 'https://clinic.example/\thttps://www.baidu.com/s?wd=x\nhttps://clinic.example/\nnonsense\t\n',
    })
    const lines = source.stdout.trim().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(lines.map((line) => line.channel), ['search', 'direct', 'direct'])
    assert.equal(lines[0].engine, 'baidu')
    const device = await command(['explain', 'device'], {
      input: 'Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0\n',
    })
    assert.deepEqual(JSON.parse(device.stdout), { kind: 'phone', os: 'iOS', browser: 'WeChat', bot: false })
    const contacts = await command(['explain', 'contacts'], { input: '我的电话 13800000426 谢谢\r\n' })
    const found = JSON.parse(contacts.stdout)
    assert.equal(found.contacts[0].digits, '13800000426')
    assert.equal(found.masked, '我的电话 138****0426 谢谢')
  })
})

describe('beside a running server', () => {
  let server
  let site
  before(async () => {
    server = await startServer({ dir: folder })
    site = await (await server.admin()).site()
  })
  after(() => server?.stop())

  commandsOf('served')

  test('what a command changes is true for the server at once', async () => {
    const agent = await ask(['user', 'add', 'sun', '--name', 'Sun', '--role', 'agent'])
    const client = server.client()
    await client.login('sun', agent.first_password)
    assert.equal((await client.get('/api/me')).status, 200)
    await ask(['user', 'disable', 'sun'])
    assert.equal((await client.get('/api/me')).status, 401)

    const fresh = await ask(['site', 'add', 'Fresh', '--origin', 'http://fresh.test'])
    const visitor = new Visitor(server, fresh, { origin: 'http://fresh.test' })
    assert.equal((await visitor.view()).n, 1)
    await ask(['site', 'retire', fresh.key])
    const again = new Visitor(server, fresh, { origin: 'http://fresh.test' })
    await assert.rejects(again.view(), { code: 'site_unknown' })
    assert.ok((await auditOf(server)).includes('site.new'))
  })

  test('the password that was given signs in', async () => {
    const added = ['user', 'add', 'qian', '--name', 'Qian', '--role', 'agent', '--password-stdin']
    assert.equal((await ask(added, { input: 'river-Stone-417\n' })).first_password, null)
    await server.client().login('qian', 'river-Stone-417')
    await ask(['user', 'password', 'qian', '--password-stdin'], { input: 'river-Stone-418\n' })
    await assert.rejects(server.client().login('qian', 'river-Stone-417'), { code: 'login_wrong' })
    await server.client().login('qian', 'river-Stone-418')
  })

  test('a backup under load is whole: restored, it starts with all that was said before', async () => {
    const visitors = []
    for (let i = 0; i < 4; i++) {
      const visitor = new Visitor(server, site)
      await visitor.view({ url: `http://clinic.test/${i}` })
      await visitor.connect()
      await visitor.open()
      await visitor.say(`第一句 ${i}，电话 1380000042${i}`)
      visitor.said = 1
      visitors.push(visitor)
    }
    let busy = true
    let written = 0
    const load = visitors.map(async (visitor) => {
      while (busy) {
        await visitor.say(`又一句 ${written}`, newKey())
        written++
        visitor.said++
      }
    })
    const backup = path.join(folder, 'backup')
    await until('load', () => visitors.every((visitor) => visitor.said >= 8))
    await ask(['backup', backup])
    busy = false
    await Promise.all(load)
    assert.equal(statSync(backup).mode & 0o777, 0o700)
    await refused(['backup', backup], 'backup_exists')
    await refused(['backup', '/proc/no/such'], 'backup_failed')

    const to = path.join(folder, 'restored')
    const target = path.join(to, 'data')
    execFileSync('mkdir', ['-p', to])
    const restore = ['restore', backup, '--data', target]
    const done = await command([...restore, '--keys', keys, '--json'])
    assert.equal(done.code, 0, done.stderr)
    assert.ok(JSON.parse(done.stdout).sealed >= 8)
    assert.match((await command(restore)).stderr, /restore_exists/)
    execFileSync('cp', ['-p', keys, path.join(to, 'keys')])

    const check = await command(['check', '--data', target, '--keys', keys, '--json'])
    assert.deepEqual(JSON.parse(check.stdout).findings, [])

    const second = await startServer({ dir: to })
    try {
      const admin = await second.admin()
      for (const visitor of visitors) {
        const { messages } = await admin.ask('GET', `/api/conversations/${visitor.conversation}/messages`)
        assert.match(messages[0].text, /^第一句 \d，电话 138\*\*\*\*042\d$/)
        messages.forEach((message, i) => assert.equal(message.number, i + 1))
      }
      await visitors[0].close()
      const returning = new Visitor(second, site, { token: visitors[0].token })
      await returning.view() // the token may be a younger one, for the same visitor
      const who = (visitor) => Buffer.from(visitor.token, 'base64url').readBigInt64BE()
      assert.equal(who(returning), who(visitors[0]))
      const { sites } = await admin.ask('GET', '/api/sites')
      assert.ok(sites.some((one) => one.key === site.key))
    } finally {
      await second.end()
    }
    for (const visitor of visitors.slice(1)) await visitor.close()
  })

  test('check reads beside the server and finds nothing wrong', async () => {
    const done = await command(['check', ...where, '--keys', keys, '--json'])
    const answer = JSON.parse(done.stdout)
    assert.deepEqual(answer.findings, [])
    assert.equal(done.code, 0)
    assert.equal(answer.sealed_checked, true)
    assert.ok(answer.sealed >= 8 && answer.files === 2 && answer.audit_rows > 10)
  })

  test('restore refuses a damaged backup and leaves nothing behind', async () => {
    const broken = path.join(folder, 'broken')
    const target = path.join(folder, 'from-broken')
    execFileSync('cp', ['-r', path.join(folder, 'backup'), broken])
    const file = path.join(broken, 'main.db')
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 8192, bytes.length - 4096)
    writeFileSync(file, bytes)
    const done = await command(['restore', broken, '--data', target])
    assert.equal(done.code, 1)
    assert.ok(!existsSync(target))
    const nothing = await command(['restore', path.join(folder, 'nowhere'), '--data', target])
    assert.match(nothing.stderr, /data_missing/)
  })

  test('restore says when the keys do not fit', async () => {
    const other = path.join(folder, 'other-keys')
    const elsewhere = await startServer({ args: ['--keys', other] })
    await elsewhere.end()
    const target = path.join(folder, 'wrong-keys')
    const done = await command(['restore', path.join(folder, 'backup'), '--data', target, '--keys', other])
    assert.equal(done.code, 1)
    assert.match(done.stderr, /keys_other/)
  })
})

// After the server: its folder is what these find.
describe('on the store itself', () => {
  commandsOf('alone')

  test('a backup without a server restores as well', async () => {
    const backup = path.join(folder, 'backup-alone')
    assert.equal((await ask(['backup', backup])).ok, true)
    const target = path.join(folder, 'restored-alone')
    const done = await command(['restore', backup, '--data', target])
    assert.equal(done.code, 0, done.stderr)
    assert.match(done.stdout, /key file is not part/)
    const count = 'SELECT COUNT(*) FROM message'
    assert.equal(sql(path.join(target, 'main.db'), count), sql(path.join(data, 'main.db'), count))
  })

  test('keys: a fresh one seals, the old one still opens', async () => {
    const one = await command(['keys', 'list', '--keys', keys, '--json'])
    assert.deepEqual(JSON.parse(one.stdout).keys.map((key) => key.id), [1])
    const secret = readFileSync(keys, 'utf8').split(' ')[1]
    const two = await command(['keys', 'rotate', '--keys', keys, '--json'])
    assert.equal(two.code, 0)
    assert.deepEqual(JSON.parse(two.stdout).keys.map((key) => [key.id, key.seals]), [[1, false], [2, true]])
    assert.ok(!(one.stdout + two.stdout + two.stderr).includes(secret))
    assert.equal(statSync(keys).mode & 0o777, 0o600)

    const server = await startServer({ dir: folder })
    try {
      const admin = await server.admin()
      const { conversations } = await admin.ask('GET', '/api/conversations')
      const visitor = new Visitor(server, await admin.site('After the key'))
      await visitor.view()
      await visitor.connect()
      await visitor.open()
      await visitor.say('用新的钥匙')
      const read = await admin.ask('GET', `/api/conversations/${conversations.at(-1).id}`)
      assert.match(read.messages[0].text, /^第一句/)
      await visitor.close()
    } finally {
      await server.stop()
    }
    const heads = sql(path.join(data, 'main.db'), 'SELECT DISTINCT hex(substr(body, 1, 3)) FROM message ORDER BY 1')
    assert.equal(heads, '010001\n010002')
    const check = await command(['check', ...where, '--keys', keys])
    assert.equal(check.code, 0, check.stdout)
    assert.equal((await command(['keys', 'list', '--keys', path.join(folder, 'none')])).code, 1)
  })

  test('check finds a gap, an orphan, a moved text and a changed audit row', async () => {
    const target = path.join(folder, 'to-break')
    assert.equal((await command(['restore', path.join(folder, 'backup'), '--data', target])).code, 0)
    const file = path.join(target, 'main.db')
    const look = async () => {
      const done = await command(['check', '--data', target, '--keys', keys])
      return { code: done.code, lines: done.stdout.trim().split('\n') }
    }
    assert.equal((await look()).code, 0)
    const conversation = sql(file, 'SELECT MIN(conversation_id) FROM message')

    sql(file, `DELETE FROM message WHERE conversation_id = ${conversation} AND number = 2`)
    let found = await look()
    assert.equal(found.code, 1)
    assert.equal(found.lines.length, 1)
    assert.match(found.lines[0], new RegExp(`conversation ${conversation}`))

    sql(file, `UPDATE message SET body = (SELECT body FROM message WHERE number = 3 AND conversation_id = ${conversation})
      WHERE number = 4 AND conversation_id = ${conversation}`)
    found = await look()
    assert.equal(found.lines.length, 2)
    assert.match(found.lines[1], /body\.4 does not open/)

    sql(file, `UPDATE audit SET subject = 'user:1' WHERE n = 3`)
    found = await look()
    assert.equal(found.lines.length, 3)
    assert.ok(found.lines.some((line) => line.endsWith('the chain is broken at row 3')))

    sql(file, 'INSERT INTO mark_history VALUES (1, 999, 1, 0, 11, 1, 1)')
    found = await look()
    assert.equal(found.lines.length, 4)
    assert.ok(found.lines.some((line) => /mark_history of missing conversation 999/.test(line)))

    const json = await command(['check', '--data', target, '--keys', keys, '--json'])
    assert.equal(json.code, 1)
    assert.equal(JSON.parse(json.stdout).sound, false)
    assert.equal(JSON.parse(json.stdout).findings.length, 4)
  })
})

describe('the key file', () => {
  const home = path.join(folder, 'keyed')
  const file = path.join(home, 'keys')
  const away = path.join(home, 'away')
  const there = () => readdirSync(path.join(home, 'data')).sort()

  /** A start that must be refused: the file is named, and nothing is written. */
  async function refusesToStart(code) {
    const before = there()
    const users = sql(path.join(home, 'data/main.db'), 'SELECT COUNT(*) FROM users')
    const done = await command(['serve', '--data', path.join(home, 'data'), '--keys', file, '--listen', '127.0.0.1:0'])
    assert.equal(done.code, 1, done.stdout)
    assert.match(done.stderr, new RegExp(`\\(${code}\\)`))
    assert.ok(done.stderr.includes(file), done.stderr)
    assert.equal(done.stdout, '')
    assert.deepEqual(there(), before)
    assert.equal(sql(path.join(home, 'data/main.db'), 'SELECT COUNT(*) FROM users'), users)
  }

  test('is never made anew for data that has one', async () => {
    mkdirSync(home)
    const server = await startServer({ dir: home })
    await server.stop()
    renameSync(file, away)
    await refusesToStart('keys_missing')
    assert.ok(!existsSync(file))
  })

  test('of other data is refused, by the server and by check', async () => {
    const other = await startServer({ args: ['--keys', file] })
    await other.end()
    const strange = readFileSync(file, 'utf8')
    await refusesToStart('keys_other')
    const check = await command(['check', '--data', path.join(home, 'data'), '--keys', file])
    assert.equal(check.code, 1)
    assert.match(check.stdout, /keys_other/)
    assert.equal(readFileSync(file, 'utf8'), strange)
  })

  test('that fits lets the server start', async () => {
    renameSync(away, file)
    const server = await startServer({ dir: home })
    await server.admin()
    await server.stop()
  })
})

test('looking is using: a session that only reads is renewed', async () => {
  const home = path.join(folder, 'reader')
  const file = path.join(home, 'data/main.db')
  mkdirSync(home)
  const server = await startServer({ dir: home })
  const admin = await server.admin()
  await server.stop()
  const hours = 3600_000
  sql(file, `UPDATE session SET used_at = used_at - ${11 * hours}`)
  await server.start()
  try {
    await admin.ask('GET', '/api/me')
    await until('renewed', () => Date.now() - Number(sql(file, 'SELECT used_at FROM session')) < hours)
  } finally {
    await server.end()
  }
})

// Real conversations through real sockets: visitors and consultants write what people once wrote,
// many at a time, over lines that break, with everything unacknowledged sent again. Afterwards each
// message stands once, in order, byte for byte, and Today's figures are those counted here.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { FULL, chance, together } from '../lib/chance.mjs'
import { DeskRobot, VisitorRobot, insist } from '../lib/robots.mjs'
import { startServer } from '../lib/server.mjs'

const COUNT = FULL ? 240 : 24
const WIDTH = 16
const FILE = path.join(process.env.LAIYU_SHARED ?? '/nowhere', 'data/dialogues/dialmed_dev.jsonl')
const missing = !existsSync(FILE)
if (missing && process.env.CI === 'true') throw new Error(`${FILE} is missing`)

const SOURCES = [
  { referrer: '', channel: 'direct', engine: '' },
  { referrer: 'https://www.baidu.com/', channel: 'search', engine: 'baidu' },
  { referrer: 'https://www.sogou.com/web?query=%E8%83%83%E7%97%9B', channel: 'search', engine: 'sogou' },
  { referrer: 'https://news.example.cn/a/1', channel: 'link', engine: '' },
]
const PHONES = ['13812345678', '15900001111', '18677778888']
const mask = (text) => text.replace(/1\d{10}/g, (p) => `${p.slice(0, 3)}****${p.slice(-4)}`)

/** [{ who, text }] of one line: the speaker stands before each turn. */
function turnsOf(line) {
  return JSON.parse(line).original_dialog.map((turn) => {
    const [, who, text] = /^(患者|医生)：([^]*)$/.exec(turn)
    return { who: who === '患者' ? 'visitor' : 'agent', text }
  })
}

/** Runs of the same speaker, who writes without waiting. */
function runsOf(turns) {
  const runs = []
  for (const { who, text } of turns) {
    if (runs.at(-1)?.who === who) runs.at(-1).texts.push(text)
    else runs.push({ who, texts: [text] })
  }
  return runs
}

if (missing) it('real conversations', { skip: 'the shared data are not here' }, () => undefined)
else describe('real conversations', () => {
  let random, server, admin, supervisor, site, desks, byCode
  const talks = []

  before(async () => {
    random = chance('dialogues')
    server = await startServer()
    admin = await server.admin()
    // A day that does not end while this runs.
    const late = (new Date().getUTCHours() + 8) % 24 === 23
    site = await admin.ask('POST', '/api/sites', {
      name: 'Real words',
      origins: ['http://clinic.test'],
      time_zone: late ? 'UTC' : 'Asia/Shanghai',
      institution: 'Clinic',
    })
    supervisor = await admin.colleague('super', 'supervisor')
    desks = []
    for (const login of ['anna', 'bella', 'chen']) {
      const robot = new DeskRobot(await admin.colleague(login, 'agent'), random)
      await robot.connect()
      desks.push(robot)
    }
    byCode = new Map()
    for (const dimension of admin.me.dimensions)
      for (const label of dimension.labels)
        byCode.set(label.code, { dimension_id: dimension.id, label_id: label.id })
  })

  after(async () => {
    for (const robot of [...(desks ?? []), ...talks.map((talk) => talk.visitor)]) await robot.stop()
    await server?.end()
  })

  async function mark(client, talk, code) {
    const { dimension_id, label_id } = byCode.get(code)
    const at = `/api/conversations/${talk.visitor.conversation}/marks`
    await insist(random, () => client.ask('POST', at, { dimension_id, label_id }))
    talk.marks.set(dimension_id, label_id)
  }

  async function markAll(talk) {
    const client = talk.answered ? talk.desk.client : supervisor
    if (random() < 0.7) await mark(client, talk, random.pick(['none', 'info', 'phone', 'booked']))
    if (random() < 0.3) await mark(client, talk, random.pick(['phone', 'booked'])) // and once more
    if (random() < 0.6)
      await mark(client, talk, random.pick(['outside', 'suspected', 'confirmed', 'returning']))
    if (random() < 0.6) await mark(client, talk, random.pick(['invalid', 'lost', 'broken', 'completed']))
  }

  async function replay(line, index) {
    const source = SOURCES[index % SOURCES.length]
    const desk = random.pick(desks)
    const visitor = new VisitorRobot(server, site, random)
    // Every sixth is never answered: of it only the visitor's words are said.
    const answered = index % 6 !== 5
    const talk = { visitor, desk, source, answered, said: [], marks: new Map(), closed: false }
    talks.push(talk)
    let turns = turnsOf(line)
    if (random() < 0.3)
      turns.push({ who: 'visitor', text: `我的电话是${random.pick(PHONES)}，下午打。` })
    if (!answered) turns = turns.filter((turn) => turn.who === 'visitor')
    await visitor.side.view({ referrer: source.referrer, url: `http://clinic.test/p${index % 7}` })
    await visitor.connect()
    await visitor.frame('open', { url: visitor.side.url, title: '咨询', anchor: 'top' })
    await visitor.frame('consent', { consent: 'granted' })
    for (const { who, texts } of runsOf(turns)) {
      const acks =
        who === 'visitor'
          ? await visitor.say(...texts)
          : await desk.say(visitor.conversation, ...texts)
      texts.forEach((text, i) => talk.said.push({ who, text, ...acks[i] }))
    }
    await markAll(talk)
    talk.closed = random() < 0.7
    if (talk.closed && answered && random() < 0.5)
      await desk.client.ask('POST', `/api/conversations/${visitor.conversation}/close`, {})
    else if (talk.closed) await visitor.frame('end', {})
    await visitor.caughtUp(talk.said.length)
  }

  it('are said, over lines that break', async () => {
    const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean)
    const first = random.below(lines.length - COUNT)
    await together(lines.slice(first, first + COUNT), WIDTH, replay)
    assert.equal(talks.length, COUNT)
    const all = [...desks, ...talks.map((talk) => talk.visitor)]
    const sum = (name) => all.reduce((n, robot) => n + robot[name], 0)
    const said = talks.reduce((n, talk) => n + talk.said.length, 0)
    console.log(`# ${said} messages, ${sum('cuts')} cuts, ${sum('resends')} resends`)
    assert.ok(sum('cuts') >= COUNT / 4 && sum('resends') >= COUNT / 4)
  })

  it('each message has its own number, without a gap', () => {
    for (const { said } of talks)
      assert.deepEqual(said.map((m) => m.number), said.map((_, i) => i + 1))
  })

  it('the visitor saw each message once, in order, byte for byte', () => {
    for (const { visitor, said } of talks) {
      assert.deepEqual(visitor.wrong, [])
      const seen = visitor.stream.map((m) => [m.number, m.sender, m.text, m.at])
      assert.deepEqual(seen, said.map((m) => [m.number, m.who, m.text, m.at]))
    }
  })

  it('every desk saw each message once, in order, with phones masked', async () => {
    for (const desk of desks) {
      for (const { visitor, said } of talks) {
        const id = visitor.conversation
        await desk.caughtUp(id, said.length)
        const seen = desk.thread(id).map((m) => [m.number, m.sender, m.text, m.at])
        assert.deepEqual(seen, said.map((m) => [m.number, m.who, mask(m.text), m.at]))
      }
      assert.deepEqual(desk.wrong, [])
    }
  })

  it('the store holds each message once, in order, byte for byte', async () => {
    await together(talks, 8, async ({ visitor, desk, said, answered }) => {
      const id = visitor.conversation
      const { messages, contacts } = await supervisor.ask('POST', `/api/conversations/${id}/reveal`, {})
      assert.deepEqual(
        messages.map((m) => [m.number, m.sender, m.text, m.at]),
        said.map((m) => [m.number, m.who, m.text, m.at]),
      )
      assert.equal(new Set(messages.map((m) => m.key)).size, said.length)
      const { user } = desk.client.me
      for (const m of messages) assert.equal(m.agent_id, m.sender === 'agent' ? user.id : null)
      const phones = said.filter((m) => m.who === 'visitor').flatMap((m) => m.text.match(/1\d{10}/g) ?? [])
      assert.deepEqual(contacts.map((c) => c.value).sort(), [...new Set(phones)].sort())
      const { conversation } = await supervisor.ask('GET', `/api/conversations/${id}`)
      assert.equal(conversation.last_number, said.length)
      assert.equal(conversation.agent_id, answered ? user.id : null)
    })
  })

  /** Version 1 of the definitions, counted from what was said here. */
  function figuresOf(list) {
    const conversion = admin.me.dimensions.find((d) => d.code === 'conversion')
    const has = (talk, ...codes) =>
      codes.some((code) => talk.marks.get(conversion.id) === byCode.get(code).label_id)
    const by = (who) => (talk) => talk.said.find((m) => m.who === who)
    const first = (talk, who) => Date.parse(by(who)(talk).at)
    const responses = list
      .filter((talk) => by('visitor')(talk) && by('agent')(talk))
      .map((talk) => first(talk, 'agent') - first(talk, 'visitor'))
      .filter((ms) => ms >= 0)
      .sort((a, b) => a - b)
    const n = responses.length
    return {
      conversations: list.length,
      answered: list.filter(by('agent')).length,
      lost: list.filter((talk) => by('visitor')(talk) && !by('agent')(talk)).length,
      phones: list.filter((talk) => has(talk, 'phone', 'booked')).length,
      booked: list.filter((talk) => has(talk, 'booked')).length,
      unmarked: list.filter((talk) => talk.marks.size < 3).length,
      first_response_avg_ms: n ? Math.round(responses.reduce((a, b) => a + b, 0) / n) : null,
      first_response_p90_ms: n ? responses[Math.ceil(0.9 * n) - 1] : null,
      within_30s: responses.filter((ms) => ms <= 30_000).length,
      visitors: list.length,
    }
  }

  const only = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]))

  it("today's figures are those counted here", async () => {
    const today = await supervisor.ask('GET', '/api/today', undefined, { query: { site: site.id } })
    assert.deepEqual(today.now, figuresOf(talks))
    assert.equal(today.before.conversations, 0)
    assert.equal(today.attention.waiting, talks.filter((t) => !t.answered && !t.closed).length)
    const hours = today.hours.reduce((n, hour) => n + (hour.now ?? 0), 0)
    assert.equal(hours, talks.length)
    assert.ok(talks.some((t) => !t.answered))
  })

  it("today's parts are those counted here, and add up", async () => {
    const today = await supervisor.ask('GET', '/api/today', undefined, { query: { site: site.id } })
    const names = ['conversations', 'answered', 'lost', 'phones', 'booked']
    const agentNames = [...names, 'first_response_avg_ms', 'unmarked']
    const groups = (keyOf) => {
      const found = new Map()
      for (const talk of talks)
        found.set(keyOf(talk), [...(found.get(keyOf(talk)) ?? []), talk])
      return found
    }
    const agents = groups((talk) => (talk.answered ? talk.desk.client.me.user.id : null))
    const sources = groups((talk) => `${talk.source.channel} ${talk.source.engine}`)
    assert.equal(today.agents.length, agents.size)
    for (const row of today.agents)
      assert.deepEqual(only(row, agentNames), only(figuresOf(agents.get(row.agent_id)), agentNames))
    assert.equal(today.sources.length, sources.size)
    for (const row of today.sources) {
      const list = sources.get(`${row.channel} ${row.engine}`)
      assert.ok(list, JSON.stringify(row))
      assert.deepEqual(only(row, names), only(figuresOf(list), names))
    }
    for (const row of today.marks) {
      const fits = (talk) => (talk.marks.get(row.dimension_id) ?? null) === row.label_id
      assert.equal(row.now, talks.filter(fits).length, JSON.stringify(row))
    }
  })

  it('each number opens its rows', async () => {
    const now = figuresOf(talks)
    const total = async (query) => {
      const list = await supervisor.ask('GET', '/api/conversations', undefined, {
        query: { site: site.id, total: 1, limit: 1, ...query },
      })
      return list.total
    }
    for (const name of ['answered', 'lost', 'phones', 'booked'])
      assert.equal(await total({ only: name }), now[name], name)
    assert.equal(await total({ unmarked: 'any' }), now.unmarked)
    assert.equal(await total({ only: 'counted' }), now.conversations)
  })

  it('nothing is lost, doubled or changed by a restart', async () => {
    await server.stop()
    await server.start()
    await supervisor.login('super', supervisor.password)
    await together(talks.slice(0, 40), 8, async ({ visitor, said }) => {
      const at = `/api/conversations/${visitor.conversation}/reveal`
      const { messages } = await supervisor.ask('POST', at, {})
      assert.deepEqual(messages.map((m) => [m.number, m.text]), said.map((m) => [m.number, m.text]))
    })
  })
})

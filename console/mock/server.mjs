// A small stand-in for the server while working on the screens: plausible answers, nothing kept.
//   node console/mock/server.mjs [--port 18131] [--empty] [--quiet]
// Serves console/dist too, if it has been built, under the strict policy the real one sends.
// Accounts: admin zhou he wu xu gao (password: any), new (must change), slow (too many tries).
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { WebSocketServer } from 'ws'
import * as d from './data.mjs'

const arg = (name) => process.argv.includes(`--${name}`)
const port = Number(process.argv[process.argv.indexOf('--port') + 1]) || 18131
const empty = arg('empty')
if (empty) { d.live.length = 0; d.canned.length = 0 } else d.fill()
const sessions = new Map()
const sockets = new Set()
const now = () => new Date().toISOString()
const audit = Array.from({ length: 80 }, (_, i) => ({ n: 80 - i, at: d.ago(i * 700), actor: 'user:1', actor_name: i % 3 ? '顾文' : '周宁', act: ['login', 'reveal', 'mark_set', 'site_change'][i % 4], subject: `conversation:${7001 + i}`, detail: { ip: '10.0.0.8', fields: ['greeting_zh'] } }))
const history = []

class Refused extends Error { constructor(status, code, message, more = {}) { super(message); Object.assign(this, { status, code, more }) } }
const user = (req) => d.users.find((u) => u.id === sessions.get(/laiyu=(\w+)/.exec(req.headers.cookie ?? '')?.[1]))
const me = (u) => ({ user: u, csrf: 'mock-csrf', permissions: d.permissions[u.role], own_only: false, server_time: now(), version: '0.1.0', sites: d.sites, dimensions: d.dimensions, colleagues: d.users.map(({ id, name, role, disabled }) => ({ id, name, role, disabled })), demo: true })
function push(frame) { for (const ws of sockets) ws.send(JSON.stringify(frame)) }
function changed(c) { c.seq = d.nextSeq(); push({ t: 'conversation', ...c }); return c }
const find = (id) => d.conversations.find((c) => c.id === id) ?? (() => { throw new Refused(404, 'conversation_missing', '没有这条对话') })()
function said(c, sender, text, key, who) { const m = d.say(c, sender, text, 0, key, who); push({ t: 'message', conversation: c.id, seq: c.seq, message: m }); changed(c); return m }
const label = (c, dim) => c.marks.find((m) => m.dimension_id === dim)?.label_id
const counted = (c) => c.started_at
const ONLY = { counted: (c) => c.started_at, answered: (c) => c.agent_count > 0, lost: (c) => c.visitor_count > 0 && !c.agent_count, phones: (c) => ['33', '34'].includes(label(c, '3')), booked: (c) => label(c, '3') === '34', form: (c) => c.origin === 'form', waiting: (c) => c.state === 'waiting' }
const unmarked = (c, what) => d.dimensions.some((x) => (what === 'any' || what === x.id) && !label(c, x.id))

function filter(q) {
  const labels = (q.get('label') ?? '').split(',').filter(Boolean)
  return d.conversations.filter((c) => {
    const at = Date.parse(c.started_at ?? c.opened_at)
    if (q.get('from') && at < Date.parse(q.get('from'))) return false
    if (q.get('to') && at >= Date.parse(q.get('to'))) return false
    for (const [k, v] of [['site', c.site_id], ['state', c.state], ['visitor', c.visitor_id], ['channel', c.source.channel], ['engine', c.source.engine]]) if (q.get(k) && q.get(k) !== v) return false
    if (q.get('agent') && (q.get('agent') === 'none' ? c.agent_id : q.get('agent') !== c.agent_id)) return false
    if (q.get('only') && !ONLY[q.get('only')](c)) return false
    if (q.get('unmarked') && !unmarked(c, q.get('unmarked'))) return false
    for (const dim of d.dimensions) { const of = labels.filter((l) => dim.labels.some((x) => x.id === l)); if (of.length && !of.includes(label(c, dim.id))) return false }
    const s = (q.get('search') ?? '').toLowerCase()
    return !s || [c.id, c.visitor_code, c.chat_url, c.chat_title, c.source.host].some((x) => x.toLowerCase().includes(s))
  }).sort((a, b) => (b.started_at ?? b.opened_at).localeCompare(a.started_at ?? a.opened_at))
}
const DAY = 86400000
const midnight = (t) => Math.floor((t + 8 * 3600000) / DAY) * DAY - 8 * 3600000
function figures(rows) {
  const times = rows.map((c) => c.first_response_ms).filter((x) => x !== null).sort((a, b) => a - b)
  const n = (f) => rows.filter(f).length
  return { conversations: rows.length, answered: n(ONLY.answered), lost: n(ONLY.lost), phones: n(ONLY.phones), booked: n(ONLY.booked), unmarked: n((c) => unmarked(c, 'any')), first_response_avg_ms: times.length ? Math.round(times.reduce((a, b) => a + b, 0) / times.length) : null, first_response_p90_ms: times.length ? times[Math.ceil(0.9 * times.length) - 1] : null, within_30s: times.filter((x) => x <= 30000).length, visitors: rows.length * 14 }
}
function today(q) {
  const start = q.get('day') ? Date.parse(`${q.get('day')}T00:00:00+08:00`) : midnight(Date.now())
  const until = Math.min(Date.now(), start + DAY)
  const of = (from, to) => d.conversations.filter((c) => counted(c) && Date.parse(c.started_at) >= from && Date.parse(c.started_at) < to && (!q.get('site') || c.site_id === q.get('site')))
  const rows = of(start, until); const before = of(start - DAY, until - DAY); const allBefore = of(start - DAY, start)
  const hour = (c, from) => Math.floor((Date.parse(c.started_at) - from) / 3600000)
  const group = (key) => [...new Set(rows.map(key))].map((k) => [k, rows.filter((c) => key(c) === k)]).sort((a, b) => b[1].length - a[1].length)
  const waiting = d.conversations.filter(ONLY.waiting)
  return { day: new Date(start + 8 * 3600000).toISOString().slice(0, 10), until: new Date(until).toISOString(), before_until: new Date(until - DAY).toISOString(), agent_id: null, time_zone: 'Asia/Shanghai', definition_version: 1, now: figures(rows), before: figures(before),
    hours: Array.from({ length: 24 }, (_, h) => ({ hour: h, now: start + h * 3600000 < until ? rows.filter((c) => hour(c, start) === h).length : null, before: allBefore.filter((c) => hour(c, start - DAY) === h).length, lost: rows.filter((c) => hour(c, start) === h && ONLY.lost(c)).length })),
    marks: d.dimensions.flatMap((x) => [...x.labels.map((l) => l.id), null].map((l) => ({ dimension_id: x.id, label_id: l, now: rows.filter((c) => (label(c, x.id) ?? null) === l).length, before: before.filter((c) => (label(c, x.id) ?? null) === l).length }))),
    agents: group((c) => c.agent_id).map(([k, r]) => { const f = figures(r); return { agent_id: k, name: d.users.find((u) => u.id === k)?.name ?? '', ...f } }),
    sources: group((c) => `${c.source.channel}/${c.source.engine}`).map(([k, r]) => { const f = figures(r); const [channel, engine] = k.split('/'); return { channel, engine, conversations: f.conversations, answered: f.answered, lost: f.lost, phones: f.phones, booked: f.booked } }),
    attention: { waiting: waiting.length, longest_wait_ms: waiting.length ? Date.now() - Math.min(...waiting.map((c) => Date.parse(c.unanswered_since))) : null, lost: rows.filter(ONLY.lost).length, unmarked: rows.filter((c) => c.state === 'closed' && unmarked(c, 'any')).length, messages_left: d.conversations.filter(ONLY.form).length } }
}
const FULL = { phone: '13812340426', name: '林' }
const contacts = (c) => (c.contacts ? [{ id: '1', kind: 'phone', masked: '138****0426', number: 3, at: c.started_at }, { id: '2', kind: 'name', masked: '林*', number: 3, at: c.started_at }] : [])

const R = [
  ['POST', '/api/logout', () => ({ ok: true })], ['POST', '/api/logout-everywhere', () => ({ ok: true })],
  ['GET', '/api/me', ({ u }) => me(u)], ['PATCH', '/api/me', ({ u, body }) => me(Object.assign(u, body))],
  ['POST', '/api/me/password', ({ u, body }) => { if (body.old === 'wrong') throw new Refused(422, 'password_wrong', '当前密码不对', { field: 'old' }); u.must_change = false; return { csrf: 'mock-csrf' } }],
  ['GET', '/api/users', () => ({ users: d.users, roles: Object.keys(d.permissions).map((code) => ({ code, own_only: false, permissions: d.permissions[code] })) })],
  ['POST', '/api/users', ({ body }) => { if (d.users.some((x) => x.login === body.login)) throw new Refused(409, 'login_taken', '这个账号已经有人用了', { field: 'login' }); const x = { id: String(d.users.length + 1), language: 'zh', disabled: false, must_change: true, created_at: now(), ...body }; d.users.push(x); return { user: x, first_password: 'kr4m7wq2hx' } }],
  ['PATCH', '/api/users/:id', ({ p, body }) => { const x = d.users.find((y) => y.id === p); const { reset_password, ...rest } = body; Object.assign(x, rest); return { user: x, first_password: reset_password ? 'n8ty3vdq6z' : null } }],
  ['PATCH', '/api/roles/:id', ({ p, body }) => ({ code: p, own_only: body.own_only, permissions: d.permissions[p] })],
  ['GET', '/api/sites', () => ({ sites: d.sites })],
  ['POST', '/api/sites', ({ body }) => { const x = { ...d.sites[0], id: String(d.sites.length + 1), key: 'sqnew1', origins: [], ...body }; d.sites.push(x); return x }],
  ['PATCH', '/api/sites/:id', ({ p, body }) => { const x = d.sites.find((y) => y.id === p); const { settings, ...rest } = body; Object.assign(x, rest); Object.assign(x.settings, settings); return x }],
  ['GET', '/api/dimensions', () => ({ dimensions: d.dimensions })],
  ['GET', '/api/canned', () => ({ canned: d.canned })],
  ['POST', '/api/canned', ({ body }) => { const x = { id: String(Date.now()), site_id: null, shortcut: '', position: 0, ...body }; d.canned.push(x); return x }],
  ['PATCH', '/api/canned/:id', ({ p, body }) => Object.assign(d.canned.find((x) => x.id === p), body)],
  ['DELETE', '/api/canned/:id', ({ p }) => { d.canned.splice(d.canned.findIndex((x) => x.id === p), 1); return { ok: true } }],
  ['GET', '/api/visitors', () => ({ visitors: d.live, total: empty ? 0 : 38 })],
  ['PATCH', '/api/visitors/:id', ({ p, body }) => { for (const c of d.conversations.filter((x) => x.visitor_id === p)) { if (body.name !== undefined) c.visitor_name = body.name; if (body.note !== undefined) c.note = body.note; changed(c) } return { ok: true } }],
  ['POST', '/api/visitors/:id/invite', ({ p }) => { const v = d.live.find((x) => x.visitor_id === p); if (v) v.invited = 'shown'; return { ok: true } }],
  ['POST', '/api/visitors/:id/erase', () => ({ ok: true })],
  ['GET', '/api/conversations', ({ q }) => { const all = filter(q); const from = Number(q.get('cursor') ?? 0); const n = Number(q.get('limit') ?? 50); return { conversations: all.slice(from, from + n), next: from + n < all.length ? String(from + n) : null, total: q.get('total') ? all.length : null } }],
  ['GET', '/api/conversations/:id', ({ p }) => { const c = find(p); return { conversation: c, messages: d.messages.get(p), contacts: contacts(c), visitor: d.visitorOf(c) } }],
  ['GET', '/api/conversations/:id/messages', ({ p, q }) => ({ messages: d.messages.get(p).filter((m) => m.number > Number(q.get('after') ?? 0)), last_number: find(p).last_number, seq: find(p).seq })],
  ['POST', '/api/conversations/:id/take', ({ p, u }) => { const c = find(p); if (c.state === 'active' && c.agent_id === u.id) return c; Object.assign(c, { state: 'active', agent_id: u.id, taken_at: now() }); c.started_at ??= now(); return changed(c) }],
  ['POST', '/api/conversations/:id/close', ({ p }) => changed(Object.assign(find(p), { state: 'closed', closed_at: now(), ended_by: 'agent', end_reason: 'agent_closed', unanswered_since: null }))],
  ['POST', '/api/conversations/:id/marks', ({ p, u, body }) => { const c = find(p); history.unshift({ c: p, dimension_id: body.dimension_id, from_label: label(c, body.dimension_id) ?? null, to_label: body.label_id, by: u.id, by_name: u.name, at: now() }); c.marks = c.marks.filter((m) => m.dimension_id !== body.dimension_id); if (body.label_id) c.marks.push({ dimension_id: body.dimension_id, label_id: body.label_id, by: u.id, at: now() }); return changed(c) }],
  ['GET', '/api/conversations/:id/marks', ({ p }) => ({ history: history.filter((h) => h.c === p) })],
  ['POST', '/api/conversations/:id/reveal', ({ p }) => { const c = find(p); return { messages: d.messages.get(p).map((m) => ({ ...m, text: m.text.replace('138****0426', FULL.phone) })), contacts: contacts(c).map(({ masked, ...x }) => ({ ...x, value: FULL[x.kind] })) } }],
  ['GET', '/api/today', ({ q }) => today(q)],
  ['GET', '/api/audit', ({ q }) => { const from = Number(q.get('cursor') ?? 0); return { rows: empty ? [] : audit.slice(from, from + 30), next: !empty && from + 30 < audit.length ? String(from + 30) : null } }],
  ['POST', '/api/audit/check', () => ({ rows: 80, broken_at: null })],
].map(([method, path, run]) => ({ method, match: new RegExp(`^${path.replace(':id', '([\\w-]+)')}$`), run }))

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
function file(name, res) {
  const at = new URL(`../dist/${name}`, import.meta.url)
  if (!extname(name)) return file('index.html', res)
  if (name.includes('..') || !existsSync(at)) { res.writeHead(404); return res.end() }
  res.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY })
  return res.end(readFileSync(at))
}

const server = createServer((req, res) => {
  let text = ''
  req.on('data', (x) => { text += x })
  req.on('end', () => {
    const url = new URL(req.url, 'http://x')
    const send = (status, body, headers = {}) => { res.writeHead(status, { 'Content-Type': 'application/json', ...headers }); res.end(JSON.stringify(body)) }
    try {
      const body = text ? JSON.parse(text) : {}
      if (req.method === 'POST' && url.pathname === '/api/login') {
        if (body.login === 'slow') throw new Refused(429, 'login_backoff', '试得太多，请 8 秒后再试', { retry_after: 8 })
        const u = d.users.find((x) => x.login === body.login)
        if (!u || body.password === 'wrong') throw new Refused(401, 'login_wrong', '账号或密码不对')
        const token = Math.random().toString(36).slice(2)
        sessions.set(token, u.id)
        return send(200, me(u), { 'Set-Cookie': `laiyu=${token}; HttpOnly; Path=/` })
      }
      if (url.pathname.startsWith('/console/')) return file(url.pathname.slice(9) || 'index.html', res)
      const u = user(req)
      if (!u) throw new Refused(401, 'signed_out', '请先登录')
      if (url.pathname === '/api/conversations.csv') { res.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="conversations.csv"' }); return res.end('\ufeffid\n') }
      const r = R.find((x) => x.method === req.method && x.match.test(url.pathname))
      if (!r) throw new Refused(404, 'missing', '没有这个地址')
      return send(200, r.run({ u, body, q: url.searchParams, p: r.match.exec(url.pathname)[1] }))
    } catch (e) {
      if (!(e instanceof Refused)) console.error(e)
      return send(e.status ?? 500, { code: e.code ?? 'bug', message: e.message, field: null, retry_after: null, ...e.more })
    }
  })
})
const wss = new WebSocketServer({ server, path: '/api/live' })
wss.on('connection', (ws, req) => {
  const u = user(req)
  const send = (x) => ws.send(JSON.stringify(x))
  ws.on('close', () => sockets.delete(ws))
  ws.on('message', (raw) => {
    const f = JSON.parse(raw)
    if (!u) return send({ t: 'error', re: f.re, code: 'signed_out', message: '请先登录' })
    if (f.t === 'hello') {
      sockets.add(ws)
      return send({ t: 'ok', re: f.re, seq: d.nextSeq(), whole: !f.since, server_time: now(), conversations: d.conversations.filter((c) => (c.state !== 'closed' || (c.agent_id === u.id && Date.parse(c.closed_at) > Date.now() - 3600000)) && c.seq > f.since) })
    }
    if (f.t !== 'say') return f.re && send({ t: 'ok', re: f.re, ok: true })
    const c = d.conversations.find((x) => x.id === f.conversation)
    if (f.text.includes('refuse')) return send({ t: 'error', re: f.re, code: 'refused', message: '这条不能发' })
    const old = d.messages.get(c.id).find((m) => m.key === f.key)
    const m = old ?? said(c, 'agent', f.text, f.key, u)
    send({ t: 'ok', re: f.re, number: m.number, key: m.key, at: m.at })
    if (arg('quiet')) return
    setTimeout(() => changed(Object.assign(c, { visitor_read: c.last_number })), 1500)
    setTimeout(() => push({ t: 'typing', conversation: c.id, text: '那挂号费大概多少，能不能用医' }), 2500)
    setTimeout(() => said(c, 'visitor', '那挂号费大概多少，能不能用医保？'), 5000)
  })
})
server.listen(port, '127.0.0.1', () => console.log(`mock on http://127.0.0.1:${port}`))

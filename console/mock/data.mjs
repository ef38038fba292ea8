// Invented data for the mock: a skin clinic that does not exist, its visitors, its words.
export const ago = (s) => new Date(Date.now() - s * 1000).toISOString()
const settings = { institution: '松泉皮肤病医院', greeting_zh: '您好，这里是松泉皮肤病医院在线咨询。', greeting_en: 'Hello, this is the consulting desk of Songquan.', invitation_zh: '需要帮您看看排班吗？', invitation_en: 'Shall we look at the schedule for you?', invite_after: 45, purpose_zh: '用于本次咨询与预约联系', purpose_en: 'for this consultation and booking', retention_days: 180, privacy_url: 'https://www.songquan.example/privacy', close_after: 900, hours_zh: '每天 8:00–22:00', hours_en: '8:00–22:00 every day', emergency_zh: '呼吸困难或大面积水肿请立即拨打 120', emergency_en: 'Trouble breathing or wide swelling: call 120 now' }
export const sites = [
  { id: '1', key: 'sq7k2m', name: '松泉主站', origins: ['https://www.songquan.example', 'https://m.songquan.example'], time_zone: 'Asia/Shanghai', settings, retired: false, created_at: ago(86400 * 200), install: '<script async src="https://laiyu.example/w.js" data-site="sq7k2m"></script>' },
  { id: '2', key: 'sq9p4x', name: '松泉儿童门诊', origins: [], time_zone: 'Asia/Shanghai', settings: { ...settings, institution: '松泉儿童皮肤门诊' }, retired: false, created_at: ago(86400 * 40), install: '<script async src="https://laiyu.example/w.js" data-site="sq9p4x"></script>' },
]
const L = (id, code, name_zh, name_en, short_zh, short_en, color, shortcut) => ({ id, code, name_zh, name_en, short_zh, short_en, color, shortcut })
export const dimensions = [
  { id: '1', code: 'patient', name_zh: '患者属性', name_en: 'Patient', labels: [L('11', 'outside', '非患者', 'Not a patient', '非', 'N', 'outside', '1'), L('12', 'suspected', '疑似患者', 'Suspected', '疑', 'S', 'suspected', '2'), L('13', 'confirmed', '确诊患者', 'Confirmed', '确', 'C', 'confirmed', '3'), L('14', 'returning', '复诊患者', 'Returning', '复', 'R', 'returning', '4')] },
  { id: '2', code: 'outcome', name_zh: '对话类型', name_en: 'Outcome', labels: [L('21', 'invalid', '无效', 'Invalid', '无效', 'Invalid', '', 'Q'), L('22', 'lost', '遗失', 'Lost', '遗失', 'Lost', '', 'W'), L('23', 'broken', '非正常结束', 'Broken off', '非正常', 'Broken', '', 'E'), L('24', 'completed', '正常结束', 'Completed', '正常', 'Done', '', 'R')] },
  { id: '3', code: 'conversion', name_zh: '转化质量', name_en: 'Conversion', labels: [L('31', 'none', '无', 'None', '○', '○', '', 'A'), L('32', 'info', '有效信息', 'Information', '◔', '◔', '', 'S'), L('33', 'phone', '套电', 'Phone', '◑', '◑', '', 'D'), L('34', 'booked', '已预约', 'Booked', '●', '●', '', 'F')] },
]
const ALL = ['chat', 'mark', 'see_conversations', 'see_today', 'see_contacts', 'export', 'supervise', 'edit_texts', 'admin', 'erase', 'audit']
export const permissions = { agent: ALL.slice(0, 5), supervisor: ALL.slice(0, 8), marketing: ['see_conversations', 'see_today', 'export'], desk: ['see_conversations', 'see_today', 'see_contacts'], onsite: ['see_conversations', 'see_contacts'], care: ['see_conversations', 'see_contacts'], manager: ['see_conversations', 'see_today', 'export'], admin: ALL }
const U = (id, login, name, role, more = {}) => ({ id, login, name, role, language: 'zh', disabled: false, must_change: false, created_at: ago(86400 * (300 - Number(id) * 20)), ...more })
export const users = [U('1', 'admin', '顾文', 'admin'), U('2', 'zhou', '周宁', 'agent'), U('3', 'he', '何苗', 'agent'), U('4', 'wu', '吴桐', 'agent'), U('5', 'xu', '许晴', 'supervisor'), U('6', 'new', '方远', 'agent', { must_change: true }), U('7', 'su', '苏禾', 'agent', { disabled: true }), U('8', 'gao', '高澜', 'manager')]
export const canned = [
  ['挂号费用', 'ghfy', '初诊挂号费 30 元，复诊 15 元；检查费按实际项目，做之前医生会先告诉您。'], ['挂号流程', 'ghlc', '到院后一楼前台报手机尾号取号，二楼候诊；第一次来请带身份证。'], ['改号退号', 'ghth', '就诊前 2 小时可以改期或取消，直接在这里告诉我们就行。'], ['来院路线', 'lylx', '地铁 3 号线松泉站 2 号口出，向东步行 300 米。\n停车从南门进。'], ['报告带上', 'bgds', '之前的检查报告和用过的药请一起带来，医生会参考。'], ['稍等', 'sd', '请稍等，我查一下排班马上回复您。'],
].map(([title, shortcut, body], i) => ({ id: String(i + 1), site_id: i === 3 ? '1' : null, title, shortcut, body, position: i * 10 }))

const PAGES = [['/eczema/hand', '手部湿疹科普'], ['/eczema/clinic', '湿疹门诊介绍'], ['/doctor/schedule', '医生排班'], ['/route', '来院路线'], ['/urticaria', '荨麻疹科普'], ['/night', '夜间门诊说明'], ['/acne', '痤疮门诊'], ['/price', '收费说明']]
const REGIONS = ['苏州', '无锡', '常州', '南通', '上海', '昆山', '湖州']
const SOURCES = [['ad', 'baidu', 'www.baidu.com', '', '手部湿疹怎么治'], ['ad', '360', 'www.so.com', '', '荨麻疹医院'], ['search', 'sogou', 'www.sogou.com', '夜间皮肤科 苏州', ''], ['search', 'bing', 'cn.bing.com', '', ''], ['direct', '', '', '', ''], ['social', 'xiaohongshu', 'www.xiaohongshu.com', '', ''], ['ai', 'doubao', 'www.doubao.com', '', ''], ['link', '', 'health.example', '', ''], ['unknown', '', '', '', '']]
const FIRST = ['半夜痒得睡不着，现在有人吗', '想改一下周六的预约', '孩子手上起小水泡，会不会传染？', '你们地铁几号线到？', '湿疹能治好吗，要多少钱', '请问周六上午皮肤科还有号吗', '脸上长了红疹子，两周了不退', '荨麻疹反复发作三年了']
const TALK = [['visitor', '请问周六上午皮肤科还有号吗'], ['agent', '周六上午皮肤科还有 3 个号：8:30、9:10、10:20，之前的报告请带上。'], ['visitor', '9:10 可以的，电话 138****0426，姓林'], ['agent', '收到，先帮您留 9:10。到院后在一楼前台报手机尾号就可以。'], ['visitor', '好，我外地过来，大概要在那边待多久'], ['agent', '初诊一般一个上午：挂号、医生面诊，需要做检查的话当天能出结果。\n<b>如果路上有变化</b>直接在这里告诉我。']]
let id = 7000
let seed = 7
export const rnd = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor((seed / 2147483648) * n) }
const pick = (a) => a[rnd(a.length)]
const code = () => '0123456789ABCDEF'.split('').sort(() => rnd(3) - 1).slice(0, 4).join('')
export function source(i = rnd(SOURCES.length)) {
  const [channel, engine, host, search_term, bid_keyword] = SOURCES[i]
  return { channel, engine, host, search_term, bid_keyword, provenance: bid_keyword ? 'utm_term' : engine ? 'referrer' : '', landing_url: `https://www.songquan.example${pick(PAGES)[0]}?bd_vid=98${rnd(99999)}`, landing_cut: false, referrer: host ? `https://${host}/` : '', referrer_cut: false }
}
export const device = () => ({ kind: pick(['phone', 'phone', 'phone', 'desktop', 'tablet']), os: 'Android 14', browser: 'Chrome 126', language: 'zh-CN', screen: '390x844', region: pick(REGIONS) })
const mark = (dim, label, by) => ({ dimension_id: dim, label_id: label, by, at: ago(300) })
export const messages = new Map()
let seq = 100
export const nextSeq = () => ++seq
export function conversation(state, agent, startedAgo, over = {}) {
  const page = pick(PAGES)
  const c = { id: String(++id), seq: nextSeq(), site_id: '1', visitor_id: String(id + 5000), visitor_code: code(), visitor_name: '', state, agent_id: agent, origin: 'chat', opened_at: ago(startedAgo + 20), started_at: ago(startedAgo), taken_at: agent ? ago(startedAgo - 9) : null, closed_at: state === 'closed' ? ago(Math.max(5, startedAgo - 700)) : null, ended_by: state === 'closed' ? 'agent' : null, end_reason: state === 'closed' ? 'agent_closed' : 'none', last_number: 0, last_at: null, last_from: null, last_text: '', unanswered_since: null, visitor_count: 0, agent_count: 0, first_visitor_at: ago(startedAgo), first_agent_at: null, first_response_ms: null, visitor_read: 0, consent: pick(['granted', 'granted', 'unasked', 'refused']), consent_at: ago(startedAgo - 5), kept: true, source: source(), chat_url: `https://www.songquan.example${page[0]}`, chat_title: page[1], anchor: rnd(2) ? '问排班' : '', device: device(), marks: [], contacts: 0, online: state !== 'closed', ...over }
  const lines = over.lines ?? (state === 'waiting' ? [['visitor', pick(FIRST)]] : TALK.slice(0, 2 + rnd(5)))
  delete c.lines
  messages.set(c.id, [])
  lines.forEach(([sender, text], i) => say(c, sender, text, startedAgo - i * Math.min(70, startedAgo / (lines.length + 1))))
  if (state === 'waiting') c.unanswered_since = c.last_at
  if (over.unanswered_since !== undefined) c.unanswered_since = over.unanswered_since
  return c
}
export function say(c, sender, text, secondsAgo = 0, key = `k${Math.random()}`, who = null) {
  const list = messages.get(c.id)
  const m = { number: list.length + 1, key, sender, agent_id: sender === 'agent' ? who?.id ?? c.agent_id : null, name: sender === 'agent' ? who?.name ?? users.find((u) => u.id === c.agent_id)?.name ?? '' : '', at: ago(secondsAgo), text, erased: false }
  list.push(m)
  Object.assign(c, { last_number: m.number, last_at: m.at, last_from: sender, last_text: text.slice(0, 40), seq: nextSeq() })
  if (sender === 'visitor') { c.visitor_count++; c.unanswered_since ??= m.at } else { c.agent_count++; c.unanswered_since = null; c.first_agent_at ??= m.at; c.first_response_ms ??= 4000 + rnd(40000) }
  return m
}
export const conversations = []
export function fill() {
  const add = (...a) => { const c = conversation(...a); conversations.push(c); return c }
  add('waiting', null, 47); add('waiting', null, 12, { marks: [mark('1', '14', '3')] })
  add('active', '2', 640, { marks: [mark('1', '12', '2')], lines: [['visitor', FIRST[2]], ['agent', '您好，先别着急，方便说一下多大的孩子吗？'], ['visitor', '四岁'], ['visitor', '昨天开始的，今天多了几个，幼儿园说先别去了，我有点担心，麻烦您帮我看看是去哪个科合适']], unanswered_since: ago(84) })
  add('active', '2', 900, { visitor_name: '林女士', marks: [mark('1', '13', '2'), mark('3', '33', '2')], lines: TALK, contacts: 2, visitor_read: 4, consent: 'granted', source: source(0), anchor: '问排班' })
  add('active', '2', 1300, { marks: [mark('1', '11', '2')], online: false }); add('active', '2', 400, { visitor_name: '陈先生', marks: [mark('1', '14', '2'), mark('3', '34', '2'), mark('2', '24', '2')] })
  for (let i = 0; i < 3; i++) add('active', '3', 200 + i * 100, { marks: i ? [mark('1', '13', '3')] : [] })
  for (let i = 0; i < 4; i++) add('active', '4', 300 + i * 60, { marks: [mark('1', ['14', '13', '11', '12'][i], '4')], unanswered_since: i === 1 ? ago(125) : undefined })
  add('opened', null, 30, { lines: [], started_at: null, first_visitor_at: null })
  add('closed', '2', 1500, { marks: [mark('1', '13', '2')] }); add('closed', '2', 2600, { marks: [mark('1', '13', '2'), mark('2', '24', '2'), mark('3', '34', '2')] })
  add('closed', null, 5000, { origin: 'form', end_reason: 'message_left', lines: [['visitor', '晚上看到的，想问孩子湿疹明天能不能挂上号']], contacts: 2 })
  for (let i = 0; i < 130; i++) {
    const lost = i % 17 === 0
    add('closed', lost ? null : pick(['2', '3', '4']), 3000 + i * 900 + rnd(800), lost ? { lines: [['visitor', pick(FIRST)]], end_reason: 'timeout', ended_by: 'system' } : { marks: i % 9 === 0 ? [] : [mark('1', pick(['11', '12', '13', '14']), '2'), mark('2', pick(['21', '22', '23', '24']), '2'), mark('3', pick(['31', '32', '33', '34']), '2')] })
  }
}
export const live = Array.from({ length: 14 }, (_, i) => ({ visitor_id: String(9000 + i), visit_id: String(9100 + i), code: code(), site_id: '1', name: '', online: true, conversation_id: null, url: `https://www.songquan.example${PAGES[i % 8][0]}`, title: PAGES[i % 8][1], page_since: ago(20 + i * 47), began_at: ago(400 + i * 60), pages: 1 + (i % 7), visits_before: i % 3, source: source(i % 9), device: device(), invited: ['no', 'no', 'refused', 'no', 'shown'][i % 5] }))
export function visitorOf(c) {
  const pages = PAGES.slice(0, 4).map(([url, title], i) => ({ n: i + 1, at: ago(1300 - i * 200), url: `https://www.songquan.example${url}`, url_cut: false, title, dwell_ms: i === 3 ? null : [130000, 48000, 226000][i], clicks: i === 2 && c.anchor ? [c.anchor] : [] }))
  return { id: c.visitor_id, code: c.visitor_code, name: c.visitor_name, note: c.note ?? '', erased: false, visits: [{ id: '1', began_at: ago(1300), source: c.source, device: c.device, visits_before: 1, pages }, { id: '0', began_at: ago(86400 * 3), source: c.source, device: c.device, visits_before: 0, pages: pages.slice(0, 2) }], conversations: conversations.filter((o) => o.visitor_name && o.visitor_name === c.visitor_name).slice(0, 3) }
}

// A working day, made through the server's own doors: a few dozen conversations of plausible text in
// every state, so that screens can be looked at full. All names, numbers and places are invented.
import { hire } from './lib.mjs'
import { chance } from '../lib/chance.mjs'
import { Desk, Visitor, newKey } from '../lib/server.mjs'

const PAGES = [
  ['/demo/', '松泉皮肤专科门诊部（演示）'], ['/demo/hand-eczema.html', '手部湿疹：护理与就诊'],
  ['/demo/doctors.html', '医生排班'], ['/demo/fees.html', '挂号与费用'], ['/demo/directions.html', '来院路线'],
]
const FROM = [
  ['https://www.baidu.com/link?url=x', '?utm_source=baidu&utm_medium=cpc&bd_vid=123&keyword=%E6%89%8B%E9%83%A8%E6%B9%BF%E7%96%B9%E6%8C%82%E5%8F%B7'],
  ['https://www.baidu.com/link?url=x', ''], ['https://www.sogou.com/web?query=%E7%9A%AE%E8%82%A4%E7%A7%91%E5%91%A8%E6%9C%AB%E9%97%A8%E8%AF%8A', ''],
  ['https://cn.bing.com/search?q=%E6%B9%BF%E7%96%B9%E9%97%A8%E8%AF%8A', ''], ['', ''], ['', ''],
  ['https://mp.weixin.qq.com/s/abc', ''], ['https://www.douyin.com/video/1', ''], ['https://health.example.net/skin', ''],
]
const AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
]
const TALKS = [
  ['手上反复起小水疱三年了，看湿疹挂哪个科？', '您好，我是咨询员。手部皮疹可以先挂皮肤科普通门诊，由医生当面判断。', '周六上午有号吗？我平时上班。', '周六上午 8 点到 12 点有门诊，到院一楼前台取号。', '好的，需要带以前的病历吗？', '请带上病历本和最近用过的药。'],
  ['孩子 8 岁，脸上起红疹，能看吗？', '可以的，儿童需要家长陪同，请带上以前的用药记录。', '大概多少钱？', '普通门诊挂号费在“挂号与费用”页有公示，检查费用由医生面诊后确定。'],
  ['你们地铁几号线到？', '地铁 2 号线文昌路站 B 口出来，步行约六分钟。', '谢谢'],
  ['痘印能去掉吗，一次就好吗', '效果因人而异，没有办法承诺次数，需要医生面诊后给方案。', '那我先约个时间吧', '好的，您想哪一天来？', '下周二下午，我的电话 138 0013 80{nn}', '已记下，下周二下午两点，前台报手机尾号即可。'],
  ['荨麻疹又犯了，上次开的药还能吃吗', '用药需要医生看过再定，您可以今天下午来复诊。', '下午五点还来得及吗', '门诊到 17:30，建议 17:00 前到。'],
  ['医保能用吗？', '可以使用本市医保，请带医保电子凭证。'],
  ['在吗', '您好，请问想了解哪方面的情况？'],
  ['灰指甲怎么治', '需要先做检查确认，医生面诊后再定治疗方案。', '我就问问', '好的，有问题可以随时再问。'],
  ['头皮屑很多还痒，微信能加吗', '可以先在这里问，方便的话留个电话，工作人员联系您。', '139 0000 12{nn}', '收到，下午四点前给您回电。'],
  ['今天还能挂号吗？手腕一圈红疹很痒', '今天 17:00 前到院都可以挂上。', '好 我现在出发'],
]
const NAMES = ['周女士', '陈先生', '', '', '刘女士', '', '王先生', '', '', '']
// What became of it: marks by code, and whether it is over.
const ENDS = [
  [['confirmed', 'completed', 'booked'], 'closed'], [['suspected', 'completed', 'info'], 'closed'], [['outside', 'completed', 'none'], 'closed'],
  [['suspected', 'completed', 'phone'], 'closed'], [['returning', 'completed', 'booked'], 'closed'], [['outside', 'invalid', 'none'], 'closed'],
  [['suspected'], 'closed'], [[], 'closed'],
]

/** { admin, agents: [{ login, password, name, client }], boss, site, labels } */
export async function fillDay(server, { talks = 36, language = 'zh', origin = server.url } = {}) {
  const random = chance('day', 61)
  const admin = await server.admin()
  const [site] = (await admin.ask('GET', '/api/sites')).sites
  const { dimensions } = await admin.ask('GET', '/api/dimensions')
  const label = new Map(dimensions.flatMap((d) => d.labels.map((l) => [l.code, { dimension_id: d.id, label_id: l.id }])))
  const agents = [
    await hire(admin, 'linjing', '林静', 'agent', language), await hire(admin, 'wangyao', '王瑶', 'agent', language),
    await hire(admin, 'suhe', '苏禾', 'agent', language),
  ]
  const boss = await hire(admin, 'zhaolan', '赵岚', 'supervisor', language)
  const desks = []
  for (const a of agents) {
    const d = new Desk(a.client)
    await d.connect()
    desks.push(d)
  }
  const open = []

  async function come(i, { pages = 1 + random.below(4), anchor = '' } = {}) {
    const [referrer, query] = FROM[random.below(FROM.length)]
    const v = new Visitor(server, site, { origin, language: 'zh-CN' })
    v.headers['user-agent'] = AGENTS[i % 5 === 4 ? 2 : i % 2]
    for (let p = 0; p < pages; p++) {
      const [path, title] = PAGES[p === 0 ? random.below(2) : random.below(PAGES.length)]
      await v.view({ url: origin + path + (p ? '' : query), referrer: p ? v.url : referrer, title })
      await v.call('/w/beacon', { visitor: v.token, visit: v.visit, n: v.n, dwell_ms: 4000 + random.below(120_000), ...(anchor && p === pages - 1 ? { anchor } : {}) })
    }
    return v
  }
  async function talk(i, words, { by, end, marks = [], consent = 'granted', stop = words.length }) {
    const v = await come(i, { anchor: i % 3 ? '文中问排班' : 'launcher' })
    await v.connect()
    await v.open(i % 3 ? '文中问排班' : 'launcher')
    await v.socket.ask('consent', { consent })
    const nn = String(10 + (i % 80))
    let id = null
    for (const [at, text] of words.slice(0, stop).entries()) {
      if (at % 2 === 0) await v.say(text.replace('{nn}', nn))
      else if (by !== null) {
        if (!id) {
          id = v.conversation
          await agents[by].client.ask('POST', `/api/conversations/${id}/take`, {})
        }
        await desks[by].say(id, text)
      }
    }
    id ??= v.conversation
    const client = by === null ? boss.client : agents[by].client
    for (const code of marks) await client.ask('POST', `/api/conversations/${id}/marks`, label.get(code))
    const { visitor } = await boss.client.ask('GET', `/api/conversations/${id}`)
    if (by !== null && NAMES[i % NAMES.length]) {
      await client.ask('PATCH', `/api/visitors/${visitor.id}`, { name: NAMES[i % NAMES.length] })
    }
    if (end === 'closed') {
      if (by === null) await v.socket.ask('end', {})
      else await client.ask('POST', `/api/conversations/${id}/close`, {})
      await v.close()
    } else open.push(v)
    return { id, v }
  }

  for (let i = 0; i < talks; i++) {
    const [marks, end] = ENDS[random.below(ENDS.length)]
    const lost = i % 9 === 8
    const words = TALKS[lost ? 6 : i % TALKS.length]
    const phone = words.some((w) => w.includes('{nn}'))
    await talk(i, words, { by: lost ? null : i % 3, end,
      marks: lost ? [] : marks.map((m) => (phone && m === 'none' ? 'phone' : m)), consent: i % 7 === 6 ? 'refused' : 'granted', stop: lost ? 1 : undefined })
  }
  // A message left by form, as when nobody is there.
  const left = await come(3)
  await left.call('/w/message', { visitor: left.token, visit: left.visit, key: newKey(), phone: '13700001234', name: '吴先生',
    time: '下午', text: '想约周日上午看手部湿疹，方便回电确认一下吗？', consent: true, url: left.url, title: left.title })

  // What is going on now.
  const mine = await talk(0, TALKS[0].concat(['好的谢谢，我再看一下路线']), { by: 0, end: 'open', marks: ['suspected'] })
  await agents[0].client.ask('PATCH', `/api/visitors/${(await boss.client.ask('GET', `/api/conversations/${mine.id}`)).visitor.id}`,
    { name: '周女士', note: '周六上午来，已告知带病历。' })
  await mine.v.socket.ask('read', { number: 6 })
  await talk(1, TALKS[3].concat(['需要提前多久到？']), { by: 0, end: 'open', marks: ['confirmed'] })
  await talk(4, TALKS[4], { by: 0, end: 'open' })
  await talk(5, TALKS[1], { by: 1, end: 'open', marks: ['suspected'] })
  await talk(6, TALKS[9], { by: 1, end: 'open' })
  await talk(7, TALKS[8], { by: 2, end: 'open', marks: ['returning'] })
  await talk(8, ['你好，胳膊上的疹子能看吗？'], { by: null, end: 'open' })
  await talk(9, ['打电话没人接，请问周日开门吗'], { by: null, end: 'open' })
  await talk(10, ['预约取消怎么操作？'], { by: null, end: 'open' })
  // Who only reads.
  for (let i = 0; i < 6; i++) {
    const v = await come(i)
    await v.connect()
    open.push(v)
  }
  return { admin, agents, boss, site, labels: label, mine, open, desks,
    async end() {
      for (const v of open) await v.socket.drop()
      for (const d of desks) await d.close().catch(() => undefined)
    } }
}

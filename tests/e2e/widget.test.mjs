// The widget on pages of others: how little it takes, how it is reached, and what it does where
// things are missing: an agent, a consent, a registered address, a socket.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { becomes, hire, openBrowser, person, PHONE, sleep, startServer, texts, until } from './lib.mjs'
import { Desk, request } from '../lib/server.mjs'

let server, browser, admin, lin, desk, demo, foreign, foreignUrl
const everyone = []
const visit = async (options = {}) => {
  const p = await person(browser, server.url, options)
  everyone.push(p)
  return p
}
const say = async (page, text) => {
  await page.locator('#ly-input').fill(text)
  await page.locator('#ly-input').press('Enter')
}
const agree = (page) => page.getByRole('button', { name: '同意保存', exact: true }).click()
const mine = (page) => texts(page.locator('.m.me p'))
const words = async (id) => (await lin.client.ask('GET', `/api/conversations/${id}/messages`)).messages
  .filter((m) => m.sender === 'visitor').map((m) => m.text)
/** The conversation of the visitor on this page, once the server has one. */
const conversation = (page, site = 'demo') =>
  until('a conversation', () => page.evaluate((k) => localStorage.getItem(`laiyu:${k}:conv`), site))
const change = (site, body) => admin.ask('PATCH', `/api/sites/${site}`, body)

before(async () => {
  server = await startServer()
  admin = await server.admin()
  demo = (await admin.ask('GET', '/api/sites')).sites[0]
  lin = await hire(admin, 'linjing', '林静', 'agent')
  desk = new Desk(lin.client)
  await desk.connect()
  browser = await openBrowser()
  foreign = createServer((_, answer) => {
    const site = foreign.site
    answer.setHeader('content-type', 'text/html; charset=utf-8')
    answer.end(`<!doctype html><html lang="zh-CN"><title>别家的网站</title><link rel="icon" href="data:,">
      <h1>别家的网站</h1><script async src="${server.url}/w.js" data-site="${site}"></script>`)
  })
  await new Promise((done) => foreign.listen(0, '127.0.0.1', done))
  foreignUrl = `http://127.0.0.1:${foreign.address().port}`
})
after(async () => {
  await browser?.close()
  foreign?.closeAllConnections()
  foreign?.close()
  await desk?.close().catch(() => undefined)
  await server?.end()
})

test('before it is opened: one request of at most 12 KB, one global name, nothing moves', async () => {
  const answer = await request(server, 'GET', '/w.js', { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(answer.headers['content-encoding'], 'gzip')
  assert.ok(answer.bytes.length <= 12 * 1024, `${answer.bytes.length} bytes`)
  assert.ok(gunzipSync(answer.bytes).length > answer.bytes.length)
  const p = await visit()
  const asked = []
  p.page.on('request', (r) => new URL(r.url()).pathname.startsWith('/w') && asked.push(new URL(r.url()).pathname))
  await p.page.addInitScript(() => {
    window.names = new Set(Object.getOwnPropertyNames(window))
    window.shifts = []
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((e) => e.value))).observe({ type: 'layout-shift', buffered: true })
  })
  await p.goto('/demo/fees.html')
  await p.page.locator('.launch').waitFor()
  await sleep(500)
  assert.deepEqual(asked.filter((path) => !path.startsWith('/w/view') && path !== '/w/live'), ['/w.js'])
  const names = await p.page.evaluate(() => Object.getOwnPropertyNames(window).filter((n) => !window.names.has(n) && n !== 'shifts' && n !== 'names'))
  assert.deepEqual(names, ['laiyu'])
  await p.page.evaluate(() => window.laiyu.open())
  await p.page.locator('.panel').waitFor()
  await sleep(300)
  assert.deepEqual(await p.page.evaluate(() => window.shifts), [])
})

test('by keyboard alone: Tab, Enter, Escape, and the focus comes back', async () => {
  const p = await visit()
  await p.goto('/demo/privacy.html')
  await p.page.locator('.launch').waitFor()
  const focused = () => p.page.evaluate(() => document.querySelector('laiyu-widget').shadowRoot.activeElement?.className ?? '')
  for (let i = 0; i < 30 && !/launch/.test(await focused()); i++) await p.page.keyboard.press('Tab')
  assert.match(await focused(), /launch/)
  const ring = await p.page.locator('.launch').evaluate((e) => getComputedStyle(e).outlineStyle)
  assert.notEqual(ring, 'none', 'the focus is seen')
  await p.page.keyboard.press('Enter')
  await p.page.locator('#ly-input').waitFor()
  await until('the field has the focus', () => p.page.evaluate(() => document.querySelector('laiyu-widget').shadowRoot.activeElement?.id === 'ly-input'))
  await p.page.keyboard.press('Escape')
  await p.page.locator('.panel').waitFor({ state: 'hidden' })
  assert.match(await focused(), /launch/)
})

test('laiyu.open names its anchor, and pages of a single-page site are counted', async () => {
  const p = await visit()
  await p.goto('/demo/directions.html')
  await p.page.locator('.launch').waitFor()
  for (const at of ['/demo/route-bus', '/demo/route-metro']) {
    await p.page.evaluate((to) => { history.pushState({}, '', to); document.title = `路线 ${to}` }, at)
    await sleep(250)
  }
  await p.page.evaluate(() => window.laiyu.open({ anchor: '自己的按钮' }))
  await agree(p.page)
  await say(p.page, '公交几路？')
  const id = await conversation(p.page)
  await until('the words', async () => (await words(id)).length === 1)
  const { conversation: c, visitor } = await lin.client.ask('GET', `/api/conversations/${id}`)
  assert.equal(c.anchor, '自己的按钮')
  assert.match(c.chat_url, /\/demo\/route-metro$/)
  assert.deepEqual(visitor.visits[0].pages.map((v) => new URL(v.url).pathname),
    ['/demo/directions.html', '/demo/route-bus', '/demo/route-metro'])
})

test('several tabs are one visitor with one conversation', async () => {
  const p = await visit()
  await p.goto('/demo/')
  const one = p.page
  await one.locator('.launch').click()
  await agree(one)
  const two = await p.tab()
  await two.goto(`${server.url}/demo/fees.html`)
  await say(one, '在第一个窗口')
  const id = await conversation(one)
  await two.locator('.launch').click()
  await two.locator('.m.me').getByText('在第一个窗口').waitFor()
  await say(two, '在第二个窗口')
  await becomes('the first tab', () => mine(one), ['在第一个窗口', '在第二个窗口'])
  await becomes('the store', () => words(id), ['在第一个窗口', '在第二个窗口'])
  const { visitor } = await lin.client.ask('GET', `/api/conversations/${id}`)
  assert.equal(visitor.visits.length, 1)
  assert.equal(visitor.conversations.length, 1)
})

test('one invitation, and none again where it was closed', async () => {
  await change(demo.id, { settings: { invite_after: 1, invitation_zh: '需要帮您查一下门诊时间吗？', invitation_en: 'May we help?' } })
  const p = await visit({ size: PHONE })
  await p.goto('/demo/doctors.html')
  const card = p.page.locator('.invite')
  await card.getByText('需要帮您查一下门诊时间吗？').waitFor()
  await card.getByRole('button', { name: '不用了' }).click()
  await p.page.reload()
  await p.page.locator('.launch').waitFor()
  await sleep(1800)
  assert.equal(await card.count(), 0)
  await change(demo.id, { settings: { invite_after: 0 } })
})

test('consent can be refused, and withdrawn', async () => {
  const p = await visit()
  await p.goto('/demo/fees.html')
  await p.page.locator('.launch').click()
  await p.page.getByRole('button', { name: '不保存，继续问' }).click()
  await say(p.page, '不想留下记录的问题')
  const id = await conversation(p.page)
  await until('the words', async () => (await words(id)).length === 1)
  assert.equal((await lin.client.ask('GET', `/api/conversations/${id}`)).conversation.consent, 'refused')
  await lin.client.ask('POST', `/api/conversations/${id}/take`, {})
  await lin.client.ask('POST', `/api/conversations/${id}/close`, {})
  await until('its words are gone', async () => (await lin.client.ask('GET', `/api/conversations/${id}`)).messages.every((m) => m.erased || m.sender === 'system'))
  const q = await visit()
  await q.goto('/demo/fees.html')
  await q.page.locator('.launch').click()
  await agree(q.page)
  await say(q.page, '先同意，后撤回')
  const other = await conversation(q.page)
  await q.page.getByRole('button', { name: '撤回', exact: true }).click()
  await q.page.getByText('您已撤回同意').waitFor()
  await until('withdrawn', async () => (await lin.client.ask('GET', `/api/conversations/${other}`)).conversation.consent === 'withdrawn')
})

test('script in a message stays text, on both sides', async () => {
  const evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>"\'&lt;'
  const p = await visit()
  await p.goto('/demo/')
  await p.page.locator('.launch').click()
  await agree(p.page)
  await say(p.page, evil)
  const id = await conversation(p.page)
  await until('the words', async () => (await words(id))[0] === evil)
  await lin.client.ask('POST', `/api/conversations/${id}/take`, {})
  await desk.say(id, evil)
  await becomes('at the visitor', async () => (await texts(p.page.locator('.m.you:not(.typing) > p'))).at(-1), evil)
  assert.equal(await p.page.evaluate(() => window.hit), undefined)
  const agent = await visit()
  await agent.goto(`/console/reception/${id}`)
  await agent.page.locator('input[name=login]').fill(lin.login)
  await agent.page.locator('input[name=password]').fill(lin.password)
  await agent.page.locator('button[type=submit]').click()
  await becomes('at the consultant', () => texts(agent.page.locator('.talk .msg > p')), [evil, evil])
  assert.equal(await agent.page.evaluate(() => window.hit), undefined)
  await agent.context.close()
})

test('nobody there: a form that says what is missing, where it is missing', async () => {
  desk.socket.send('presence', { available: false })
  const p = await visit({ size: PHONE })
  await sleep(1500)
  await p.goto('/demo/fees.html')
  await p.page.locator('.launch').click()
  const form = p.page.locator('.panel form')
  await form.waitFor()
  await form.locator('input[type=tel]').fill('1380013')
  await form.getByRole('button', { name: '提交' }).click()
  await form.getByText('还差 4 位数字').waitFor()
  assert.equal(await form.locator('input[type=tel]').getAttribute('aria-invalid'), 'true')
  await form.locator('input[type=tel]').fill('13800138000')
  await form.getByRole('button', { name: '提交' }).click()
  await form.getByText('需要您勾选同意').waitFor()
  await form.locator('input[type=checkbox]').check()
  await form.locator('textarea').fill('周日上午可以吗')
  await form.getByRole('button', { name: '提交' }).click()
  await p.page.locator('.panel').getByText('收到了').waitFor()
  const { conversations } = await lin.client.ask('GET', '/api/conversations?only=form')
  assert.deepEqual(conversations.map((c) => [c.origin, c.contacts]), [['form', 1]])
  // In the small window of a desktop the button is in sight, and an empty question says what it means.
  const q = await visit()
  await q.goto('/demo/fees.html')
  await q.page.locator('.launch').click()
  const small = q.page.locator('.panel form')
  const [button, panel] = [await small.locator('button[type=submit]').boundingBox(), await q.page.locator('.panel').boundingBox()]
  assert.ok(button.y + button.height <= panel.y + panel.height)
  await small.locator('input[type=tel]').fill('13800138001')
  await small.locator('input[type=checkbox]').check()
  await small.getByRole('button', { name: '提交' }).click()
  await q.page.locator('.panel').getByText('收到了').waitFor()
  const { conversations: [last] } = await lin.client.ask('GET', '/api/conversations?only=form')
  assert.equal(last.last_text, '请给我回电')
  desk.socket.send('presence', { available: true })
  await sleep(1500)
})

test('another origin works once it is registered, and is refused while it is not', async () => {
  const here = await admin.ask('POST', '/api/sites', { name: '别家', origins: [foreignUrl], institution: '别家门诊部' })
  foreign.site = here.key
  const p = await visit()
  await p.page.goto(foreignUrl)
  await p.page.locator('.launch').click()
  await agree(p.page)
  await say(p.page, '从别的网站来')
  await p.page.locator('.ticks.delivered').waitFor()
  assert.deepEqual(await words(await conversation(p.page, here.key)), ['从别的网站来'])
  const there = await admin.ask('POST', '/api/sites', { name: '不许', origins: ['https://elsewhere.example'] })
  foreign.site = there.key
  const q = await visit()
  q.forgive(/403|CORS|laiyu: page view refused|ERR_FAILED/)
  await q.page.goto(foreignUrl)
  await sleep(1200)
  assert.equal(await q.page.locator('.launch:visible').count(), 0)
  const live = await admin.ask('GET', '/api/visitors')
  assert.ok(live.visitors.every((v) => v.site_id !== there.id), 'no visitor was counted')
})

test('where sockets do not get through, requests do the same', async () => {
  const p = await visit()
  p.forgive(/WebSocket/)
  await p.page.routeWebSocket(/\/w\/live/, (ws) => ws.close())
  await p.page.addInitScript(() => {
    // A gateway that knows no WebSocket ends the handshake.
    window.WebSocket = class extends EventTarget {
      readyState = 3
      constructor() { super(); setTimeout(() => this.onclose?.({ code: 1006 }), 5) }
      send() {}
      close() {}
    }
  })
  await p.goto('/demo/doctors.html')
  await p.page.locator('.launch').click()
  await p.page.locator('.panel').waitFor()
  await p.page.getByRole('button', { name: '同意保存', exact: true }).click({ timeout: 20_000 })
  await say(p.page, '只有请求能过')
  await say(p.page, '第二句')
  await p.page.locator('.m.me .ticks').nth(1).waitFor({ timeout: 25_000 })
  const id = await conversation(p.page)
  assert.deepEqual(await words(id), ['只有请求能过', '第二句'])
  await lin.client.ask('POST', `/api/conversations/${id}/take`, {})
  await desk.say(id, '收到，您请说')
  await p.page.locator('.m.you').getByText('收到，您请说').waitFor({ timeout: 15_000 })
})

test('nothing else went wrong on any page', () => {
  assert.deepEqual(everyone.flatMap((p) => p.problems), [])
})

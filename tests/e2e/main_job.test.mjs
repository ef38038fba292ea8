// The main job, from the first page to the first mark, with two people at two browsers and lines
// that break: nothing is lost and nothing stands twice on either screen.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { becomes, DESK, hire, Line, openBrowser, person, PHONE, signIn, startServer, texts, until } from './lib.mjs'

let server, browser, admin, lin, visitor, agent, visitorLine, agentLine
let site, asked, page, desk
// What was said, in the order of its numbers.
const said = []
const of = (who) => said.filter(([sender]) => sender === who).map(([, text]) => text)
const visitorSees = {
  mine: () => texts(page.locator('.m.me p')),
  theirs: () => texts(page.locator('.m.you:not(.typing) > p')),
}
const agentSees = () => desk.locator('.talk .msg:not(.typing)').evaluateAll((all) =>
  all.map((e) => [e.classList.contains('me') ? 'agent' : 'visitor', e.querySelector('p').innerText]))

const write = async (text) => {
  await page.locator('#ly-input').fill(text)
  await page.locator('#ly-input').press('Enter')
  said.push(['visitor', text])
}
const reply = async (text) => {
  await desk.locator('#reply').fill(text)
  await desk.locator('#reply').press('Enter')
  said.push(['agent', text])
}
/** Numbers stand masked wherever nobody asked to see them in full. */
const masked = (text) => text.replace('138 0013 8000', '138****8000')
/** Both screens and the store hold the same words once, in the same order. */
async function agreed(what) {
  await becomes(`${what}: the agent's screen`, agentSees, said.map(([who, text]) => [who, masked(text)]))
  await becomes(`${what}: the visitor's own words`, visitorSees.mine, of('visitor'))
  await becomes(`${what}: the agent's words at the visitor`, async () => (await visitorSees.theirs()).slice(1), of('agent'))
  const { messages } = await lin.client.ask('GET', `/api/conversations/${asked}/messages`)
  const spoken = messages.filter((m) => m.sender !== 'system')
  assert.deepEqual(spoken.map((m) => [m.sender, m.text]), said.map(([who, text]) => [who, masked(text)]), `${what}: the store`)
  assert.deepEqual(messages.map((m) => m.number), messages.map((_, i) => i + 1), `${what}: numbers without a gap`)
}

before(async () => {
  server = await startServer()
  admin = await server.admin()
  const { sites } = await admin.ask('GET', '/api/sites')
  site = sites[0]
  lin = await hire(admin, 'linjing', '林静', 'agent')
  browser = await openBrowser()
  visitorLine = await new Line(server).open()
  agentLine = await new Line(server).open()
  visitor = await person(browser, visitorLine.url, { size: PHONE })
  agent = await person(browser, agentLine.url, { size: DESK })
  page = visitor.page
  desk = agent.page
})

after(async () => {
  await browser?.close()
  await Promise.all([visitorLine?.close(), agentLine?.close()])
  await server?.end()
})

test('the consultant signs in, lands on the reception and is there', async () => {
  await agent.goto('/')
  await signIn(desk, lin.login, lin.password)
  await desk.waitForURL('**/console/reception')
  await desk.locator('.presence[aria-checked=true]').waitFor()
  await desk.getByText('没有人在等').waitFor()
})

test('the visitor reads two pages, and the consultant sees where', async () => {
  await visitor.goto('/demo/')
  await page.locator('.launch').waitFor()
  const live = desk.locator('.row.live')
  await live.getByText('松泉皮肤专科门诊部').waitFor()
  await page.waitForTimeout(1300)
  await page.locator('main a[href="hand-eczema.html"]').click()
  await page.waitForURL('**/hand-eczema.html')
  await page.locator('.launch').waitFor()
  await live.getByText('手部湿疹').waitFor()
  await live.getByText('第 2 页').waitFor()
  await page.waitForTimeout(1100)
})

test('an anchor opens the window, and consent comes before the first word goes out', async () => {
  await page.locator('[data-laiyu="文中问排班"]').click()
  await page.locator('.panel').waitFor()
  await page.locator('.panel .top').getByText('不是医生').waitFor()
  await desk.locator('.row.live').getByText('已开窗').waitFor()
  await write('手上反复起小水疱，周六上午能看吗？')
  await page.getByText('您的消息已写好').waitFor()
  assert.equal(await desk.locator('.list-col section').first().locator('.row').count(), 0, 'nothing before consent')
  await page.getByRole('button', { name: '同意保存', exact: true }).click()
  await page.locator('.m.me .ticks.delivered').waitFor()
})

test('the queue counts the seconds; F8 takes who waits longest', async () => {
  const waiting = desk.locator('.list-col section').first()
  const row = waiting.locator('.row')
  await row.getByText('手上反复起小水疱').waitFor()
  const seconds = async () => Number(/(\d+) 秒/.exec(await row.locator('.wait').innerText())?.[1])
  const first = await seconds()
  await until('the wait grows', async () => (await seconds()) > first)
  assert.match(await desk.title(), /^\(1\)/)
  await desk.keyboard.press('F8')
  await desk.locator('#reply').waitFor()
  asked = /reception\/(\d+)/.exec(desk.url())[1]
  await waiting.getByText('没有人在等').waitFor()
  await page.locator('.panel .top').getByText('咨询员 林静').waitFor()
})

test('each sees the other write, and that words were delivered and read', async () => {
  await desk.locator('#reply').pressSequentially('您好', { delay: 30 })
  await page.locator('.m.typing').waitFor()
  await reply('您好，我是咨询员林静。周六上午有门诊。')
  await page.locator('.m.you').getByText('周六上午有门诊').waitFor()
  await desk.locator('.msg.me .ticks.read').waitFor()
  await page.locator('.m.me .ticks.read').waitFor()
  await page.locator('#ly-input').pressSequentially('那要提前挂号', { delay: 40 })
  await desk.locator('.talk .typing').getByText('那要提前挂号').waitFor()
  await write('那要提前挂号吗？')
  await desk.locator('.talk .typing').waitFor({ state: 'detached' })
  await agreed('after greeting')
})

test('a canned reply comes by a slash', async () => {
  await desk.locator('#reply').pressSequentially('/gh')
  const entries = desk.locator('.canned [role=option]')
  await entries.first().getByText('挂号流程').waitFor()
  await desk.keyboard.press('Enter')
  const text = await desk.locator('#reply').inputValue()
  assert.match(text, /^到院后在一楼前台/)
  await desk.keyboard.press('Enter')
  said.push(['agent', text])
  await agreed('after the canned reply')
})

test('the visitor reloads and turns to another page: the talk is still there', async () => {
  await page.reload()
  await page.locator('.panel').waitFor()
  await agreed('after the reload')
  await page.locator('.panel .top button[aria-label="关闭"]').click()
  await page.locator('a[href="doctors.html"]').first().click()
  await page.waitForURL('**/doctors.html')
  await page.locator('.launch').click()
  await page.locator('.panel').waitFor()
  await agreed('on another page')
  await becomes('the trail follows', () => desk.locator('.card-col .trail li:not(.act)').count(), 4)
})

test('the visitor writes three messages without a network, and none is lost or doubled', async () => {
  visitor.forgive(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection|ERR_EMPTY_RESPONSE/)
  await visitor.context.setOffline(true)
  visitorLine.cut()
  await write('一')
  await write('二：我的手机 138 0013 8000')
  await write('三')
  await page.locator('.panel .net').getByText('网络断开').waitFor()
  assert.equal(await page.locator('.m.me.wait').count(), 3)
  await desk.locator('.talk-col').getByText('已离开页面').waitFor()
  // The consultant goes on writing meanwhile.
  await reply('不用提前，带身份证就可以。')
  said.splice(said.findIndex(([, text]) => text === '一'), 0, said.pop())
  visitorLine.mend()
  await visitor.context.setOffline(false)
  await agreed('after the offline phase')
})

test('an answer that gets lost on the way back makes no second message', async () => {
  visitorLine.deaf = true
  await write('这条的回执会丢')
  await desk.locator('.talk').getByText('这条的回执会丢').waitFor()
  assert.equal(await page.locator('.m.me.wait').count(), 1)
  visitorLine.cut()
  visitorLine.mend()
  await agreed('after a lost acknowledgement')
})

test('the same for the consultant: offline, deaf, reloaded', async () => {
  agent.forgive(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection|ERR_EMPTY_RESPONSE/)
  agentLine.cut()
  await desk.locator('.line-off').waitFor()
  await desk.locator('.presence').getByText('未连接').waitFor()
  await reply('断线时写的第一句')
  await reply('断线时写的第二句')
  assert.equal(await desk.locator('.msg.pending').count(), 2)
  agentLine.mend()
  await agreed('after the consultant was offline')
  agentLine.deaf = true
  await reply('回执丢了的一句')
  await page.locator('.m.you').getByText('回执丢了的一句').waitFor()
  agentLine.cut()
  agentLine.mend()
  await agreed('after the consultant lost an acknowledgement')
  await desk.locator('#reply').fill('写了一半')
  await desk.reload()
  await desk.locator('#reply').waitFor()
  assert.equal(await desk.locator('#reply').inputValue(), '写了一半')
  await desk.locator('#reply').fill('')
  await agreed('after the consultant reloaded')
})

test('the card says who this is, from where and what was read', async () => {
  const card = desk.locator('.card-col')
  await card.locator('.kv').getByText('直接访问').waitFor()
  await card.locator('.kv').getByText('文中问排班').waitFor()
  const trail = card.locator('.trail li')
  await becomes('the trail', async () => (await texts(trail.locator('.cut'))).map((t) => t.replace(/(：| - |（).*/, '')),
    ['松泉皮肤专科门诊部', '手部湿疹', '点“文中问排班”', '手部湿疹', '医生排班', '点“咨询按钮”'])
  const dwell = await texts(trail.locator('.dw'))
  assert.match(dwell[0], /^[1-9]\d* 秒$/)
  assert.match(dwell[1], /^([1-9]\d* 秒|\d+ 分 \d\d 秒)$/)
  await card.locator('.ctc').getByText('138****8000').waitFor()
  await card.getByRole('button', { name: '改称呼' }).click()
  await card.getByLabel('称呼', { exact: true }).fill('周女士')
  await desk.keyboard.press('Enter')
  await card.locator('.name').getByText('周女士').waitFor()
  await card.locator('.note').fill('周六上午来，先到一楼')
  await card.locator('.note').blur()
  await until('the note is kept', async () => {
    const { visitor: v } = await lin.client.ask('GET', `/api/conversations/${asked}`)
    return v.note === '周六上午来，先到一楼' && v.name === '周女士'
  })
})

test('marks by key, in three dimensions; then F9 ends it', async () => {
  await desk.keyboard.press('F2')
  await desk.getByText('按键标记中').waitFor()
  for (const key of ['2', 'r', 'd']) await desk.keyboard.press(key)
  await becomes('the marks', () => texts(desk.locator('.marks .chip[aria-pressed=true] > .cut')), ['疑似', '正常', '套电'])
  await desk.keyboard.press('Escape')
  await desk.keyboard.press('F9')
  await desk.locator('.write.closed').getByText('对话已结束').waitFor()
  await page.locator('.panel').getByText('对话已结束。').waitFor()
  const { history } = await lin.client.ask('GET', `/api/conversations/${asked}/marks`)
  assert.deepEqual(history.map((h) => [h.by_name, h.from_label]), [['林静', null], ['林静', null], ['林静', null]])
})

test('Today shows it, and each of its figures opens the conversation', async () => {
  await desk.getByRole('link', { name: '今日' }).click()
  const tiles = desk.locator('.tile')
  await becomes('the tiles', async () => (await texts(tiles.locator('.big .fig'))).slice(0, 5), ['1', '1', '0', '1', '0'])
  for (const at of [0, 1, 3]) {
    await tiles.nth(at).locator('.big a.fig').click()
    await desk.locator('.conv').getByText('共 1 条').waitFor()
    await desk.locator('.conv-table').getByText('周女士').waitFor()
    await desk.goBack()
    await tiles.first().waitFor()
  }
  await tiles.nth(2).locator('.big a.fig').click()
  await desk.getByText('没有符合的对话').waitFor()
})

test('the supervisor opens the transcript and takes the rows home', async () => {
  const boss = await hire(admin, 'zhaolan', '赵岚', 'supervisor')
  const other = await person(browser, server.url)
  await other.goto('/console/conversations')
  await signIn(other.page, boss.login, boss.password)
  await other.page.locator('.conv-table').getByText('周女士').click()
  const drawer = other.page.locator('.el-drawer')
  await drawer.getByText('手上反复起小水疱').waitFor()
  await becomes('the transcript', () => texts(drawer.locator('.msg > p')), said.map(([, text]) => masked(text)))
  await other.page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'hidden' })
  const [file] = await Promise.all([other.page.waitForEvent('download'), other.page.getByText('导出 CSV').click()])
  const bytes = await readFile(await file.path())
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
  const rows = bytes.toString('utf8').slice(1).trim().split('\r\n')
  assert.equal(rows.length, 2, rows.join('\n'))
  assert.match(rows[1], /林静/)
  assert.deepEqual(other.problems, [])
})

test('nothing went wrong on either page', () => {
  assert.deepEqual(visitor.problems, [])
  assert.deepEqual(agent.problems, [])
})

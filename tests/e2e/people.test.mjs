// People at the console: signing in and out, what each role gets to see, and the settings.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ADMIN, becomes, hire, newKey, openBrowser, person, signIn, startServer, texts } from './lib.mjs'
import { Visitor } from '../lib/server.mjs'

let server, browser, admin
const everyone = []
const enter = async (language = 'zh') => {
  const p = await person(browser, server.url, { language })
  everyone.push(p)
  return p
}
const rail = (page) => texts(page.locator('.rail a'))
const menu = async (page, item) => {
  await page.locator('button.face').click()
  await page.locator('.el-dropdown-menu__item:visible').filter({ hasText: item }).click()
}

before(async () => {
  server = await startServer({ env: { LAIYU_ADMIN_PASSWORD: '' } })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await server?.end()
})

test('the one-time password lets nobody further than to a password of their own', async () => {
  const once = /login\s+admin\s+(\S+)/.exec(server.output)[1]
  const { page } = await enter()
  await page.goto(server.url)
  await signIn(page, ADMIN, once)
  const dialog = page.getByRole('dialog')
  await dialog.getByText('一次性的初始密码').waitFor()
  assert.equal(await page.locator('main').count(), 0, 'no screen behind the dialog')
  await page.keyboard.press('Escape')
  await page.reload()
  await dialog.waitFor()
  const fields = dialog.locator('input[type=password]')
  await fields.nth(0).fill(once)
  await fields.nth(1).fill('admin')
  await dialog.getByText('至少 10 个字符').waitFor()
  await fields.nth(1).fill('river-Stone-1207')
  await fields.nth(2).fill('river-Stone-1207')
  await dialog.getByRole('button', { name: '保存' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.waitForURL('**/console/reception')
  await page.locator('.presence[aria-checked=true]').waitFor()
  admin = server.client()
  await admin.login(ADMIN, 'river-Stone-1207')
})

test('every role sees its own screens and no other', async () => {
  const wanted = {
    agent: ['接待台', '今日', '对话'], supervisor: ['接待台', '今日', '对话', '设置'], marketing: ['今日', '对话'],
    desk: ['对话'], manager: ['今日', '对话'], admin: ['接待台', '今日', '对话', '设置'],
  }
  for (const [role, screens] of Object.entries(wanted)) {
    const who = await hire(admin, `role-${role}`, `某${role}`, role)
    const { page, context } = await enter()
    await page.goto(server.url)
    await signIn(page, who.login, who.password)
    await becomes(`the screens of ${role}`, () => rail(page), screens)
    if (!screens.includes('接待台')) {
      await page.goto(`${server.url}/console/reception`)
      await page.waitForURL((url) => !url.pathname.endsWith('/reception'))
    }
    if (screens.includes('设置')) {
      await page.goto(`${server.url}/console/settings`)
      await becomes(`the settings of ${role}`, () => texts(page.locator('.set-nav a')),
        role === 'admin' ? ['站点', '人员', '角色', '常用语', '审计'] : ['站点', '常用语'])
    }
    await context.close()
  }
})

test('a wrong password is told so, and soon one has to wait', async () => {
  const p = await enter()
  p.forgive(/(401|429).*\/api\/login$/)
  await p.page.goto(server.url)
  await signIn(p.page, ADMIN, 'not-The-Password')
  await p.page.locator('.errbox').waitFor()
  const button = p.page.locator('button[type=submit]')
  for (let i = 0; i < 12 && !/秒后可再试/.test(await button.innerText()); i++) {
    if (await button.isEnabled()) await button.click()
    await p.page.waitForTimeout(250)
  }
  assert.match(await button.innerText(), /\d+ 秒后可再试/)
  assert.equal(await button.isDisabled(), true)
})

test('only their own conversations, where the role says so', async () => {
  const [site] = (await admin.ask('GET', '/api/sites')).sites
  const me = await hire(admin, 'own', '何苗', 'agent')
  const mate = await hire(admin, 'mate', '吴桐', 'agent')
  for (const [who, text] of [[me, '我的这一条'], [mate, '同事的那一条']]) {
    const v = new Visitor(server, site, { origin: server.url, language: 'zh-CN' })
    await v.view({ url: `${server.url}/demo/` })
    await v.connect()
    await v.open()
    await v.say(text)
    await who.client.ask('POST', `/api/conversations/${v.conversation}/take`, {})
    await v.close()
  }
  const boss = await enter()
  await boss.page.goto(`${server.url}/console/settings/roles`)
  await signIn(boss.page, ADMIN, 'river-Stone-1207')
  await boss.page.getByRole('switch', { name: /只看自己的对话 咨询员/ }).press('Space')
  await boss.page.getByText('已保存').waitFor()
  const { page } = await enter()
  await page.goto(`${server.url}/console/conversations`)
  await signIn(page, me.login, me.password)
  await page.locator('.conv-table').getByText('我的这一条').waitFor()
  assert.equal(await page.getByText('同事的那一条').count(), 0)
  await page.goto(`${server.url}/console/reception`)
  await page.locator('.row').getByText('我的这一条').waitFor()
  assert.equal(await page.getByText('同事的').count(), 0)
})

test('signing out everywhere ends the other browser too', async () => {
  const who = await hire(admin, 'twice', '双开', 'agent')
  const [one, two] = [await enter(), await enter()]
  for (const { page } of [one, two]) {
    await page.goto(server.url)
    await signIn(page, who.login, who.password)
    await page.locator('.line-off').waitFor({ state: 'detached' })
    await page.getByText('没有人在等').waitFor()
  }
  two.forgive(/401/)
  await menu(one.page, '在所有设备退出')
  await one.page.getByRole('dialog').getByRole('button', { name: '在所有设备退出' }).click()
  await one.page.locator('input[name=login]').waitFor()
  await two.page.getByText('这个账号已在别处退出').waitFor()
  assert.equal(await one.page.locator('.hintbox').count(), 0)
})

test('who does not chat works without a line, and a lost network is said all the same', async () => {
  const who = await hire(admin, 'ads', '投放', 'marketing')
  const { page, context } = await enter()
  const lines = []
  page.on('websocket', (line) => lines.push(line.url()))
  await page.goto(server.url)
  await page.getByRole('button', { name: 'English' }).click()
  await signIn(page, who.login, who.password)
  await page.locator('.tile').first().waitFor()
  assert.equal((await who.client.ask('GET', '/api/me')).user.language, 'en')
  await context.setOffline(true)
  await page.locator('.line-off').getByText('No connection').waitFor({ timeout: 2000 })
  await context.setOffline(false)
  await page.locator('.line-off').waitFor({ state: 'detached' })
  assert.deepEqual(lines, [])
})

test('the language stays chosen, on this device and on the next', async () => {
  const who = await hire(admin, 'words', '双语', 'agent')
  const { page } = await enter()
  await page.goto(server.url)
  await signIn(page, who.login, who.password)
  await page.getByText('没有人在等').waitFor()
  await menu(page, 'English')
  await page.getByText('Nobody is waiting').waitFor()
  await page.reload()
  await page.getByText('Nobody is waiting').waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en')
  const other = await enter('zh')
  await other.page.goto(server.url)
  await signIn(other.page, who.login, who.password)
  await other.page.getByText('Nobody is waiting').waitFor()
})

test('settings: a site and its line, a person, a canned reply, and the audit that saw it all', async () => {
  const { page } = await enter()
  await page.goto(`${server.url}/console/settings`)
  await signIn(page, ADMIN, 'river-Stone-1207')
  const dialog = page.locator('.el-dialog:visible')

  await page.getByRole('button', { name: '添加站点' }).click()
  await dialog.getByLabel('名称', { exact: false }).first().fill('分院网站')
  await dialog.locator('textarea').fill('www.example.cn/abc')
  await dialog.getByText('不是网站地址').waitFor()
  await dialog.locator('textarea').fill('https://www.example.cn')
  await dialog.getByRole('button', { name: '添加站点' }).click()
  await page.locator('code, pre, textarea').filter({ hasText: /data-site=/ }).first().waitFor()
  const { sites } = await admin.ask('GET', '/api/sites')
  const made = sites.find((s) => s.name === '分院网站')
  assert.deepEqual(made.origins, ['https://www.example.cn'])
  assert.ok((await page.locator('body').innerText()).includes(made.install) ||
    (await page.locator('textarea').evaluateAll((all) => all.map((e) => e.value))).includes(made.install))

  await page.goto(`${server.url}/console/settings/people`)
  await page.getByRole('button', { name: '添加人员' }).click()
  await dialog.getByLabel('账号').fill('xinren')
  await dialog.getByLabel('姓名').fill('新人')
  await dialog.locator('button[type=submit]').click()
  const [login, first] = (await page.locator('.el-dialog:visible code').first().innerText()).trim().split(' / ')
  assert.equal(login, 'xinren')
  const fresh = server.client()
  assert.equal((await fresh.login('xinren', first)).user.must_change, true)

  await page.goto(`${server.url}/console/settings/canned`)
  await page.getByRole('button', { name: '添加常用语' }).click()
  await dialog.getByLabel('标题').fill('地铁怎么走')
  await dialog.getByLabel('简码').fill('dt')
  await dialog.getByLabel('内容').fill('地铁 2 号线文昌路站 B 口，步行约六分钟。')
  await dialog.getByRole('button', { name: '保存' }).click()
  await page.locator('.canned-table').getByText('地铁怎么走').waitFor()
  await page.getByRole('button', { name: '删除 地铁怎么走' }).click()
  await page.getByRole('button', { name: '撤销' }).click()
  await page.locator('.canned-table').getByText('地铁怎么走').waitFor()

  await page.goto(`${server.url}/console/settings/audit`)
  await page.locator('.tbl tbody tr').first().waitFor()
  await page.getByRole('button', { name: '检查链条' }).click()
  await page.getByText(/✓ \d+ 条记录，链条完整/).waitFor()
  assert.ok((await page.locator('.tbl tbody tr').count()) > 10)
  await page.locator('.tbl [title=login]').first().getByText('登录').waitFor()
})

test('nothing else went wrong on any page', () => {
  assert.deepEqual(everyone.flatMap((p) => p.problems), [])
})

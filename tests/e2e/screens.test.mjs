// Every screen of the console and every state of the widget, wide and narrow, in both languages, with
// nothing in it and with a day's work in it. Pictures go to tests/e2e/out for people to look at; the
// test sees to what a machine can see.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { DESK, openBrowser, OUT, person, PHONE, sideways, startServer, until } from './lib.mjs'
import { fillDay } from './full.mjs'
import { en } from './words.mjs'

let browser, empty, nobody, server, day
const SIZES = { wide: DESK, phone: PHONE }
const LANGUAGES = ['zh', 'en']
// What the institution and its people call themselves is theirs in every language.
const NAMES = /演示站点|松泉皮肤专科门诊部（演示）|管理员|林静|王瑶|苏禾|赵岚|.{1,2}(女士|先生)|问候|门诊时间|挂号流程|请留电话|结束语|中文/g
const CJK = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]/

before(async () => {
  browser = await openBrowser()
  ;[empty, server] = await Promise.all([startServer(), startServer()])
  nobody = await empty.admin()
  day = await fillDay(server)
})
after(async () => {
  await browser?.close()
  await day?.end()
  await Promise.all([empty?.end(), server?.end()])
})

/** Text of the interface alone: what people wrote, and the names they gave, is left out. */
const ours = (page, theirs) => page.evaluate((skip) => {
  const out = []
  const walk = (node) => {
    if (node.nodeType === 3) {
      const text = node.textContent.trim()
      if (text) out.push(text)
    } else if (node.nodeType === 1 || node.nodeType === 11) {
      if (node.nodeType === 1) {
        if (node.matches(skip) || node.lang?.startsWith('zh') || !node.checkVisibility?.()) return
        for (const name of ['aria-label', 'placeholder', 'title']) if (node.getAttribute(name)) out.push(node.getAttribute(name))
      }
      node.childNodes.forEach(walk)
    }
  }
  walk(document.body)
  return out
}, theirs)

/** What the institution and its people wrote. */
const THEIRS = ['.talk .msg', '.row b', '.row .l2', '.row.live .l1', '.row .cut', '.canned li', '.head .who', '.card-col .name', '.kv', '.boxes dd',
  '.trail', '.ctc', '.note', '.talks', '.consent', '.conv-who', '.conv-table td', '.pick .cut', '.face', '.menu-who', '.tbl td', '.el-drawer__title', '.el-drawer .name',
  '.el-drawer .head', '[data-laiyu]', '.login-lang', '.snippet', 'script', 'style', 'input', 'textarea', '.todo .cut', '.tag.accent', '.el-select-dropdown', 'option',
  '.find label', '.drawer-head', '.mark-who', '.hist', '.mates', '.set-site', '.tabs', '.el-select__selected-item'].join(',')

async function check(p, name, language, theirs = THEIRS) {
  const { page } = p
  await page.screenshot({ path: path.join(OUT, `${name}.png`) })
  assert.ok((await sideways(page)) <= 0, `${name}: pushed sideways by ${await sideways(page)} px`)
  assert.equal(await page.evaluate(() => document.documentElement.lang), language === 'zh' ? 'zh-CN' : 'en', `${name}: html lang`)
  const words = await ours(page, theirs)
  assert.ok(words.length > 3, `${name}: nothing on it`)
  const keys = words.filter((text) => en.has(text))
  assert.deepEqual(keys, [], `${name}: untranslated keys`)
  if (language === 'en') assert.deepEqual(words.filter((text) => CJK.test(text.replace(NAMES, ''))), [], `${name}: Chinese in English`)
  assert.deepEqual(p.problems, [], name)
}

/** Tab reaches something, and one sees where one is. */
async function focusSeen(page, name) {
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  const seen = await page.evaluate(() => {
    const at = document.activeElement
    if (!at || at === document.body) return 'nothing has the focus'
    const s = getComputedStyle(at)
    return s.outlineStyle !== 'none' || s.boxShadow !== 'none' ? '' : `not seen on ${at.outerHTML.slice(0, 120)}`
  })
  assert.equal(seen, '', name)
}

/** A browser whose person is signed in already. */
async function open(client, language, size) {
  const p = await person(browser, client.server.url, { size: SIZES[size], language })
  await client.ask('PATCH', '/api/me', { language })
  const [name, value] = client.cookie.split('=')
  await p.context.addCookies([{ name, value, url: client.server.url }])
  return p
}
const settled = (page) => until('the screen', () => page.evaluate(() => !document.querySelector('.bones') && !!document.querySelector('main')))

const SCREENS = ['today', 'conversations?period=any', 'settings/sites', 'settings/people', 'settings/roles', 'settings/canned', 'settings/audit']

for (const language of LANGUAGES) {
  for (const size of Object.keys(SIZES)) {
    test(`empty screens, ${size}, ${language}`, async () => {
      const stranger = await person(browser, empty.url, { size: SIZES[size], language })
      await stranger.goto('/')
      await stranger.page.locator('input[name=login]').waitFor()
      await check(stranger, `login-${size}-${language}`, language)
      await stranger.context.close()
      const p = await open(nobody, language, size)
      await p.goto('/')
      await p.page.locator('.lists').waitFor()
      const paint = await until('the first paint', () => p.page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime))
      assert.ok(paint < 2500, `first paint after ${paint} ms`)
      await settled(p.page)
      await check(p, `empty-reception-${size}-${language}`, language)
      for (const screen of ['today', 'conversations?period=any', 'settings/canned']) {
        await p.goto(`/console/${screen}`)
        await settled(p.page)
        await check(p, `empty-${screen.replace(/[/?=]/g, '-')}-${size}-${language}`, language)
      }
      await p.context.close()
    })

    test(`full screens, ${size}, ${language}`, async () => {
      const [lin] = day.agents
      const p = await open(lin.client, language, size)
      const { page } = p
      await p.goto('/')
      await page.locator('.list-col .row').first().waitFor()
      await settled(page)
      if (size === 'phone') await check(p, `full-list-${size}-${language}`, language)
      await page.goto(`${server.url}/console/reception/${day.mine.id}`)
      await page.locator('.talk .msg').first().waitFor()
      await check(p, `full-reception-${size}-${language}`, language)
      if (size === 'wide') {
        await page.locator('#reply').pressSequentially('/gh')
        await page.locator('.canned [role=option]').first().waitFor()
        await check(p, `full-canned-${size}-${language}`, language)
        await page.locator('#reply').fill('')
        await focusSeen(page, `reception ${language}`)
      } else {
        await page.goto(`${server.url}/console/reception/${day.mine.id}?pane=card`)
        await page.locator('.card-col .kv').waitFor()
        await check(p, `full-card-${size}-${language}`, language)
      }
      await page.goto(`${server.url}/console/today`)
      await settled(page)
      await check(p, `full-today-${size}-${language}`, language)
      await p.context.close()
      const boss = await open(day.admin, language, size)
      for (const screen of SCREENS.slice(1)) {
        await boss.goto(`/console/${screen}`)
        await settled(boss.page)
        await check(boss, `full-${screen.replace(/[/?=]/g, '-')}-${size}-${language}`, language)
      }
      await boss.goto(`/console/conversations?period=any&open=${day.mine.id}`)
      await boss.page.locator('.el-drawer .msg').first().waitFor()
      await check(boss, `full-transcript-${size}-${language}`, language)
      await boss.goto('/console/settings/sites')
      await settled(boss.page)
      await boss.page.locator('.tbl tbody button').first().click()
      await boss.page.locator('.set-page .in').first().waitFor()
      await check(boss, `full-site-${size}-${language}`, language)
      await focusSeen(boss.page, `site ${language}`)
      await boss.context.close()
    })

    test(`the widget, ${size}, ${language}`, async () => {
      const p = await person(browser, server.url, { size: SIZES[size], language })
      const { page } = p
      const ask = async (text) => {
        await page.locator('#ly-input').fill(text)
        await page.locator('#ly-input').press('Enter')
      }
      const shot = async (name) => {
        await page.waitForTimeout(150)
        await page.screenshot({ path: path.join(OUT, `widget-${name}-${size}-${language}.png`) })
        assert.ok((await sideways(page)) <= 0, `${name}: pushed sideways`)
        const words = await page.evaluate(() => {
          const root = document.querySelector('laiyu-widget').shadowRoot
          return [...root.querySelectorAll('button, h3, dt, dd, label, .note, .net, .top small, .consent p, .over, [aria-label]')]
            .filter((e) => e.checkVisibility() && !e.closest('.m'))
            .flatMap((e) => [e.innerText, e.getAttribute('aria-label') ?? '', e.getAttribute('placeholder') ?? '']).join('\n')
        })
        if (language === 'en') assert.doesNotMatch(words.replace(NAMES, ''), CJK, `${name}: Chinese in English: ${words}`)
      }
      await p.goto(language === 'zh' ? '/demo/hand-eczema.html' : '/demo/en.html')
      await page.locator('.launch').waitFor()
      await shot('launcher')
      await page.locator('.launch').click()
      await page.locator('.consent button').first().waitFor()
      await shot('consent')
      await page.locator('.consent button').first().click()
      await ask(language === 'zh' ? '周六上午能看吗？' : 'Are you open on Saturday?')
      await page.locator('.ticks.delivered').waitFor()
      await shot('waiting')
      const id = await page.evaluate(() => localStorage.getItem('laiyu:demo:conv'))
      await day.agents[0].client.ask('POST', `/api/conversations/${id}/take`, {})
      await day.desks[0].say(id, language === 'zh' ? '周六 8:00–12:00 有门诊。' : 'Yes, from 8:00 to 12:00.')
      await page.locator('.ticks.read, .m.you p').nth(1).waitFor()
      await shot('talk')
      p.forgive(/ERR_INTERNET_DISCONNECTED|WebSocket/)
      await day.agents[0].client.ask('POST', `/api/conversations/${id}/close`, {})
      await page.locator('.panel footer:visible .two').waitFor()
      await shot('ended')
      assert.deepEqual(p.problems, [])
      await p.context.close()
      const q = await person(browser, empty.url, { size: SIZES[size], language })
      await q.goto(language === 'zh' ? '/demo/fees.html' : '/demo/en.html')
      await q.page.locator('.launch').click()
      await q.page.locator('.panel form').waitFor()
      await q.page.screenshot({ path: path.join(OUT, `widget-form-${size}-${language}.png`) })
      await q.page.locator('.panel form').getByRole('button').last().click()
      await q.page.locator('.panel form [role=alert], .panel form .bad').first().waitFor()
      await q.page.screenshot({ path: path.join(OUT, `widget-form-faults-${size}-${language}.png`) })
      assert.deepEqual(q.problems, [])
      await q.context.close()
    })
  }
}

test('each figure of Today opens as many rows as it says', async () => {
  const p = await open(day.boss.client, 'zh', 'wide')
  await p.goto('/console/today')
  await p.page.locator('.tile').first().waitFor()
  const figures = await p.page.locator('a.fig[href]').evaluateAll((all) => all.map((a) => [a.innerText.trim(), a.getAttribute('href')]))
  const counted = new Map(figures.filter(([text]) => /^\d+$/.test(text)).map(([text, href]) => [href, Number(text)]))
  assert.ok(counted.size > 40, `${counted.size} figures`)
  let asked = ''
  p.page.on('request', (r) => { if (/\/api\/conversations\?/.test(r.url())) asked = r.url() })
  for (const [href, count] of counted) {
    asked = ''
    await p.page.evaluate((to) => {
      history.pushState({}, '', to)
      dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
    }, href)
    await until(href, () => asked !== '')
    const answer = await p.context.request.get(asked)
    assert.equal((await answer.json()).total, count, `${href} asks ${asked}`)
  }
  assert.deepEqual(p.problems, [])
})

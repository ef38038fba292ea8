// Makes the pictures of the README: docs/pictures/reception.png and docs/pictures/today.png.
//   script/build && node tests/e2e/pictures.mjs
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { openBrowser, person, ROOT, signIn, startServer, until } from './lib.mjs'
import { fillDay } from './full.mjs'

const PICTURES = path.join(ROOT, 'docs/pictures')
mkdirSync(PICTURES, { recursive: true })

const server = await startServer()
const browser = await openBrowser()
let day
try {
  // The clinic's clock shows a quarter past five or so, whenever this runs.
  const offset = ((17 - new Date().getUTCHours() + 36) % 24) - 12
  day = await fillDay(server, { talks: 90 })
  await day.admin.ask('PATCH', `/api/sites/${day.site.id}`, { name: '松泉主站', time_zone: `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}` })
  await day.end()
  await server.stop()
  const trail = readdirSync(server.data).find((name) => /^trail-\d+\.db$/.test(name))
  execFileSync('/usr/bin/python3', [path.join(ROOT, 'tests/e2e/spread.py'), path.join(server.data, 'main.db'),
    path.join(server.data, trail), String(offset), String(Date.now() + 4000)])
  await server.start()
  const pages = [['directions.html', '来院路线'], ['doctors.html', '医生排班'], ['hand-eczema.html', '手部湿疹：护理与就诊'], ['fees.html', '挂号与费用']]
  for (const [i, v] of day.open.entries()) {
    const [page, title] = pages[i % pages.length]
    v.origin = v.headers.origin = server.url
    v.url = v.url.replace(/^http:\/\/[^/]+/, server.url)
    await v.view({ url: v.url.replace(/[^/]*$/, page), referrer: v.url, title })
    await v.connect()
  }
  for (const a of day.agents.slice(1)) await a.client.desk()
  const p = await person(browser, server.url)
  await p.goto(`/console/reception/${day.mine.id}`)
  await signIn(p.page, day.agents[0].login, day.agents[0].password)
  await p.page.locator('.talk .msg').first().waitFor()
  await p.page.locator('.row.live').first().waitFor()
  await p.page.waitForTimeout(2500)
  day.mine.v.socket.send('typing', { text: '那周六上午人多吗，要等多' })
  await p.page.locator('.talk .typing').waitFor()
  await p.page.locator('#reply').pressSequentially('/')
  await p.page.locator('.canned [role=option]').first().waitFor()
  await p.page.waitForTimeout(300)
  await p.page.screenshot({ path: path.join(PICTURES, 'reception.png') })
  await p.page.locator('#reply').fill('')
  await p.goto('/console/today')
  await p.page.locator('.tile').first().waitFor()
  await until('the figures', () => p.page.evaluate(() => !document.querySelector('.bones')))
  await p.page.waitForTimeout(300)
  await p.page.screenshot({ path: path.join(PICTURES, 'today.png') })
  for (const name of ['reception.png', 'today.png']) {
    const { size } = statSync(path.join(PICTURES, name))
    if (size > 400 * 1024) throw new Error(`${name} has ${size} bytes`)
    console.log(`${name} ${size} bytes`)
  }
} finally {
  await browser.close()
  await server.end()
}
process.exit(0)

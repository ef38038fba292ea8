// What the browser tests share: one Chromium, people in windows of their own, lines between them and
// the server that can be cut, and a record of everything that went wrong on a page.
import { mkdir } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { ADMIN, ADMIN_PASSWORD, ROOT, startServer, until, newKey, sleep } from '../lib/server.mjs'

export { ADMIN, ADMIN_PASSWORD, ROOT, startServer, until, newKey, sleep }

export const OUT = path.join(ROOT, 'tests/e2e/out')
export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1440, height: 900 }
const WAIT_MS = 10_000

export async function openBrowser() {
  await mkdir(OUT, { recursive: true })
  return chromium.launch({
    executablePath: process.env.LAIYU_CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

// --- a line that can be cut -----------------------------------------------------------------------

/** Stands between a browser and the server, and behaves as badly as it is told. */
export class Line {
  constructor(server) {
    const { hostname, port } = new URL(server.url)
    this.to = { host: hostname, port: Number(port) }
    this.pairs = new Set()
    this.down = false
    this.deaf = false // what the server says gets lost
  }

  async open() {
    this.listener = net.createServer((near) => this.join(near))
    await new Promise((done) => this.listener.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.listener.address().port}`
    return this
  }

  join(near) {
    if (this.down) return near.destroy()
    const far = net.connect(this.to)
    const pair = { near, far }
    this.pairs.add(pair)
    const end = () => {
      near.destroy()
      far.destroy()
      this.pairs.delete(pair)
    }
    near.on('data', (bytes) => far.write(bytes)).on('error', end).on('close', end)
    far.on('data', (bytes) => this.deaf || near.write(bytes)).on('error', end).on('close', end)
  }

  cut() {
    this.down = true
    for (const { near, far } of this.pairs) {
      near.destroy()
      far.destroy()
    }
    this.pairs.clear()
  }

  mend() {
    this.down = this.deaf = false
  }

  close() {
    this.cut()
    return new Promise((done) => this.listener.close(done))
  }
}

// --- people ---------------------------------------------------------------------------------------

/** A person at a browser: a context of their own, and what went wrong on its pages. */
export class Person {
  constructor(context, base) {
    this.context = context
    this.base = base
    this.problems = []
    this.forgiven = []
  }

  /** What is expected to fail from now on: patterns of the lines in `problems`. */
  forgive(...patterns) {
    this.forgiven.push(...patterns)
  }

  note(text) {
    if (!this.forgiven.some((pattern) => pattern.test(text))) this.problems.push(text)
  }

  async tab() {
    const page = await this.context.newPage()
    page.setDefaultTimeout(WAIT_MS)
    page.on('pageerror', (error) => this.note(`thrown: ${error.stack ?? error}`))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        this.note(`${message.type()}: ${message.text()} ${message.location().url}`)
      }
    })
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? ''
      // Leaving a page ends what it still asked for.
      if (why !== 'net::ERR_ABORTED') this.note(`failed: ${request.method()} ${request.url()} ${why}`)
    })
    page.on('response', (answer) => {
      if (answer.status() >= 400) this.note(`${answer.status()}: ${answer.url()}`)
    })
    this.page = page
    return page
  }

  goto(where) {
    return this.page.goto(this.base + where)
  }
}

export async function person(browser, base, { size = DESK, language = 'zh', ...more } = {}) {
  const context = await browser.newContext({
    viewport: size,
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
    isMobile: size.width < 700,
    hasTouch: size.width < 700,
    acceptDownloads: true,
    ...more,
  })
  const who = new Person(context, base)
  // Nobody is signed in yet: the console asks, and is told so.
  who.forgive(/401.*\/api\/me$/)
  await who.tab()
  return who
}

/** A colleague whose password is their own, ready to sign in. */
export async function hire(admin, login, name, role, language = 'zh') {
  const first = `first-Wood-${login}`
  const password = `spring-Rain-${login}`
  const { user } = await admin.ask('POST', '/api/users', { login, name, role, password: first, language })
  const client = admin.server.client({ language })
  await client.login(login, first)
  await client.changePassword(first, password)
  return { id: user.id, login, name, password, client }
}

export async function signIn(page, login, password) {
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button[type=submit]').click()
}

// --- what is on a screen --------------------------------------------------------------------------

export const texts = (locator) => locator.evaluateAll((all) => all.map((e) => e.innerText.trim()))

/** Waits until what `look` gives is deeply equal to `wanted`, and says what it was otherwise. */
export async function becomes(what, look, wanted, ms = WAIT_MS) {
  const end = Date.now() + ms
  let last
  for (;;) {
    last = await look()
    if (JSON.stringify(last) === JSON.stringify(wanted)) return
    if (Date.now() > end) {
      throw new Error(`${what}:\n  wanted ${JSON.stringify(wanted)}\n  was    ${JSON.stringify(last)}`)
    }
    await sleep(50)
  }
}

/** How far the page can be pushed sideways, in pixels. */
export const sideways = (page) => page.evaluate(() => {
  const root = document.scrollingElement
  return Math.max(root.scrollWidth, document.body.scrollWidth) - window.innerWidth
})

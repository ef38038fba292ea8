// What every story needs: the real server in a folder of its own, people who call it, and visitors
// and consultants on its sockets. Nothing here waits without end.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import WebSocket from 'ws'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const BINARY = path.resolve(ROOT, process.env.LAIYU_BIN || 'build/laiyu')
export const ADMIN = 'admin'
export const ADMIN_PASSWORD = 'paper-Lantern-61'

// Sanitizers make everything several times slower.
const START_MS = 30_000
const STOP_MS = 30_000
const ANSWER_MS = 30_000

// What must not outlive the test, however it ends.
const running = new Set()
const folders = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
// Where the test is killed itself, the kernel sees to it.
const BOUND = ['setpriv', '--pdeathsig', 'KILL', BINARY]
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

/** A key that names one wish: of a message, or of a call that creates. */
export const newKey = () => randomBytes(12).toString('hex')

export function within(ms, what, promise) {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: nothing after ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Asks again until `ask` gives something true, and returns that. */
export async function until(what, ask, ms = ANSWER_MS) {
  const end = Date.now() + ms
  for (;;) {
    const found = await ask()
    if (found) return found
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await sleep(20)
  }
}

/** Runs one command of the executable to its end: { code, stdout, stderr }. */
export async function command(args, { env = {}, ms = 60_000, input } = {}) {
  const child = spawn(BOUND[0], [...BOUND.slice(1), ...args], { env: { ...process.env, ...env }, stdio: 'pipe' })
  running.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes) => (stdout += bytes))
  child.stderr.on('data', (bytes) => (stderr += bytes))
  child.stdin.end(input)
  try {
    const [code] = await within(ms, `laiyu ${args[0]}`, once(child, 'close'))
    return { code, stdout, stderr }
  } finally {
    child.kill('SIGKILL')
    running.delete(child)
  }
}

// --- the server -----------------------------------------------------------------------------------

export class Server {
  /** dir holds data/ and keys/; own: it is removed at the end. */
  constructor(dir, own, options) {
    this.dir = dir
    this.own = own
    if (own) folders.add(dir)
    this.options = options
    this.data = path.join(dir, 'data')
    this.keys = path.join(dir, 'keys')
    this.control = path.join(this.data, 'control.sock')
    this.output = ''
    this.agent = new http.Agent({ keepAlive: true, maxSockets: Infinity })
  }

  async start() {
    const { args = [], env = {}, listen = '127.0.0.1:0' } = this.options
    const full = ['serve', '--data', this.data, '--keys', this.keys, '--listen', listen, ...args]
    const child = spawn(BOUND[0], [...BOUND.slice(1), ...full], {
      env: { ...process.env, LAIYU_ADMIN_PASSWORD: ADMIN_PASSWORD, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    this.began = Date.now()
    this.output = ''
    this.ended = new Promise((done) => {
      child.on('error', (error) => {
        this.output += `${error}\n`
        running.delete(child)
        done({ code: null, signal: null })
      })
      child.on('close', (code, signal) => {
        running.delete(child)
        done({ code, signal })
      })
    })
    running.add(child)
    const address = new Promise((found) => {
      const read = (bytes) => {
        this.output += bytes
        const said = /console\S*\s+(https?:\/\/127\.0\.0\.1:\d+)/.exec(this.output)
        if (said) found(said[1])
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
    })
    const early = this.ended.then(({ code, signal }) => {
      throw new Error(`the server ended (${signal ?? code}) before it listened:\n${this.output}`)
    })
    early.catch(() => undefined)
    try {
      this.url = await within(START_MS, 'start', Promise.race([address, early]))
      const health = () =>
        request(this, 'GET', '/healthz').then((answer) => answer.status === 200, () => false)
      await until('healthz', health, START_MS)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${error.message}\n${this.output}`)
    }
    this.startMs = Date.now() - this.began
    return this
  }

  /** Asks it to end, as a service manager does; it must do so cleanly. */
  async stop() {
    if (!this.child) return
    const { child } = this
    this.child = null
    this.agent.destroy()
    this.agent = new http.Agent({ keepAlive: true, maxSockets: Infinity })
    child.kill('SIGTERM')
    let end
    try {
      end = await within(STOP_MS, 'stop', this.ended)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${error.message}\n${this.output}`)
    }
    if (end.code !== 0) {
      throw new Error(`the server ended with ${end.signal ?? end.code}:\n${this.output}`)
    }
  }

  /** As if the power went. */
  async kill9() {
    const { child } = this
    this.child = null
    child.kill('SIGKILL')
    await within(STOP_MS, 'kill', this.ended)
    this.agent.destroy()
    this.agent = new http.Agent({ keepAlive: true, maxSockets: Infinity })
  }

  /** Stops it if it runs, and removes its folder if it is our own. */
  async end() {
    try {
      await this.stop()
    } finally {
      this.agent.destroy()
      if (this.own) await rm(this.dir, { recursive: true, force: true })
      folders.delete(this.dir)
    }
  }

  client(options) {
    return new Client(this, options)
  }

  /** The first administrator, signed in. */
  async admin() {
    const client = this.client()
    await client.login(ADMIN, ADMIN_PASSWORD)
    return client
  }
}

/** A running server. { args, env, listen, dir }: dir is kept, without it a new one is made. */
export async function startServer(options = {}) {
  const own = !options.dir
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'laiyu-')))
  const server = new Server(dir, own, options)
  try {
    return await server.start()
  } catch (error) {
    if (own) await rm(dir, { recursive: true, force: true })
    throw error
  }
}

// --- calls ----------------------------------------------------------------------------------------

function bodyOf(headers, bytes) {
  const type = headers['content-type'] ?? ''
  const text = bytes.toString('utf8')
  if (!type.startsWith('application/json')) return text
  return text === '' ? null : JSON.parse(text)
}

/** One request: { status, headers, body, bytes }. body is parsed where it is JSON. */
export function request(server, method, target, { headers = {}, body, control = false, ms } = {}) {
  const where = control ? { socketPath: server.control } : addressOf(server.url)
  const json = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)
  const bytes = body === undefined ? null : Buffer.from(json ? JSON.stringify(body) : body)
  const all = { host: 'laiyu', ...headers }
  if (!control) delete all.host
  if (bytes) {
    all['content-length'] = bytes.length
    all['content-type'] ??= json ? 'application/json' : 'text/plain'
  } else if (method !== 'GET') {
    all['content-length'] = 0
  }
  const answer = new Promise((done, fail) => {
    const agent = control ? undefined : server.agent
    const call = http.request({ ...where, method, path: target, headers: all, agent }, (message) => {
      const parts = []
      message.on('data', (part) => parts.push(part))
      message.on('error', fail)
      message.on('end', () => {
        const whole = Buffer.concat(parts)
        try {
          const { statusCode: status, headers: got } = message
          done({ status, headers: got, body: bodyOf(got, whole), bytes: whole })
        } catch (error) {
          fail(new Error(`${method} ${target}: ${error.message}: ${whole.toString().slice(0, 500)}`))
        }
      })
    })
    call.on('error', fail)
    call.end(bytes ?? undefined)
  })
  return within(ms ?? ANSWER_MS, `${method} ${target}`, answer)
}

function addressOf(url) {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

export function withQuery(target, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `${target}?${text}` : target
}

/** An answer that is no success, thrown by the helpers that need one. */
export class Refused extends Error {
  constructor(what, answer) {
    super(`${what}: ${answer.status ?? ''} ${JSON.stringify(answer.body ?? answer)}`)
    this.status = answer.status
    this.code = (answer.body ?? answer)?.code
    this.answer = answer
  }
}

/** A browser of somebody: keeps the cookie and the CSRF token. */
export class Client {
  constructor(server, { language = 'en', headers = {} } = {}) {
    this.server = server
    this.headers = { 'accept-language': language, ...headers }
    this.cookie = ''
    this.csrf = ''
    this.me = null
  }

  async send(method, target, body, { headers = {}, key, query, control } = {}) {
    const all = { ...this.headers }
    if (this.cookie) all.cookie = this.cookie
    if (this.csrf && method !== 'GET') all['x-csrf-token'] = this.csrf
    Object.assign(all, headers) // null leaves one out
    if (key) all['idempotency-key'] = key
    for (const name of Object.keys(all)) if (all[name] === null) delete all[name]
    const answer = await request(this.server, method, withQuery(target, query), {
      headers: all,
      body,
      control,
    })
    for (const line of answer.headers['set-cookie'] ?? []) this.cookie = line.split(';')[0]
    return answer
  }

  get(target, query, options) {
    return this.send('GET', target, undefined, { ...options, query })
  }
  post(target, body, options) {
    return this.send('POST', target, body, options)
  }
  patch(target, body, options) {
    return this.send('PATCH', target, body, options)
  }
  delete(target, options) {
    return this.send('DELETE', target, undefined, options)
  }

  /** The same calls where anything but success is an exception; they give the body alone. */
  async ask(method, target, body, options) {
    const answer = await this.send(method, target, body, options)
    if (answer.status < 200 || answer.status > 299) throw new Refused(`${method} ${target}`, answer)
    return answer.body
  }

  async login(login, password) {
    this.cookie = ''
    this.csrf = ''
    this.me = await this.ask('POST', '/api/login', { login, password })
    this.csrf = this.me.csrf
    return this.me
  }

  async changePassword(old, next) {
    const { csrf } = await this.ask('POST', '/api/me/password', { old, new: next })
    this.csrf = csrf
  }

  /** A new colleague, signed in with a password of his own. */
  async colleague(login, role, { name = login, password = `spring-Rain-${login}` } = {}) {
    const first = `first-Wood-${login}`
    await this.ask('POST', '/api/users', { login, name, role, password: first, language: 'en' })
    const client = this.server.client()
    await client.login(login, first)
    await client.changePassword(first, password)
    await client.login(login, password)
    client.password = password
    return client
  }

  site(name = 'Story clinic', origins = ['http://clinic.test']) {
    return this.ask('POST', '/api/sites', {
      name,
      origins,
      time_zone: 'Asia/Shanghai',
      institution: 'Story Clinic Ltd',
    })
  }

  /** The consultant's socket, greeted. since: resume after that change. */
  async desk(options) {
    const desk = new Desk(this)
    await desk.connect(options)
    return desk
  }
}

// --- sockets --------------------------------------------------------------------------------------

/** Frames over one WebSocket: asked ones by `re`, the others in `pushes`, in order. */
export class Socket {
  constructor(url, headers) {
    this.ws = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: ANSWER_MS,
    })
    this.pushes = []
    this.asked = new Map()
    this.waiting = new Set()
    this.count = 0
    this.onPush = null
    this.onFrame = null // every frame in the order of the wire, answers too
    this.closed = new Promise((done) => {
      this.ws.on('close', (code, reason) => {
        const end = { code, reason: reason.toString() }
        this.ended = end
        for (const { fail } of this.asked.values()) fail(new Error(`closed with ${code}`))
        this.asked.clear()
        for (const wait of this.waiting) wait()
        done(end)
      })
    })
    this.ws.on('message', (bytes) => this.take(JSON.parse(bytes.toString('utf8'))))
    this.opened = new Promise((done, fail) => {
      this.ws.once('open', done)
      this.ws.once('unexpected-response', (_, message) => {
        const parts = []
        message.on('data', (part) => parts.push(part))
        message.on('end', () => {
          const body = bodyOf(message.headers, Buffer.concat(parts))
          fail(new Refused('upgrade', { status: message.statusCode, body }))
        })
      })
      this.ws.on('error', fail)
    })
    this.opened.catch(() => undefined)
  }

  take(frame) {
    if (this.onFrame) this.onFrame(frame)
    const asked = frame.re !== undefined && this.asked.get(frame.re)
    if (asked) {
      this.asked.delete(frame.re)
      if (frame.t === 'error') asked.fail(new Refused(asked.t, frame))
      else asked.done(frame)
      return
    }
    this.pushes.push(frame)
    if (this.onPush) this.onPush(frame)
    for (const wait of this.waiting) wait()
  }

  send(t, fields = {}) {
    this.ws.send(JSON.stringify({ t, ...fields }))
  }

  /** Sends a frame and gives its answer; an error frame is a Refused. */
  ask(t, fields = {}, ms = ANSWER_MS) {
    const re = String(++this.count)
    const answer = new Promise((done, fail) => this.asked.set(re, { t, done, fail }))
    if (this.ended) return Promise.reject(new Error(`closed with ${this.ended.code}`))
    this.send(t, { ...fields, re })
    return within(ms, `frame ${t}`, answer).finally(() => this.asked.delete(re))
  }

  /** The first push, from `from` on, that fits; the ones before it stay in `pushes`. */
  next(t, fits = () => true, { from = 0, ms = ANSWER_MS } = {}) {
    const look = () => this.pushes.slice(from).find((frame) => frame.t === t && fits(frame))
    let wait
    const found = new Promise((done, fail) => {
      wait = () => {
        const frame = look()
        if (frame) done(frame)
        else if (this.ended) fail(new Error(`closed with ${this.ended.code} before ${t}`))
      }
      this.waiting.add(wait)
      wait()
    })
    return within(ms, `push ${t}`, found).finally(() => this.waiting.delete(wait))
  }

  close(code = 1000) {
    this.ws.close(code)
    return within(ANSWER_MS, 'close', this.closed)
  }

  /** Cuts the line without a word, as a lost network does. */
  drop() {
    this.ws.terminate()
    return this.closed
  }
}

const socketUrl = (server, target) => server.url.replace(/^http/, 'ws') + target

/** Somebody on the institution's website. */
export class Visitor {
  constructor(server, site, { origin = 'http://clinic.test', language = 'en', token = '' } = {}) {
    this.server = server
    this.site = site.key ?? site
    this.origin = origin
    this.headers = { origin, 'accept-language': language }
    this.token = token
    this.visit = null
    this.n = 0
    this.conversation = null
    this.lastNumber = 0
    this.agent = server.agent
  }

  /** A call of the widget, as a page of another origin sends it. */
  call(target, fields, { type = 'text/plain' } = {}) {
    const body = JSON.stringify({ site: this.site, ...fields })
    return request(this.server, 'POST', target, {
      headers: { ...this.headers, 'content-type': type },
      body,
    })
  }

  /** Opens a page; issues the token the first time. */
  async view({ url = `${this.origin}/`, referrer = '', title = 'Story Clinic', ...more } = {}) {
    const answer = await this.call('/w/view', {
      visitor: this.token,
      url,
      referrer,
      title,
      screen: '390x844',
      language: 'zh-CN',
      key: newKey(),
      ...more,
    })
    if (answer.status !== 200) throw new Refused('view', answer)
    this.token = answer.body.visitor
    this.visit = answer.body.visit
    this.n = answer.body.n
    this.widget = answer.body.widget
    this.url = url
    this.title = title
    return answer.body
  }

  /** The socket, greeted; gives the chat's state. */
  async connect({ since = this.lastNumber, hello = true, headers = {} } = {}) {
    this.socket = new Socket(socketUrl(this.server, '/w/live'), { ...this.headers, ...headers })
    await within(ANSWER_MS, 'open', this.socket.opened)
    return hello ? this.hello(since) : null
  }

  async hello(since = this.lastNumber) {
    const state = await this.socket.ask('hello', {
      site: this.site,
      visitor: this.token,
      visit: this.visit,
      n: this.n,
      since,
      conversation: this.conversation,
    })
    this.conversation = state.conversation
    return state
  }

  async open(anchor = '') {
    const state = await this.socket.ask('open', { url: this.url, title: this.title, anchor })
    this.conversation = state.conversation
    return state
  }

  /** Writes; the answer is the acknowledgement { number, key, at }. */
  say(text, key = newKey()) {
    return this.socket.ask('say', { key, text })
  }

  close() {
    return this.socket.close()
  }
}

/** A consultant's console on its socket. */
export class Desk {
  constructor(client) {
    this.client = client
    this.since = 0
  }

  async connect({ since = this.since, hello = true, headers = {} } = {}) {
    this.socket = new Socket(socketUrl(this.client.server, '/api/live'), {
      cookie: this.client.cookie,
      origin: this.client.server.url,
      'accept-language': 'en',
      ...headers,
    })
    await within(ANSWER_MS, 'open', this.socket.opened)
    return hello ? this.hello(since) : null
  }

  async hello(since = this.since) {
    this.reception = await this.socket.ask('hello', { since, csrf: this.client.csrf })
    this.since = this.reception.seq
    return this.reception
  }

  say(conversation, text, key = newKey()) {
    return this.socket.ask('say', { conversation, key, text })
  }

  close() {
    return this.socket.close()
  }
}

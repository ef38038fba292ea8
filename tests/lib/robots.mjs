// Visitors and consultants as their programs are: what they write stands in an outbox until it is
// acknowledged, whatever happens to the line; what they see is checked as it comes.
import { newKey, sleep, Refused, Visitor, Desk } from './server.mjs'

const GIVE_UP_MS = 60_000

/** Is this only the line, or a server that is too busy, so that one tries again? */
function passes(error) {
  if (error instanceof Refused) return ['overloaded', 'too_many_calls', 'store_busy'].includes(error.code)
  return /closed with|ECONN|socket hang up|EPIPE|before the connection was established/.test(
    `${error.message} ${error.code ?? ''}`,
  )
}

/** Tries until it works; only what passes is tried again. */
export async function insist(random, fn) {
  const end = Date.now() + GIVE_UP_MS
  for (;;) {
    try {
      return await fn()
    } catch (error) {
      if (!passes(error) || Date.now() > end) throw error
      await sleep(5 + random.below(60))
    }
  }
}

class Robot {
  constructor(random, drops) {
    this.random = random
    this.drops = drops // the chance that the line is cut after a round of writing
    this.outbox = []
    this.acked = new Map() // key -> { number, at }
    this.wrong = []
    this.cuts = this.resends = 0
  }

  get line() {
    return this.side.socket
  }

  connected() {
    return this.line && !this.line.ended && this.line.ws.readyState === 1
  }

  acknowledged(message, { number, at }) {
    const before = this.acked.get(message.key)
    if (!before) this.acked.set(message.key, { number, at })
    else if (before.number !== number || before.at !== at)
      this.wrong.push(`${message.key} was ${before.number} ${before.at}, now ${number} ${at}`)
  }

  write(message) {
    if (message.sent) this.resends++
    message.sent = true
    return this.post(message).then((answer) => this.acknowledged(message, answer))
  }

  /** Cuts the line at once, or in the middle of what comes next. */
  async cut() {
    this.cuts++
    const { line } = this
    if (this.random() < 0.5) await sleep(this.random.below(8))
    await line.drop()
  }

  /** Until everything in the outbox is acknowledged. */
  async flush() {
    for (;;) {
      const left = this.outbox.filter((m) => !this.acked.has(m.key))
      if (left.length === 0) return
      if (!this.connected()) await this.connect()
      const writing = left.map((m) => this.write(m))
      // Now and then what is known is sent once more: its answer must be the first one's.
      if (this.outbox.length > left.length && this.random() < 0.1) {
        const known = this.outbox.filter((m) => this.acked.has(m.key))
        writing.push(this.write(this.random.pick(known)))
      }
      const ends = Promise.allSettled(writing)
      if (this.random() < this.drops) await this.cut()
      for (const end of await ends)
        if (end.status === 'rejected' && !passes(end.reason)) throw end.reason
    }
  }

  async stop() {
    if (this.line && !this.line.ended) await this.line.drop()
  }
}

/** A visitor with one conversation. stream: what his page shows, in order. */
export class VisitorRobot extends Robot {
  constructor(server, site, random, { drops = 0.2, ...options } = {}) {
    super(random, drops)
    this.side = new Visitor(server, site, options)
    this.stream = []
    this.conversation = null
    this.state = null
  }

  take(frame) {
    if (frame.t === 'message') {
      this.add(frame)
    } else if (frame.t === 'state') {
      this.state = frame.state
    } else if (Array.isArray(frame.messages)) {
      this.state = frame.state
      for (const message of frame.messages)
        if (message.number > this.stream.length) this.add(message)
    }
  }

  add({ number, key, sender, text, at }) {
    if (number !== this.stream.length + 1)
      this.wrong.push(`visitor saw ${number} after ${this.stream.length}`)
    this.stream.push({ number, key, sender, text, at })
  }

  async connect() {
    await insist(this.random, async () => {
      await this.side.connect({ hello: false })
      this.line.onFrame = (frame) => this.take(frame)
      const state = await this.side.hello(this.stream.length)
      this.conversation = state.conversation ?? this.conversation
      this.side.conversation = this.conversation
    })
  }

  /** Frames but messages: again until one is answered. */
  async frame(t, fields) {
    const answer = await insist(this.random, async () => {
      if (!this.connected()) await this.connect()
      return this.line.ask(t, fields)
    })
    if (t === 'open') this.conversation = this.side.conversation = answer.conversation
    return answer
  }

  post({ key, text }) {
    return this.side.say(text, key)
  }

  async say(...texts) {
    const messages = texts.map((text) => ({ key: newKey(), text }))
    this.outbox.push(...messages)
    await this.flush()
    return messages.map(({ key }) => this.acked.get(key))
  }

  /** All written by then is on the page. */
  async caughtUp(number) {
    const end = Date.now() + GIVE_UP_MS
    while (this.stream.length < number) {
      if (!this.connected()) await this.connect()
      if (Date.now() > end) throw new Error(`visitor stays at ${this.stream.length} of ${number}`)
      await sleep(10)
    }
  }
}

/** A consultant's console on one account. threads: conversation -> messages as the desk shows them. */
export class DeskRobot extends Robot {
  constructor(client, random, { drops = 0.1 } = {}) {
    super(random, drops)
    this.client = client
    this.side = new Desk(client)
    this.threads = new Map()
    this.rows = new Map() // conversation -> its newest row
    this.connecting = null
    this.filling = new Set()
  }

  thread(id) {
    if (!this.threads.has(id)) this.threads.set(id, [])
    return this.threads.get(id)
  }

  take(frame) {
    if (frame.seq) this.side.since = Math.max(this.side.since, frame.seq)
    if (frame.t === 'message') this.pushed(frame)
    else if (frame.t === 'conversation') this.row(frame)
    else if (frame.t === 'gone') this.gone(frame.id)
    else if (frame.conversations) this.greeted(frame)
  }

  greeted({ whole, conversations }) {
    if (whole) this.rows.clear()
    for (const row of conversations) {
      this.row(row)
      if (row.last_number > this.upTo(row.id)) this.fill(row.id)
    }
  }

  gone(id) {
    this.rows.delete(id)
    this.threads.delete(id)
  }

  row(row) {
    const known = this.rows.get(row.id)
    if (known && known.seq > row.seq) this.wrong.push(`row ${row.id}: ${row.seq} after ${known.seq}`)
    this.rows.set(row.id, row)
  }

  /** No number comes twice on one line, and none is left out but what was there before hello. */
  pushed({ conversation, message }) {
    const thread = this.thread(conversation)
    const last = this.last.get(conversation)
    if (last !== undefined && message.number !== last + 1)
      this.wrong.push(`desk saw ${conversation}/${message.number} after ${last}`)
    this.last.set(conversation, message.number)
    if (message.number > this.upTo(conversation) + 1) this.fill(conversation)
    this.add(thread, message)
  }

  /** How many of a thread stand without a hole. */
  upTo(id) {
    const thread = this.thread(id)
    for (let i = 0; i < thread.length; i++) if (!thread[i]) return i
    return thread.length
  }

  add(thread, message) {
    const known = thread[message.number - 1]
    if (!known) thread[message.number - 1] = message
    else if (known.key !== message.key || known.text !== message.text)
      this.wrong.push(`number ${message.number} was ${known.key}, now ${message.key}`)
  }

  /** What a resumed console must ask for itself: the messages between. */
  fill(id) {
    const task = insist(this.random, async () => {
      const thread = this.thread(id)
      const { messages } = await this.client.ask('GET', `/api/conversations/${id}/messages`, undefined, {
        query: { after: this.upTo(id), limit: 200 },
      })
      for (const message of messages) this.add(thread, message)
    }).finally(() => this.filling.delete(task))
    this.filling.add(task)
    task.catch((error) => this.wrong.push(error.message))
  }

  connect() {
    this.connecting ??= insist(this.random, async () => {
      await this.side.connect({ hello: false })
      this.last = new Map()
      this.line.onFrame = (frame) => this.take(frame)
      await this.line.ask('hello', { since: this.side.since, csrf: this.client.csrf })
    }).finally(() => (this.connecting = null))
    return this.connecting
  }

  post({ conversation, key, text }) {
    return this.side.say(conversation, text, key)
  }

  /** Several conversations at once share this line, so each message is its own round. */
  async say(conversation, ...texts) {
    const done = []
    for (const text of texts) {
      const message = { conversation, key: newKey(), text }
      this.outbox.push(message)
      while (!this.acked.has(message.key)) {
        await this.connectOnce()
        const again = this.random() < 0.05 ? this.write(message) : null
        const ends = Promise.allSettled([this.write(message), again])
        if (this.random() < this.drops) await this.cut()
        for (const end of await ends)
          if (end.status === 'rejected' && !passes(end.reason)) throw end.reason
      }
      done.push(this.acked.get(message.key))
    }
    return done
  }

  async connectOnce() {
    if (this.connecting || !this.connected()) await this.connect()
  }

  /** The thread of a conversation holds everything up to this number. */
  async caughtUp(id, number) {
    const end = Date.now() + GIVE_UP_MS
    while (this.upTo(id) < number) {
      await this.connectOnce()
      if (Date.now() > end)
        throw new Error(`desk has ${this.upTo(id)} of ${number} of ${id}: ${this.wrong.slice(0, 3).join('; ')}`)
      await sleep(10)
    }
  }
}

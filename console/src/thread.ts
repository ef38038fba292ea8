// What the console knows of conversations, as plain values: which state is newer, which messages
// stand without a gap, which of one's own are still on their way. No sockets and no screens here.
import type { Conversation, Message } from './wire'

/**
 * What a message changes in its conversation: the server sends the message alone. The change number
 * stays, so that a state that comes under the same number is still taken.
 */
export function spoken(c: Conversation, m: Message): Conversation {
  if (m.number <= c.last_number) return c
  if (m.sender === 'system') return { ...c, last_number: m.number }
  const visitor = m.sender === 'visitor'
  return { ...c, last_number: m.number, last_at: m.at, last_from: m.sender, last_text: m.text.slice(0, 60),
    unanswered_since: visitor ? c.unanswered_since ?? m.at : null,
    visitor_count: c.visitor_count + (visitor ? 1 : 0), agent_count: c.agent_count + (visitor ? 0 : 1),
    first_visitor_at: c.first_visitor_at ?? (visitor ? m.at : null), first_agent_at: c.first_agent_at ?? (visitor ? null : m.at) }
}

/** Newer seq wins; what is gone stays gone until something newer comes. */
export class Shelf {
  readonly all = new Map<string, Conversation>()
  private readonly gone = new Map<string, number>()
  /** The largest change number seen: where a reconnecting socket goes on. */
  seq = 0

  put(c: Conversation): boolean {
    this.seq = Math.max(this.seq, c.seq)
    const old = this.all.get(c.id)
    if (old && old.seq >= c.seq) return false
    const left = this.gone.get(c.id)
    if (left !== undefined) {
      if (left >= c.seq) return false
      this.gone.delete(c.id)
    }
    this.all.set(c.id, c)
    return true
  }

  hear(id: string, message: Message, seq: number): boolean {
    this.seq = Math.max(this.seq, seq)
    const c = this.all.get(id)
    if (!c || message.number <= c.last_number) return false
    this.all.set(id, spoken(c, message))
    return true
  }

  drop(id: string, seq: number): boolean {
    this.seq = Math.max(this.seq, seq)
    const old = this.all.get(id)
    if (old && old.seq > seq) return false
    this.gone.set(id, Math.max(seq, this.gone.get(id) ?? 0))
    return this.all.delete(id)
  }

  /** A full picture: what it does not name is not there any more. */
  replace(conversations: Conversation[], seq: number): void {
    const named = new Set(conversations.map((c) => c.id))
    for (const [id, c] of this.all) if (!named.has(id) && c.seq <= seq) this.all.delete(id)
    for (const c of conversations) this.put(c)
    this.seq = Math.max(this.seq, seq)
  }
}

/** The messages of one conversation by number, without a gap from the first one known. */
export class Thread {
  messages: Message[] = []
  private waiting = new Map<number, Message>()

  get last(): number {
    const end = this.messages[this.messages.length - 1]
    return end ? end.number : 0
  }

  /** True while something newer is known than stands here: fetch what comes after `last`. */
  get gap(): boolean {
    return this.waiting.size > 0
  }

  /** Takes messages in any order and any number of times. Returns whether anything was added. */
  add(incoming: Message[]): boolean {
    let added = false
    const first = this.messages[0]
    const older: Message[] = []
    for (const m of incoming) {
      if (first && m.number < first.number) older.push(m)
      else if (m.number > this.last) this.waiting.set(m.number, m)
    }
    if (older.length) {
      const fresh = new Map(older.map((m) => [m.number, m]))
      this.messages = [...[...fresh.values()].sort((a, b) => a.number - b.number), ...this.messages]
      added = true
    }
    if (!this.messages.length && this.waiting.has(1)) added = this.shift(1) || added
    while (this.messages.length && this.waiting.has(this.last + 1)) added = this.shift(this.last + 1) || added
    return added
  }

  /** A whole answer of the server: it begins where it begins, whatever stood here. */
  begin(all: Message[]): void {
    const sorted = [...all].sort((a, b) => a.number - b.number)
    const late = this.messages.filter((m) => m.number > (sorted[sorted.length - 1]?.number ?? 0))
    const kept = [...late, ...this.waiting.values()]
    this.messages = sorted
    this.waiting.clear()
    this.add(kept)
  }

  /** Bodies in full after a reveal; numbers and order stay. */
  reveal(full: Message[]): void {
    const by = new Map(full.map((m) => [m.number, m]))
    this.messages = this.messages.map((m) => by.get(m.number) ?? m)
  }

  has(key: string): boolean {
    return this.messages.some((m) => m.key === key)
  }

  private shift(number: number): boolean {
    const m = this.waiting.get(number)
    if (!m) return false
    this.waiting.delete(number)
    this.messages = [...this.messages, m]
    return true
  }
}

export interface Unsent {
  conversation: string
  key: string
  text: string
  at: number
  state: 'pending' | 'failed'
  reason: string
}

/** One's own words until the server has them. The key stays the same however often they are sent. */
export class Outbox {
  constructor(public items: Unsent[] = []) {}

  add(conversation: string, key: string, text: string, at: number): Unsent {
    const item: Unsent = { conversation, key, text, at, state: 'pending', reason: '' }
    this.items = [...this.items, item]
    return item
  }
  acked(key: string): void {
    this.items = this.items.filter((i) => i.key !== key)
  }
  failed(key: string, reason: string): void {
    this.items = this.items.map((i) => (i.key === key ? { ...i, state: 'failed', reason } : i))
  }
  retry(key: string): Unsent | undefined {
    this.items = this.items.map((i) => (i.key === key ? { ...i, state: 'pending', reason: '' } : i))
    return this.items.find((i) => i.key === key)
  }
  pending(): Unsent[] {
    return this.items.filter((i) => i.state === 'pending')
  }
  of(conversation: string): Unsent[] {
    return this.items.filter((i) => i.conversation === conversation)
  }
}

/** Waits between attempts: doubling from half a second to 20 s, each within half and whole of it. */
export function backoff(attempt: number, random: () => number): number {
  const top = Math.min(20_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.round(top / 2 + random() * (top / 2))
}

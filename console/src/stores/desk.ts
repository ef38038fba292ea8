// The reception desk: what the socket brings, made reactive. Rules stand in thread.ts and live.ts.
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowReactive, shallowRef } from 'vue'
import { ApiError, csrfToken, get, newKey, patch, post } from '../api'
import { say, tell, wordsOf } from '../errors'
import { i18n } from '../i18n'
import { browserSurroundings, Link, type Frame, type LinkState } from '../live'
import { serverNow, setClockOffset } from '../now'
import { Outbox, Shelf, Thread, type Unsent } from '../thread'
import type { Contact, ContactFull, Conversation, ConversationFull, LiveVisitor, LiveVisitors, Message,
  Messages, Reception, Revealed, Visitor } from '../wire'
import { usePrefs } from './prefs'
import { useSession } from './session'

export interface OpenTalk {
  messages: Message[]
  contacts: (Contact | ContactFull)[]
  visitor: Visitor | null
  state: 'loading' | 'ready' | 'failed'
  revealed: boolean
  /** Name and note as they were before they were shown in full. */
  veiled?: { name: string; note: string }
}

const OUTBOX = 'laiyu.outbox'
const DRAFTS = 'laiyu.drafts'
const AVAILABLE = 'laiyu.available'
const HICCUP = 1500 // a reconnect within that is nobody's business
const FULL_AFTER = 5 * 60_000 // away longer than this: ask for the whole picture

function kept<T>(key: string, otherwise: T): T {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '') as T
  } catch {
    return otherwise
  }
}

export const useDesk = defineStore('desk', () => {
  const session = useSession()
  const prefs = usePrefs()

  const shelf = new Shelf()
  const list = shallowRef<Conversation[]>([])
  const threads = new Map<string, Thread>()
  const talks = shallowReactive(new Map<string, OpenTalk>())
  const typing = reactive(new Map<string, { text: string; at: number }>())
  const unread = reactive(new Map<string, number>())
  const outbox = new Outbox(kept<Unsent[]>(OUTBOX, []))
  const unsent = shallowRef<Unsent[]>(outbox.items)
  const drafts = reactive<Record<string, string>>(kept(DRAFTS, {}))
  const state = ref<LinkState>('off')
  const network = ref(navigator.onLine)
  const late = ref(false) // the line is away longer than a hiccup
  const ready = ref(false)
  const selected = ref('')
  const available = ref(true)
  const visitors = shallowRef<LiveVisitor[]>([])
  const visitorTotal = ref(0)
  const visitorsChanged = ref(0)

  let link: Link | null = null
  let lostAt = 0
  let lateTimer = 0
  let greeted = false
  let askedWhy = 0
  const inFlight = new Set<string>()
  const read = new Map<string, number>()

  // ---- conversations --------------------------------------------------------------------------

  function refreshList(): void {
    list.value = [...shelf.all.values()]
  }
  function noteUnread(before: Conversation | undefined, after: Conversation): void {
    if (after.id === selected.value && !document.hidden) {
      unread.delete(after.id)
    } else if (after.last_from === 'agent' || after.state === 'closed') {
      unread.delete(after.id)
    } else if (before) {
      const more = after.visitor_count - before.visitor_count
      if (more > 0) unread.set(after.id, (unread.get(after.id) ?? 0) + more)
    } else if (after.last_from === 'visitor' && after.state !== 'opened') {
      unread.set(after.id, after.agent_count ? 1 : after.visitor_count)
    }
  }
  function put(c: Conversation): void {
    const before = shelf.all.get(c.id)
    if (!shelf.put(c)) return
    if (c.state === 'closed') typing.delete(c.id)
    noteUnread(before, c)
    refreshList()
    const thread = threads.get(c.id)
    const talk = talks.get(c.id)
    if (!thread || talk?.state !== 'ready') return
    if (c.last_number > thread.last) void fill(c.id)
    if (c.contacts !== talk.contacts.length) void freshen(c.id)
  }
  function get_(id: string): Conversation | undefined {
    return list.value.find((c) => c.id === id)
  }

  // ---- messages -------------------------------------------------------------------------------

  function change(id: string, fields: Partial<OpenTalk>): void {
    const talk = talks.get(id)
    if (talk) talks.set(id, { ...talk, ...fields })
  }
  async function open(id: string, again = false): Promise<void> {
    if (!talks.has(id)) {
      talks.set(id, { messages: [], contacts: [], visitor: null, state: 'loading', revealed: false })
      threads.set(id, new Thread())
    } else if (!again && talks.get(id)!.state !== 'failed') {
      return
    }
    try {
      const full = await get<ConversationFull>(`/api/conversations/${id}`)
      const thread = threads.get(id) ?? new Thread()
      thread.begin(full.messages)
      threads.set(id, thread)
      put(full.conversation)
      if (!shelf.all.has(id)) shelf.put(full.conversation)
      talks.set(id, { messages: thread.messages, contacts: full.contacts, visitor: full.visitor,
        state: 'ready', revealed: false })
      settle(id)
      if (full.conversation.last_number > thread.last) await fill(id)
    } catch (problem) {
      change(id, { state: 'failed' })
      if (problem instanceof ApiError && (problem.status === 404 || problem.status === 403)) lose(id, shelf.seq)
      else say(problem)
    }
  }
  /** What stands on the card beside the words: the trail, the contacts that were found. */
  async function freshen(id: string): Promise<void> {
    try {
      const full = await get<ConversationFull>(`/api/conversations/${id}`)
      const talk = talks.get(id)
      const { name, note } = full.visitor
      const visitor = talk?.veiled && talk.visitor ? { ...full.visitor,
        name: name === talk.veiled.name ? talk.visitor.name : name,
        note: note === talk.veiled.note ? talk.visitor.note : note } : full.visitor
      change(id, { visitor, ...(talk?.revealed ? {} : { contacts: full.contacts }) })
    } catch {
      // What is shown stays; the next change asks again.
    }
  }
  const filling = new Set<string>()
  async function fill(id: string): Promise<void> {
    const thread = threads.get(id)
    if (!thread || filling.has(id)) return
    filling.add(id)
    try {
      for (;;) {
        const after = thread.last
        const answer = await get<Messages>(`/api/conversations/${id}/messages`, { after, limit: 200 })
        thread.add(answer.messages)
        if (thread.last === after || thread.last >= answer.last_number) break
      }
      change(id, { messages: thread.messages })
      settle(id)
    } catch {
      // The next push or the next connection asks again.
    } finally {
      filling.delete(id)
    }
  }
  /** A message that stands in the thread is not on its way any more. */
  function settle(id: string): void {
    const thread = threads.get(id)
    if (!thread) return
    for (const item of outbox.of(id)) if (thread.has(item.key)) outbox.acked(item.key)
    keepOutbox()
  }
  function hearMessage(id: string, message: Message, seq: number): void {
    if (message.sender === 'visitor') typing.delete(id)
    const before = shelf.all.get(id)
    if (shelf.hear(id, message, seq)) {
      noteUnread(before, shelf.all.get(id)!)
      refreshList()
    }
    const thread = threads.get(id)
    if (!thread || talks.get(id)?.state !== 'ready') return
    const talk = talks.get(id)!
    if (thread.add([message])) change(id, { messages: thread.messages })
    if (thread.gap) void fill(id)
    settle(id)
    if (talk.revealed && message.sender === 'visitor') change(id, { revealed: false })
  }

  // ---- sending --------------------------------------------------------------------------------

  function keepOutbox(): void {
    unsent.value = outbox.items
    sessionStorage.setItem(OUTBOX, JSON.stringify(outbox.items))
  }
  function write(id: string, text: string): void {
    const item = outbox.add(id, newKey(), text, serverNow())
    keepOutbox()
    void push(item)
  }
  async function push(item: Unsent): Promise<void> {
    if (!link || inFlight.has(item.key)) return
    inFlight.add(item.key)
    try {
      const answer = await link.ask({ t: 'say', conversation: item.conversation, key: item.key, text: item.text }, 15_000)
      place(item, Number(answer.number), String(answer.at))
    } catch (problem) {
      const error = problem as ApiError
      if (error.code === 'timeout') restart() // a line that does not answer is no line
      else if (error.code !== 'offline') {
        outbox.failed(item.key, wordsOf(error))
        keepOutbox()
      }
    } finally {
      inFlight.delete(item.key)
    }
  }
  function place(item: Unsent, number: number, at: string): void {
    const me = session.me
    if (me) {
      hearMessage(item.conversation, { number, key: item.key, sender: 'agent', agent_id: me.user.id, name: me.user.name,
        at, text: item.text, erased: false }, shelf.seq)
    }
    outbox.acked(item.key)
    keepOutbox()
  }
  async function resendAll(): Promise<void> {
    // One after the other within a conversation, so that they stand in the order they were written.
    for (const item of outbox.pending()) await push(item)
  }
  function retry(key: string): void {
    const item = outbox.retry(key)
    keepOutbox()
    if (item) void push(item)
  }
  function discard(key: string): void {
    outbox.acked(key)
    keepOutbox()
  }
  function keepDraft(id: string, text: string): void {
    if (text) drafts[id] = text
    else delete drafts[id]
    sessionStorage.setItem(DRAFTS, JSON.stringify(drafts))
  }

  // ---- acts -----------------------------------------------------------------------------------

  async function take(id: string): Promise<boolean> {
    try {
      put(await post<Conversation>(`/api/conversations/${id}/take`))
      return true
    } catch (problem) {
      say(problem)
      return false
    }
  }
  async function close(id: string): Promise<void> {
    try {
      put(await post<Conversation>(`/api/conversations/${id}/close`))
    } catch (problem) {
      say(problem)
    }
  }
  async function reveal(id: string): Promise<void> {
    try {
      const answer = await post<Revealed>(`/api/conversations/${id}/reveal`)
      const thread = threads.get(id)
      thread?.reveal(answer.messages)
      const was = talks.get(id)
      const visitor = was?.visitor ? { ...was.visitor, name: answer.name, note: answer.note } : null
      change(id, { messages: thread?.messages ?? [], contacts: answer.contacts, revealed: true, visitor,
        veiled: was?.veiled ?? (was?.visitor ? { name: was.visitor.name, note: was.visitor.note } : undefined) })
      tell(i18n.global.t('card.revealed'))
    } catch (problem) {
      say(problem)
    }
  }
  async function invite(visitor: string): Promise<void> {
    try {
      await post(`/api/visitors/${visitor}/invite`)
      visitors.value = visitors.value.map((v) => (v.visitor_id === visitor ? { ...v, invited: 'shown' } : v))
      tell(i18n.global.t('reception.inviteSent'))
    } catch (problem) {
      say(problem)
    }
  }
  async function changeVisitor(id: string, visitor: string, fields: { name?: string; note?: string }): Promise<boolean> {
    try {
      await patch(`/api/visitors/${visitor}`, fields)
      const talk = talks.get(id)
      if (talk?.visitor) change(id, { visitor: { ...talk.visitor, ...fields } })
      if (fields.note !== undefined) tell(i18n.global.t('card.noteSaved'))
      return true
    } catch (problem) {
      say(problem)
      return false
    }
  }
  function markRead(id: string): void {
    unread.delete(id)
    const c = get_(id)
    const last = threads.get(id)?.last ?? 0
    if (!c || c.state !== 'active' || c.agent_id !== session.userId || !last || read.get(id) === last) return
    if (document.hidden) return
    if (link?.tell({ t: 'read', conversation: id, number: last })) read.set(id, last)
  }
  function tellTyping(id: string, on: boolean): void {
    link?.tell({ t: 'typing', conversation: id, typing: on })
  }
  function setAvailable(on: boolean): void {
    available.value = on
    localStorage.setItem(`${AVAILABLE}.${session.userId}`, on ? '1' : '0')
    link?.tell({ t: 'presence', available: on })
  }
  async function loadVisitors(): Promise<void> {
    try {
      const answer = await get<LiveVisitors>('/api/visitors', { site: prefs.site, limit: 100 })
      const before = visitors.value
      visitors.value = answer.visitors
      visitorTotal.value = answer.total
      follow(before, answer)
    } catch (problem) {
      if (!(problem instanceof ApiError && problem.code === 'offline')) say(problem)
    }
  }

  /** Who came to and who left a page is no change of a conversation, but its row shows it. */
  function follow(before: LiveVisitor[], now: LiveVisitors): void {
    const whole = now.total <= now.visitors.length
    let changed = false
    for (const c of shelf.all.values()) {
      if (c.state === 'closed' || (prefs.site && c.site_id !== prefs.site)) continue
      const v = now.visitors.find((x) => x.visitor_id === c.visitor_id)
      const online = v ? v.online : whole ? false : c.online
      if (online !== c.online) {
        shelf.all.set(c.id, { ...c, online })
        changed = true
      }
      const was = before.find((x) => x.visitor_id === c.visitor_id)
      if (v && was && v.page_since !== was.page_since && talks.get(c.id)?.state === 'ready') void freshen(c.id)
    }
    if (changed) refreshList()
  }

  // ---- the line -------------------------------------------------------------------------------

  function welcome(answer: Reception): void {
    setClockOffset(Date.parse(answer.server_time) - Date.now())
    if (answer.whole) {
      const before = new Map(shelf.all)
      shelf.replace(answer.conversations, answer.seq)
      for (const c of answer.conversations) noteUnread(before.get(c.id), c)
    } else {
      for (const c of answer.conversations) put(c)
      shelf.seq = Math.max(shelf.seq, answer.seq)
    }
    refreshList()
    ready.value = true
    link?.tell({ t: 'presence', available: available.value })
    read.clear()
    for (const id of talks.keys()) {
      if (id === selected.value) void fill(id)
      else if (talks.get(id)!.state === 'ready') forgetTalk(id) // read anew when it is looked at
    }
    void resendAll()
    visitorsChanged.value++
  }
  function forgetTalk(id: string): void {
    talks.delete(id)
    threads.delete(id)
  }
  function lose(id: string, seq: number): void {
    shelf.drop(id, seq)
    unread.delete(id)
    typing.delete(id)
    refreshList()
  }
  function hear(frame: Frame): void {
    const id = String(frame.conversation ?? '')
    if (frame.t === 'conversation') put(frame as unknown as Conversation)
    else if (frame.t === 'gone') lose(String(frame.id), Number(frame.seq))
    else if (frame.t === 'message') hearMessage(id, frame.message as Message, Number(frame.seq))
    else if (frame.t === 'typing') {
      if (frame.text) typing.set(id, { text: String(frame.text), at: Date.now() })
      else typing.delete(id)
    } else if (frame.t === 'visitors') visitorsChanged.value++
    else if (frame.t === 'signed_out') session.forget(frame.reason === 'signed_out' ? 'elsewhere' : 'ended')
  }
  function since(): number {
    const away = lostAt ? Date.now() - lostAt : 0
    return ready.value && away < FULL_AFTER && !session.me?.own_only ? shelf.seq : 0
  }
  function start(): void {
    if (link) return
    const choice = localStorage.getItem(`${AVAILABLE}.${session.userId}`)
    available.value = choice !== '0' // who signs in to answer is there, until saying otherwise
    link = new Link(browserSurroundings('/api/live'), {
      hello: () => ({ since: since(), csrf: csrfToken() }),
      welcome: (answer) => welcome(answer as unknown as Reception),
      push: hear,
      state: (now) => {
        if (state.value === 'on' && now !== 'on') lostAt = Date.now()
        state.value = now
        window.clearTimeout(lateTimer)
        if (now === 'on' || now === 'off') late.value = false
        else if (!late.value) lateTimer = window.setTimeout(() => { late.value = true }, HICCUP)
        if (now === 'waiting' && !greeted) askWhy()
        if (now === 'on') greeted = true
        else if (now === 'waiting') greeted = false
      },
      // Most likely the session is over or its token is old: /api/me knows, and signs out by 401.
      refused: (error) => {
        void session.load().catch(() => undefined)
        return session.me !== null && error.code !== 'not_permitted'
      },
    })
    link.start()
  }
  function stop(): void {
    link?.stop()
    link = null
    greeted = false
    shelf.all.clear()
    shelf.seq = 0
    threads.clear()
    talks.clear()
    unread.clear()
    typing.clear()
    outbox.items = []
    unsent.value = []
    for (const id of Object.keys(drafts)) delete drafts[id]
    ready.value = false
    selected.value = ''
    refreshList()
  }
  function restart(): void {
    link?.stop()
    lostAt = Date.now()
    link?.start()
  }
  /** A line that never opened may have been refused: /api/me knows what has become of our rights. */
  function askWhy(): void {
    if (!network.value || Date.now() < askedWhy + 15_000) return
    askedWhy = Date.now()
    void session.load().catch(() => undefined)
  }
  window.addEventListener('online', () => {
    network.value = true
    link?.hurry()
  })
  window.addEventListener('offline', () => { network.value = false })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) link?.hurry()
  })
  window.setInterval(() => {
    const old = Date.now() - 8000
    for (const [id, t] of typing) if (t.at < old) typing.delete(id)
  }, 2000)

  /** Nothing that is written now gets out: no network, or no line to the server where one is kept. */
  const cut = computed(() => !network.value || late.value)
  const here = computed(() => list.value.filter((c) => !prefs.site || c.site_id === prefs.site))
  const since_ = (c: Conversation): number => Date.parse(c.unanswered_since ?? c.last_at ?? c.opened_at)
  /** Who waits longest comes first; those who wait for nobody follow, the latest first. */
  function byWait(a: Conversation, b: Conversation): number {
    if (!a.unanswered_since !== !b.unanswered_since) return a.unanswered_since ? -1 : 1
    return a.unanswered_since ? since_(a) - since_(b) : since_(b) - since_(a)
  }
  const waiting = computed(() => here.value.filter((c) => c.state === 'waiting').sort(byWait))
  const mine = computed(() => here.value.filter((c) => c.state === 'active' && c.agent_id === session.userId).sort(byWait))
  const mates = computed(() => here.value.filter((c) => c.state === 'active' && c.agent_id !== session.userId).sort(byWait))
  const ended = computed(() => here.value.filter((c) => c.state === 'closed' && c.agent_id === session.userId)
    .sort((a, b) => Date.parse(b.closed_at ?? '') - Date.parse(a.closed_at ?? '')))

  return { list, talks, typing, unread, unsent, drafts, state, cut, ready, selected, available, visitors,
    visitorTotal, visitorsChanged, waiting, mine, mates, ended, find: get_, put, open, write, retry, discard,
    keepDraft, take, close, reveal, invite, changeVisitor, markRead, tellTyping, setAvailable, loadVisitors,
    start, stop }
})

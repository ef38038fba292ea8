import { describe, expect, it } from 'vitest'
import { backoff, Outbox, Shelf, spoken, Thread } from '../src/thread'
import type { Conversation, Message } from '../src/wire'

const message = (number: number, key = `k${number}`): Message =>
  ({ number, key, sender: 'visitor', agent_id: null, name: '', at: '2026-11-21T13:00:00Z', text: `m${number}`, erased: false })
const conversation = (id: string, seq: number): Conversation => ({ id, seq }) as Conversation

describe('Shelf: newer seq wins', () => {
  it('takes the newer state and refuses the older and the same', () => {
    const s = new Shelf()
    expect(s.put(conversation('1', 5))).toBe(true)
    expect(s.put(conversation('1', 4))).toBe(false)
    expect(s.put(conversation('1', 5))).toBe(false)
    expect(s.put(conversation('1', 6))).toBe(true)
    expect(s.all.get('1')!.seq).toBe(6)
    expect(s.seq).toBe(6)
  })
  it('keeps gone what is gone until something newer comes', () => {
    const s = new Shelf()
    s.put(conversation('1', 5))
    expect(s.drop('1', 7)).toBe(true)
    expect(s.put(conversation('1', 6))).toBe(false)
    expect(s.all.has('1')).toBe(false)
    expect(s.put(conversation('1', 8))).toBe(true)
  })
  it('does not drop what is newer than the farewell', () => {
    const s = new Shelf()
    s.put(conversation('1', 9))
    expect(s.drop('1', 8)).toBe(false)
    expect(s.all.has('1')).toBe(true)
  })
  it('a whole picture removes what it does not name, but nothing newer than itself', () => {
    const s = new Shelf()
    for (const c of [conversation('old', 3), conversation('stays', 4), conversation('new', 20)]) s.put(c)
    s.replace([conversation('stays', 6)], 10)
    expect([...s.all.keys()].sort()).toEqual(['new', 'stays'])
    expect(s.all.get('stays')!.seq).toBe(6)
  })
})

describe('spoken: what a message changes in its conversation', () => {
  const c = { id: '1', seq: 5, last_number: 2, visitor_count: 1, agent_count: 1, unanswered_since: null, first_visitor_at: 'a', first_agent_at: 'b' } as Conversation
  it('a visitor begins to wait, once', () => {
    const after = spoken(spoken(c, message(3)), { ...message(4), at: '2026-11-21T14:00:00Z' })
    expect(after).toMatchObject({ seq: 5, last_number: 4, last_from: 'visitor', last_text: 'm4', visitor_count: 3, agent_count: 1, unanswered_since: '2026-11-21T13:00:00Z', first_visitor_at: 'a' })
  })
  it('an answer ends the wait; a note of the system does not', () => {
    const waits = spoken(c, message(3))
    expect(spoken(waits, { ...message(4), sender: 'system' })).toMatchObject({ last_number: 4, unanswered_since: waits.unanswered_since, last_from: 'visitor' })
    expect(spoken(waits, { ...message(4), sender: 'agent' })).toMatchObject({ unanswered_since: null, agent_count: 2, last_from: 'agent' })
  })
  it('counts nothing twice, and a state under the same number is still taken', () => {
    expect(spoken(c, message(2))).toBe(c)
    const s = new Shelf()
    s.put(c)
    expect(s.hear('1', message(3), 6)).toBe(true)
    expect(s.hear('1', message(3), 6)).toBe(false)
    expect(s.seq).toBe(6)
    expect(s.put({ ...c, seq: 6, state: 'active' })).toBe(true)
    expect(s.hear('nobody', message(1), 7)).toBe(false)
  })
})

describe('Thread: by number, without gaps', () => {
  const numbers = (t: Thread): number[] => t.messages.map((m) => m.number)
  it('stands in order whatever order and however often they come', () => {
    const t = new Thread()
    t.begin([message(1)])
    expect(t.add([message(3)])).toBe(false)
    expect(t.gap).toBe(true)
    expect(numbers(t)).toEqual([1])
    expect(t.add([message(2), message(2)])).toBe(true)
    expect(numbers(t)).toEqual([1, 2, 3])
    expect(t.gap).toBe(false)
    expect(t.add([message(1), message(2), message(3)])).toBe(false)
    expect(numbers(t)).toEqual([1, 2, 3])
  })
  it('begins empty with number one only', () => {
    const t = new Thread()
    t.begin([])
    t.add([message(2)])
    expect(numbers(t)).toEqual([])
    t.add([message(1)])
    expect(numbers(t)).toEqual([1, 2])
  })
  it('keeps what came while the whole was being read', () => {
    const t = new Thread()
    t.add([message(4)])
    t.begin([message(1), message(2), message(3)])
    expect(numbers(t)).toEqual([1, 2, 3, 4])
  })
  it('puts earlier ones in front', () => {
    const t = new Thread()
    t.begin([message(3), message(4)])
    t.add([message(2), message(1)])
    expect(numbers(t)).toEqual([1, 2, 3, 4])
  })
  it('reveals bodies and leaves the order', () => {
    const t = new Thread()
    t.begin([message(1), message(2)])
    t.reveal([{ ...message(2), text: 'in full' }])
    expect(t.messages.map((m) => m.text)).toEqual(['m1', 'in full'])
  })
  it('any shuffle of any run with repeats comes out the same', () => {
    let seed = 1
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
    for (let round = 0; round < 200; round++) {
      const all = Array.from({ length: 12 }, (_, i) => message(i + 1))
      const stream = [...all, ...all].sort(() => random(3) - 1)
      const t = new Thread()
      t.begin([])
      for (const m of stream) t.add([m])
      expect(numbers(t)).toEqual(all.map((m) => m.number))
    }
  })
})

describe('Outbox', () => {
  it('keeps the key over failure and retry, and lets go when acknowledged', () => {
    const o = new Outbox()
    const a = o.add('1', 'key-a', 'hello', 0)
    o.add('2', 'key-b', 'other', 0)
    expect(o.pending().map((i) => i.key)).toEqual(['key-a', 'key-b'])
    o.failed('key-a', 'no')
    expect(o.pending().map((i) => i.key)).toEqual(['key-b'])
    expect(o.of('1')[0]).toMatchObject({ state: 'failed', reason: 'no' })
    expect(o.retry('key-a')).toMatchObject({ key: a.key, text: 'hello', state: 'pending' })
    o.acked('key-a')
    expect(o.items.map((i) => i.key)).toEqual(['key-b'])
  })
})

describe('backoff', () => {
  it('grows, stays between half and whole, and never above 20 s', () => {
    for (let n = 0; n < 30; n++) {
      const low = backoff(n, () => 0)
      const high = backoff(n, () => 1)
      expect(low * 2).toBe(high)
      expect(high).toBe(Math.min(20_000, 500 * 2 ** n))
    }
  })
})

import { describe, expect, it } from 'vitest'
import type { ApiError } from '../src/api'
import { Link, type Frame, type LinkState, type Wire } from '../src/live'

class FakeWire implements Wire {
  sent: Frame[] = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  send(text: string): void { this.sent.push(JSON.parse(text) as Frame) }
  close(): void { this.closed = true }
  hear(frame: Record<string, unknown>): void { this.onmessage?.({ data: JSON.stringify(frame) }) }
  get last(): Frame { return this.sent[this.sent.length - 1]! }
}

function stage(refused = true) {
  const wires: FakeWire[] = []
  const timers = new Map<number, { at: number; then: () => void }>()
  let clock = 0
  let count = 0
  const states: LinkState[] = []
  const pushed: Frame[] = []
  const welcomed: Frame[] = []
  let since = 0
  const link = new Link({
    open: () => { const w = new FakeWire(); wires.push(w); return w },
    later: (then, ms) => { timers.set(++count, { at: clock + ms, then }); return count },
    cancel: (t) => { timers.delete(t as number) },
    random: () => 1,
  }, {
    hello: () => ({ since, csrf: 'token' }),
    welcome: (f) => welcomed.push(f), push: (f) => pushed.push(f), state: (s) => states.push(s), refused: () => refused,
  })
  return {
    link, wires, states, pushed, welcomed, timers,
    setSince: (n: number) => { since = n },
    get wire() { return wires[wires.length - 1]! },
    async pass(ms: number) {
      clock += ms
      for (const [id, t] of [...timers]) if (t.at <= clock) { timers.delete(id); t.then() }
      await settle()
    },
    async greet() {
      this.wire.onopen?.()
      this.wire.hear({ t: 'ok', re: this.wire.last.re, seq: 7 })
      await settle()
    },
  }
}
const settle = () => new Promise<void>((done) => setTimeout(done, 0))

describe('Link', () => {
  it('says hello with token and since, and only then is on', async () => {
    const s = stage()
    s.link.start()
    expect(s.states).toEqual(['connecting'])
    s.wire.onopen?.()
    expect(s.wire.last).toMatchObject({ t: 'hello', since: 0, csrf: 'token' })
    expect(s.link.tell({ t: 'presence' })).toBe(false)
    s.wire.hear({ t: 'ok', re: s.wire.last.re, seq: 3 })
    await settle()
    expect(s.states).toEqual(['connecting', 'on'])
    expect(s.welcomed[0]).toMatchObject({ seq: 3 })
    expect(s.link.tell({ t: 'presence', available: true })).toBe(true)
  })

  it('gives each answer to the one who asked', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    const a = s.link.ask({ t: 'say', key: 'a' })
    const b = s.link.ask({ t: 'say', key: 'b' })
    const [first, second] = s.wire.sent.slice(-2)
    s.wire.hear({ t: 'error', re: second!.re, code: 'refused', message: 'no' })
    s.wire.hear({ t: 'ok', re: first!.re, number: 4 })
    expect(await a).toMatchObject({ number: 4 })
    await expect(b).rejects.toMatchObject({ code: 'refused', message: 'no' })
    s.wire.hear({ t: 'ok', re: first!.re, number: 5 }) // a second answer is nobody's
  })

  it('fails a question after its time, and all when the line drops', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    const late = s.link.ask({ t: 'say' }, 1000)
    const open = s.link.ask({ t: 'say' }, 60_000)
    const lateFails = expect(late).rejects.toMatchObject({ code: 'timeout' })
    const openFails = expect(open).rejects.toMatchObject({ code: 'offline' })
    await s.pass(1000)
    await lateFails
    s.wire.onclose?.({ code: 1006 })
    await openFails
    await expect(s.link.ask({ t: 'say' })).rejects.toMatchObject({ code: 'offline' })
  })

  it('comes back with growing waits and the newest since', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    s.setSince(42)
    s.wire.onclose?.({ code: 1006 })
    expect(s.link.state).toBe('waiting')
    await s.pass(499)
    expect(s.wires.length).toBe(1)
    await s.pass(1)
    expect(s.wires.length).toBe(2)
    s.wire.onclose?.({ code: 1006 })
    await s.pass(999)
    expect(s.wires.length).toBe(2)
    await s.pass(1)
    expect(s.wires.length).toBe(3)
    s.wire.onopen?.()
    expect(s.wire.last).toMatchObject({ t: 'hello', since: 42 })
    await s.greet()
    s.wire.onclose?.({ code: 1006 })
    await s.pass(500) // a good connection begins the waits anew
    expect(s.wires.length).toBe(4)
  })

  it('hurries when told, and a late close of an old line changes nothing', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    const old = s.wire
    old.onclose?.({ code: 1006 })
    s.link.hurry()
    expect(s.wires.length).toBe(2)
    await s.greet()
    old.onclose?.({ code: 1006 })
    old.hear({ t: 'conversation', id: '1' })
    expect(s.link.state).toBe('on')
    expect(s.pushed).toEqual([])
  })

  it('gives up where the hello is refused for good, and tries again where not', async () => {
    for (const again of [true, false]) {
      const s = stage(again)
      s.link.start()
      s.wire.onopen?.()
      s.wire.hear({ t: 'error', re: s.wire.last.re, code: 'signed_out', message: '' })
      await settle()
      expect(s.wires[0]!.closed).toBe(true)
      expect(s.link.state).toBe(again ? 'waiting' : 'off')
    }
  })

  it('hands on what nobody asked for and survives nonsense', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    s.wire.onmessage?.({ data: 'not json' })
    s.wire.onmessage?.({ data: new ArrayBuffer(2) })
    s.wire.hear({ t: 'gone', id: '1', seq: 9 })
    expect(s.pushed).toEqual([{ t: 'gone', id: '1', seq: 9 }])
  })

  it('stops for good', async () => {
    const s = stage()
    s.link.start()
    await s.greet()
    const open = s.link.ask({ t: 'say' }).catch((e: ApiError) => e.code)
    s.link.stop()
    expect(await open).toBe('offline')
    expect(s.timers.size).toBe(0)
    expect(s.wires.length).toBe(1)
    expect(s.link.state).toBe('off')
  })
})

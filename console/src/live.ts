// The console's socket: opens, says hello, answers promises by `re`, reconnects. It knows nothing of
// screens; browser and clock come in from outside, so that tests can be both.
import { ApiError } from './api'
import { backoff } from './thread'

export interface Frame {
  t: string
  re?: string
  [field: string]: unknown
}

export interface Wire {
  send(text: string): void
  close(code?: number): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface Surroundings {
  open(): Wire
  later(then: () => void, ms: number): unknown
  cancel(timer: unknown): void
  random(): number
}

export type LinkState = 'off' | 'connecting' | 'on' | 'waiting'

export interface Handlers {
  /** Fields of the hello frame; asked each time, because `since` grows. */
  hello(): Record<string, unknown>
  /** The answer to hello: from here on frames may be sent. */
  welcome(answer: Frame): void
  push(frame: Frame): void
  state(state: LinkState): void
  /** The hello was refused: the caller decides whether to try again. */
  refused(error: ApiError): boolean
}

interface Asked {
  done(frame: Frame): void
  fail(error: ApiError): void
  timer: unknown
}

const HELLO_WITHIN = 10_000

export class Link {
  private wire: Wire | null = null
  private asked = new Map<string, Asked>()
  private count = 0
  private attempt = 0
  private timer: unknown = null
  private wanted = false
  state: LinkState = 'off'

  constructor(private readonly around: Surroundings, private readonly handlers: Handlers) {}

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.attempt = 0
    this.connect()
  }

  stop(): void {
    this.wanted = false
    if (this.timer !== null) this.around.cancel(this.timer)
    this.timer = null
    const wire = this.wire
    this.drop()
    wire?.close(1000)
    this.become('off')
  }

  /** Try now instead of at the end of the wait: the network came back, the tab was looked at. */
  hurry(): void {
    if (this.state !== 'waiting') return
    if (this.timer !== null) this.around.cancel(this.timer)
    this.timer = null
    this.connect()
  }

  /** Frames that want no answer; false when there is no line. */
  tell(frame: Frame): boolean {
    if (this.state !== 'on' || !this.wire) return false
    this.wire.send(JSON.stringify(frame))
    return true
  }

  /** One answer, one error, or `timeout`; without a line at once `offline`. */
  ask(frame: Frame, within = 10_000): Promise<Frame> {
    if (this.state !== 'on') return Promise.reject(new ApiError(0, 'offline', ''))
    return this.request(frame, within)
  }

  private request(frame: Frame, within: number): Promise<Frame> {
    const wire = this.wire
    if (!wire) return Promise.reject(new ApiError(0, 'offline', ''))
    const re = `c${++this.count}`
    return new Promise((done, fail) => {
      const timer = this.around.later(() => {
        this.asked.delete(re)
        fail(new ApiError(0, 'timeout', ''))
      }, within)
      this.asked.set(re, { done, fail, timer })
      wire.send(JSON.stringify({ ...frame, re }))
    })
  }

  private connect(): void {
    this.become('connecting')
    const wire = this.around.open()
    this.wire = wire
    wire.onopen = () => {
      this.request({ t: 'hello', ...this.handlers.hello() }, HELLO_WITHIN).then(
        (answer) => {
          if (this.wire !== wire) return
          this.attempt = 0
          this.become('on')
          this.handlers.welcome(answer)
        },
        (error: ApiError) => {
          if (this.wire !== wire) return
          const again = error.code === 'timeout' || this.handlers.refused(error)
          wire.close(1000)
          this.drop()
          if (again) this.wait()
          else this.stop()
        },
      )
    }
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === 'string') this.hear(event.data)
    }
    wire.onclose = () => {
      if (this.wire !== wire) return
      this.drop()
      if (this.wanted) this.wait()
    }
  }

  private hear(text: string): void {
    let frame: Frame
    try {
      frame = JSON.parse(text) as Frame
    } catch {
      return
    }
    if (frame.re === undefined || frame.re === null) {
      this.handlers.push(frame)
      return
    }
    const asked = this.asked.get(frame.re)
    if (!asked) return
    this.asked.delete(frame.re)
    this.around.cancel(asked.timer)
    if (frame.t === 'error') {
      asked.fail(new ApiError(400, String(frame.code ?? 'unknown'), String(frame.message ?? ''),
        (frame.field as string | null) ?? null, (frame.retry_after as number | null) ?? null))
    } else {
      asked.done(frame)
    }
  }

  private drop(): void {
    this.wire = null
    const open = [...this.asked.values()]
    this.asked.clear()
    for (const a of open) {
      this.around.cancel(a.timer)
      a.fail(new ApiError(0, 'offline', ''))
    }
  }

  private wait(): void {
    this.become('waiting')
    this.timer = this.around.later(() => {
      this.timer = null
      this.connect()
    }, backoff(this.attempt++, () => this.around.random()))
  }

  private become(state: LinkState): void {
    if (this.state === state) return
    this.state = state
    this.handlers.state(state)
  }
}

/** The real surroundings: this page's server, this browser's clock. */
export function browserSurroundings(path: string): Surroundings {
  return {
    open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`) as unknown as Wire,
    later: (then, ms) => window.setTimeout(then, ms),
    cancel: (timer) => window.clearTimeout(timer as number),
    random: Math.random,
  }
}

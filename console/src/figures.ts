// Figures as they are shown. Nothing by nothing is no figure: it is a dash, never 0 %.

export const DASH = '—'

export function whole(n: number | null | undefined): string {
  return n === null || n === undefined ? DASH : n.toLocaleString('en-US')
}

export function share(part: number, of: number): string {
  return of > 0 ? `${((part * 100) / of).toFixed(1)}%` : DASH
}

export type Direction = 'up' | 'down' | 'flat'
export interface Change {
  direction: Direction
  text: string
  judgement: 'good' | 'bad' | ''
}

/** Against before, with sign; `better` says which way is good, if any. */
export function change(now: number | null, before: number | null, better: 'more' | 'less' | '',
  show: (n: number) => string = (n) => n.toLocaleString('en-US')): Change | null {
  if (now === null || before === null) return null
  const by = now - before
  if (by === 0) return { direction: 'flat', text: '0', judgement: '' }
  const direction: Direction = by > 0 ? 'up' : 'down'
  const good = better === '' ? '' : (by > 0) === (better === 'more') ? 'good' : 'bad'
  return { direction, text: `${by > 0 ? '+' : '−'}${show(Math.abs(by))}`, judgement: good }
}

/** Wilson's 95 % interval of a share; null where there is nothing to say. */
export function interval(part: number, of: number): { low: number; high: number } | null {
  if (of <= 0) return null
  const z = 1.96
  const p = part / of
  const mid = (p + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))
  return { low: Math.max(0, mid - half), high: Math.min(1, mid + half) }
}

/** Round steps for an axis that begins at zero: 0, 10, 20, 30. */
export function axisSteps(largest: number): number[] {
  const rough = Math.max(1, largest / 4)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power)
  const out: number[] = []
  for (let v = 0; v < largest + step; v += step) out.push(v)
  return out
}

export interface Span {
  hours: number
  minutes: number
  seconds: number
}
export function spanOf(ms: number): Span {
  const s = Math.max(0, Math.floor(ms / 1000))
  return { hours: Math.floor(s / 3600), minutes: Math.floor((s % 3600) / 60), seconds: s % 60 }
}

/** How urgent a wait is: ring below 30 s, half ring below 60 s, triangle after. */
export function urgency(ms: number): '' | 'warn' | 'late' {
  return ms < 30_000 ? '' : ms < 60_000 ? 'warn' : 'late'
}

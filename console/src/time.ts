// Times as people at the site read them: everything in the site's own zone, never the browser's.

export const DEFAULT_ZONE = 'Asia/Shanghai'

export interface Clock {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    const options: Intl.DateTimeFormatOptions = {
      hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric',
    }
    try {
      format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone })
    } catch {
      format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: DEFAULT_ZONE })
    }
    formats.set(zone, format)
  }
  return format
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** What the clock on the wall shows at the site. */
export function clockOf(at: number, zone: string): Clock {
  const out: Record<string, number> = {}
  for (const part of partsFormat(zone).formatToParts(at)) out[part.type] = Number(part.value)
  return out as unknown as Clock
}

const two = (n: number): string => String(n).padStart(2, '0')

/** 2026-11-21, the day at the site. */
export function dayOf(at: number, zone: string): string {
  const c = clockOf(at, zone)
  return `${c.year}-${two(c.month)}-${two(c.day)}`
}

/** Moves a day by whole days of the calendar. */
export function dayAdd(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

function offsetAt(at: number, zone: string): number {
  const c = clockOf(at, zone)
  const wall = Date.UTC(c.year, c.month - 1, c.day, c.hour, c.minute, c.second)
  return wall - Math.floor(at / 1000) * 1000
}

/** The moment at which the wall clock of the zone shows this day and hour. */
export function momentOf(day: string, zone: string, hour = 0): number {
  const wall = Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000
  let at = wall - offsetAt(wall, zone)
  at = wall - offsetAt(at, zone) // once more: the first guess may lie across a change of clocks
  return at
}

export function clockTime(at: number, zone: string): string {
  const c = clockOf(at, zone)
  return `${two(c.hour)}:${two(c.minute)}`
}

/** 21:40 today, 11-20 21:40 in the same year, 2025-11-20 21:40 before. */
export function shortTime(at: number, zone: string, now: number): string {
  const c = clockOf(at, zone)
  const n = clockOf(now, zone)
  const time = `${two(c.hour)}:${two(c.minute)}`
  if (c.year === n.year && c.month === n.month && c.day === n.day) return time
  const day = `${two(c.month)}-${two(c.day)} ${time}`
  return c.year === n.year ? day : `${c.year}-${day}`
}

export function fullTime(at: number, zone: string): string {
  const c = clockOf(at, zone)
  return `${c.year}-${two(c.month)}-${two(c.day)} ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`
}

export function dayName(day: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    month: 'long', day: 'numeric', weekday: 'short', timeZone: 'UTC',
  }).format(Date.parse(`${day}T00:00:00Z`))
}

export function parse(time: string | null | undefined): number | null {
  if (!time) return null
  const at = Date.parse(time)
  return Number.isNaN(at) ? null : at
}

/**
 * A period in an address: a day (2026-11-21) means from its midnight, or as an end until its last
 * moment; anything longer is a moment and stays as it is.
 */
export function periodStart(text: string, zone: string): string {
  return text.length === 10 ? new Date(momentOf(text, zone)).toISOString() : text
}
export function periodEnd(text: string, zone: string): string {
  return text.length === 10 ? new Date(momentOf(dayAdd(text, 1), zone)).toISOString() : text
}

import { describe, expect, it } from 'vitest'
import { clockOf, dayAdd, dayOf, isZone, momentOf, periodEnd, periodStart, shortTime } from '../src/time'

const SH = 'Asia/Shanghai'
const at = (text: string): number => Date.parse(text)

describe('the clock of the site', () => {
  it.each([
    ['2026-11-21T16:30:00Z', SH, '2026-11-22', 0, 30],
    ['2026-11-21T15:59:59Z', SH, '2026-11-21', 23, 59],
    ['2026-11-21T15:59:59Z', 'UTC', '2026-11-21', 15, 59],
    ['2026-03-01T00:00:00Z', 'America/New_York', '2026-02-28', 19, 0],
  ])('%s in %s is %s %i:%i', (text, zone, day, hour, minute) => {
    expect(dayOf(at(text), zone)).toBe(day)
    expect(clockOf(at(text), zone)).toMatchObject({ hour, minute })
  })
  it('finds the moment of a day and hour, also across a change of clocks', () => {
    expect(new Date(momentOf('2026-11-22', SH)).toISOString()).toBe('2026-11-21T16:00:00.000Z')
    expect(new Date(momentOf('2026-03-29', 'Europe/Berlin')).toISOString()).toBe('2026-03-28T23:00:00.000Z')
    expect(new Date(momentOf('2026-03-30', 'Europe/Berlin')).toISOString()).toBe('2026-03-29T22:00:00.000Z')
    expect(new Date(momentOf('2026-11-22', SH, 14)).toISOString()).toBe('2026-11-22T06:00:00.000Z')
  })
  it('moves days over months and leap days', () => {
    expect(dayAdd('2026-03-01', -1)).toBe('2026-02-28')
    expect(dayAdd('2028-02-28', 1)).toBe('2028-02-29')
    expect(dayAdd('2026-12-31', 1)).toBe('2027-01-01')
  })
  it('turns days into periods and leaves moments alone', () => {
    expect(periodStart('2026-11-22', SH)).toBe('2026-11-21T16:00:00.000Z')
    expect(periodEnd('2026-11-22', SH)).toBe('2026-11-22T16:00:00.000Z')
    expect(periodEnd('2026-11-22T08:30:00Z', SH)).toBe('2026-11-22T08:30:00Z')
  })
  it('says as little as is needed', () => {
    const now = at('2026-11-21T13:46:00Z')
    expect(shortTime(at('2026-11-21T13:40:00Z'), SH, now)).toBe('21:40')
    expect(shortTime(at('2026-11-17T01:05:00Z'), SH, now)).toBe('11-17 09:05')
    expect(shortTime(at('2025-11-17T01:05:00Z'), SH, now)).toBe('2025-11-17 09:05')
  })
  it('knows zones from nonsense', () => {
    expect(isZone('Asia/Urumqi')).toBe(true)
    expect(isZone('Mars/Olympus')).toBe(false)
    expect(isZone('')).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { apiQuery, activeCount, readFilters, writeFilters } from '../src/conversations/filters'
import { axisSteps, change, interval, share, spanOf, urgency } from '../src/figures'
import { searchCanned } from '../src/stores/texts'
import { badOrigin, lines } from '../src/settings/origins'
import { rowsBefore, rowsOf, rowsOfHour } from '../src/today/rows'
import type { Canned, Today } from '../src/wire'

describe('figures', () => {
  it('nothing by nothing is a dash', () => {
    expect(share(0, 0)).toBe('—')
    expect(share(0, 4)).toBe('0.0%')
    expect(share(1, 3)).toBe('33.3%')
  })
  it('a change has sign, arrow and judgement by what is better', () => {
    expect(change(12, 10, 'more')).toEqual({ direction: 'up', text: '+2', judgement: 'good' })
    expect(change(8, 10, 'more')).toEqual({ direction: 'down', text: '−2', judgement: 'bad' })
    expect(change(8, 10, 'less')).toMatchObject({ judgement: 'good' })
    expect(change(12, 10, '')).toMatchObject({ judgement: '' })
    expect(change(3, 3, 'more')).toEqual({ direction: 'flat', text: '0', judgement: '' })
    expect(change(null, 3, 'more')).toBeNull()
  })
  it("Wilson's interval as in the books", () => {
    expect(interval(0, 0)).toBeNull()
    const i = interval(12, 19)!
    expect(i.low).toBeCloseTo(0.41, 2)
    expect(i.high).toBeCloseTo(0.809, 2)
    expect(interval(5, 5)!.high).toBeCloseTo(1, 9)
  })
  it('axes begin at zero, hold the largest and step roundly', () => {
    for (const n of [0, 1, 3, 7, 10, 28, 99, 1234]) {
      const steps = axisSteps(n)
      expect(steps[0]).toBe(0)
      expect(steps[steps.length - 1]).toBeGreaterThanOrEqual(n)
      expect(steps.length).toBeLessThanOrEqual(7)
    }
    expect(axisSteps(28)).toEqual([0, 10, 20, 30])
  })
  it('spans and urgency', () => {
    expect(spanOf(3_725_000)).toEqual({ hours: 1, minutes: 2, seconds: 5 })
    expect([0, 29_999, 30_000, 59_999, 60_000].map(urgency)).toEqual(['', '', 'warn', 'warn', 'late'])
  })
})

describe('rows behind a figure', () => {
  const data = { day: '2026-11-21', until: '2026-11-21T08:30:00Z', before_until: '2026-11-20T08:30:00Z', agent_id: null, time_zone: 'Asia/Shanghai' } as unknown as Today
  it('the day, the day before until the same time, the hour', () => {
    expect(rowsOf(data, { only: 'lost' })).toEqual({ from: '2026-11-21', to: '2026-11-21', only: 'lost' })
    expect(rowsBefore(data)).toEqual({ from: '2026-11-20', to: '2026-11-20T08:30:00Z', only: 'counted' })
    expect(rowsBefore({ ...data, until: '2026-11-21T16:00:00Z', before_until: '2026-11-20T16:00:00Z' })).toEqual({ from: '2026-11-20', to: '2026-11-20', only: 'counted' })
    expect(rowsOfHour(data, 14, false)).toEqual({ from: '2026-11-21T06:00:00.000Z', to: '2026-11-21T07:00:00.000Z', only: 'counted' })
  })
  it('who may see only his own is led to his own', () => {
    const own = { ...data, agent_id: '7' }
    expect(rowsOf(own)).toMatchObject({ agent: '7' })
    expect(rowsBefore(own, { only: 'lost' })).toMatchObject({ agent: '7', only: 'lost' })
    expect(rowsOfHour(own, 3, true)).toMatchObject({ agent: '7' })
  })
  it('filters survive the address and become the call', () => {
    const f = readFilters({ from: '2026-11-20', to: '2026-11-21', label: '13,34', only: 'phones', agent: 'none' })
    expect(f).toMatchObject({ period: 'custom', label: ['13', '34'], only: 'phones', agent: 'none' })
    expect(readFilters(writeFilters(f) as Record<string, string>)).toEqual(f)
    expect(activeCount(f)).toBe(3)
    expect(apiQuery(f, '1', 'Asia/Shanghai', '2026-11-21')).toMatchObject({
      from: '2026-11-19T16:00:00.000Z', to: '2026-11-21T16:00:00.000Z', site: '1', label: '13,34' })
  })
  it('no filter means today, and any time means no bounds', () => {
    expect(apiQuery(readFilters({}), '', 'Asia/Shanghai', '2026-11-21')).toMatchObject({ from: '2026-11-20T16:00:00.000Z', to: '2026-11-21T16:00:00.000Z' })
    expect(apiQuery(readFilters({ period: 'any' }), '', 'UTC', '2026-11-21')).toMatchObject({ from: '', to: '' })
  })
})

describe('canned replies', () => {
  const canned = (id: string, title: string, shortcut: string, body: string, site_id: string | null = null): Canned => ({ id, site_id, title, shortcut, body, position: Number(id) })
  const all = [canned('1', '挂号流程', 'ghlc', '一楼取号'), canned('2', '挂号费用', 'ghfy', '30 元'), canned('3', '路线', 'lx', '挂号处旁'), canned('4', '别站', 'ghx', '', '9')]
  it('finds by shortcut, title and body, the surest first, and only of this site', () => {
    expect(searchCanned(all, 'ghfy', '1').map((c) => c.id)).toEqual(['2'])
    expect(searchCanned(all, 'GH', '1').map((c) => c.id)).toEqual(['1', '2'])
    expect(searchCanned(all, '挂号', '1').map((c) => c.id)).toEqual(['1', '2', '3'])
    expect(searchCanned(all, '', '9').map((c) => c.id)).toEqual(['1', '2', '3', '4'])
    expect(searchCanned(all, 'zzz', '1')).toEqual([])
  })
})

describe('website addresses', () => {
  it.each([['https://a.example', ''], ['https://a.example/', ''], ['http://127.0.0.1:8080', ''], ['https://a.example/path', 'https://a.example/path'],
    ['a.example', 'a.example'], ['javascript:alert(1)', 'javascript:alert(1)'], ['https://a.example\nftp://b.example', 'ftp://b.example']])('%s', (text, bad) => {
    expect(badOrigin(text)).toBe(bad)
  })
  it('reads lines', () => expect(lines(' https://a.example/ \n\n')).toEqual(['https://a.example']))
})

// The filters of the conversations screen: kept in the address, sent to the server, nothing between.
import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { dayAdd, periodEnd, periodStart } from '../time'

export interface Filters {
  period: '' | 'today' | 'yesterday' | 'week' | 'month' | 'any' | 'custom'
  from: string
  to: string
  agent: string
  channel: string
  engine: string
  state: string
  label: string[]
  unmarked: string
  only: string
  search: string
  visitor: string
}
export const ONLY = ['counted', 'answered', 'lost', 'phones', 'booked', 'form', 'waiting'] as const
const PERIODS = ['today', 'yesterday', 'week', 'month', 'any']

export function readFilters(query: LocationQuery): Filters {
  const text = (name: string): string => (typeof query[name] === 'string' ? (query[name] as string) : '')
  const from = text('from')
  const to = text('to')
  const period = PERIODS.includes(text('period')) ? (text('period') as Filters['period']) : from || to ? 'custom' : 'today'
  return { period, from, to, agent: text('agent'), channel: text('channel'), engine: text('engine'), state: text('state'),
    label: text('label').split(',').filter(Boolean), unmarked: text('unmarked'), only: text('only'), search: text('search'), visitor: text('visitor') }
}

export function writeFilters(f: Filters): LocationQueryRaw {
  const out: LocationQueryRaw = {}
  if (f.period === 'custom') {
    if (f.from) out.from = f.from
    if (f.to) out.to = f.to
  } else if (f.period && f.period !== 'today') out.period = f.period
  for (const name of ['agent', 'channel', 'engine', 'state', 'unmarked', 'only', 'search', 'visitor'] as const) if (f[name]) out[name] = f[name]
  if (f.label.length) out.label = f.label.join(',')
  return out
}

/** First and last day of a quick period, as the calendar of the site has them. */
export function daysOf(period: Filters['period'], today: string): [string, string] {
  if (period === 'today') return [today, today]
  if (period === 'yesterday') return [dayAdd(today, -1), dayAdd(today, -1)]
  if (period === 'week') return [dayAdd(today, -6), today]
  if (period === 'month') return [dayAdd(today, -29), today]
  return ['', '']
}

export function apiQuery(f: Filters, site: string, zone: string, today: string): Record<string, string> {
  const [from, to] = f.period === 'custom' ? [f.from, f.to] : daysOf(f.period, today)
  return { from: from && periodStart(from, zone), to: to && periodEnd(to, zone), site, agent: f.agent, channel: f.channel, engine: f.engine,
    state: f.state, label: f.label.join(','), unmarked: f.unmarked, only: f.only, search: f.search.trim(), visitor: f.visitor }
}

/** How many filters narrow the list, besides the period. */
export function activeCount(f: Filters): number {
  return [f.agent, f.channel, f.engine, f.state, f.unmarked, f.only, f.search, f.visitor].filter(Boolean).length + (f.label.length ? 1 : 0)
}

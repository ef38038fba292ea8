// The same thing is named the same way on every screen: visitors, spans, labels, sources.
import { useI18n } from 'vue-i18n'
import { spanOf } from './figures'
import type { Conversation, Dimension, Label, Source } from './wire'
import { useSession } from './stores/session'
import { useNow } from './now'
import { clockTime, fullTime, parse, shortTime } from './time'

export function useWords() {
  const { t, te, locale } = useI18n()
  const session = useSession()
  const now = useNow()
  const zh = (): boolean => locale.value === 'zh'

  /** One page, two pages: English has two words where Chinese has one. */
  const many = (n: number, one: string, more: string): string => t(n === 1 ? one : more, { n: n.toLocaleString('en-US') })

  function span(ms: number): string {
    const s = spanOf(ms)
    if (s.hours) return t('time.hours', { h: s.hours, m: s.minutes })
    if (s.minutes) return t('time.minutes', { m: s.minutes, s: String(s.seconds).padStart(2, '0') })
    return t('time.seconds', { s: s.seconds })
  }
  function response(ms: number | null | undefined): string {
    if (ms === null || ms === undefined) return '—'
    if (ms < 10_000) return t('time.seconds', { s: (ms / 1000).toFixed(1) })
    return span(ms)
  }
  function ago(at: number): string {
    const ms = now.value - at
    if (ms < 60_000) return t('time.justNow')
    if (ms < 3_600_000) return t('time.ago', { span: t('time.minutesOnly', { m: Math.floor(ms / 60_000) }) })
    return shortTime(at, session.zone, now.value)
  }
  const clock = (time: string | null): string => (time ? clockTime(parse(time) ?? 0, session.zone) : '')
  const moment = (time: string | null): string => (time ? shortTime(parse(time) ?? 0, session.zone, now.value) : '')
  const exact = (time: string | null): string => (time ? fullTime(parse(time) ?? 0, session.zone) : '')

  const dimension = (d: Dimension): string => (zh() ? d.name_zh : d.name_en)
  const label = (l: Label): string => (zh() ? l.name_zh : l.name_en)
  const short = (l: Label): string => (zh() ? l.short_zh : l.short_en)

  const channel = (code: string): string => t(`channel.${te(`channel.${code}`) ? code : 'unknown'}`)
  const engine = (code: string): string => (te(`engine.${code}`) ? t(`engine.${code}`) : code)
  function source(s: Source): string {
    const parts = [channel(s.channel || 'unknown')]
    if (s.engine) parts.push(engine(s.engine))
    else if (s.host && s.channel === 'link') parts.push(s.host)
    return parts.join(t('app.sep'))
  }
  function who(c: Pick<Conversation, 'visitor_name' | 'visitor_code'>): string {
    return c.visitor_name || (c.visitor_code ? t('visitor.named', { code: c.visitor_code }) : t('visitor.erased'))
  }
  /** What was clicked: the site's own name for it, or ours for what the widget brings. */
  const anchor = (code: string): string => (te(`anchor.${code}`) ? t(`anchor.${code}`) : code)
  /** /doctor/schedule of a long address: what a person recognises. */
  function path(url: string): string {
    try {
      const u = new URL(url)
      return decodeURI(u.pathname) || '/'
    } catch {
      return url
    }
  }
  return { t, te, locale, zh, now, many, span, response, ago, clock, moment, exact, dimension, label, short, channel,
    engine, source, who, path, anchor }
}

export type Words = ReturnType<typeof useWords>

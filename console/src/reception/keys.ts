import { h, type InjectionKey, type Ref } from 'vue'
import { ElMessageBox } from 'element-plus/es/components/message-box/index'
import 'element-plus/es/components/message-box/style/css'
import { useI18n } from 'vue-i18n'
import { useDesk } from '../stores/desk'
import { useSession } from '../stores/session'
import type { Conversation } from '../wire'
import { useWords } from '../words'

/** Open a conversation: the same by click, by key and after taking. */
export const SELECT: InjectionKey<(id: string) => void> = Symbol('select')
/** True while plain keys set marks (F2). */
export const MARKING: InjectionKey<Ref<boolean>> = Symbol('marking')

const underway = new Set<Promise<unknown>>()
/** Marks that are on their way: whoever ends a conversation right after a key waits for them. */
export function onItsWay<T>(mark: Promise<T>): Promise<T> {
  underway.add(mark)
  void mark.catch(() => undefined).finally(() => underway.delete(mark))
  return mark
}

/** What one may do with a conversation, from state, rights and whose it is. */
export function useRights() {
  const session = useSession()
  return (c: Conversation | undefined) => {
    const mine = c?.agent_id === session.userId
    const chat = session.may('chat')
    return {
      write: Boolean(c && chat && c.state === 'active' && mine),
      take: Boolean(c && chat && (c.state === 'waiting' || c.state === 'opened')),
      takeOver: Boolean(c && chat && c.state === 'active' && !mine && session.may('supervise')),
      close: Boolean(c && chat && c.state === 'active' && (mine || session.may('supervise'))),
      mark: Boolean(c && session.may('mark') && (mine || !c.agent_id || session.may('supervise'))),
    }
  }
}

/** Ends a conversation; asks only while something is open: a draft, an answer, a mark. */
export function useCloser(markFirst: () => void): (c: Conversation) => Promise<void> {
  const { t } = useI18n()
  const desk = useDesk()
  const session = useSession()
  const words = useWords()
  const rights = useRights()
  return async (asked) => {
    await Promise.allSettled(underway)
    const c = desk.find(asked.id) ?? asked
    if (!rights(c).close) return
    const open = session.dimensions.filter((d) => !c.marks.some((m) => m.dimension_id === d.id && m.label_id))
    const unmarked = open.length > 0 && session.may('mark')
    const why = [
      desk.drafts[c.id]?.trim() ? t('reception.closeDraft') : '',
      c.unanswered_since ? t('reception.closeUnanswered') : '',
      unmarked ? t('reception.closeAsk', { names: open.map(words.dimension).join(t('today.listSep')) }) : '',
    ].filter(Boolean)
    if (why.length) {
      // The way back leads to what is missing: the words first, then the marks.
      const speak = why.length > (unmarked ? 1 : 0)
      try {
        await ElMessageBox.confirm(h('ul', { class: 'ask-why' }, why.map((line) => h('li', line))), t('reception.close'), {
          confirmButtonText: t(speak ? 'reception.keepTalking' : 'reception.markFirst'), cancelButtonText: t('reception.closeAnyway'), distinguishCancelAndClose: true,
        })
        return speak ? document.getElementById('reply')?.focus() : markFirst()
      } catch (choice) {
        if (choice !== 'cancel') return // Esc: neither
      }
    }
    await desk.close(c.id)
  }
}

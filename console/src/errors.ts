// One way to say that something failed: in the user's words, where the user looks.
import { ElMessage } from 'element-plus/es/components/message/index'
import 'element-plus/es/components/message/style/css'
import { ApiError } from './api'
import { i18n } from './i18n'

export function wordsOf(problem: unknown): string {
  const t = i18n.global.t
  if (problem instanceof ApiError) {
    if (problem.code === 'offline') return t('error.offline')
    if (problem.code === 'timeout') return t('error.timeout')
    if (problem.message) return problem.message
    if (problem.status === 503 && problem.retryAfter) return t('error.busy', { n: problem.retryAfter })
    return t('error.unknown', { status: problem.status || problem.code })
  }
  return t('error.unknown', { status: problem instanceof Error ? problem.message : '?' })
}

/** Shows an error, unless it was a call that nobody waits for any more. */
export function say(problem: unknown): void {
  if (problem instanceof DOMException && problem.name === 'AbortError') return
  if (problem instanceof ApiError && problem.status === 401) return // the sign-in screen says it
  ElMessage({ type: 'error', message: wordsOf(problem), duration: 5000, showClose: true, grouping: true })
}

export function tell(message: string): void {
  ElMessage({ type: 'success', message, duration: 2500, grouping: true })
}

export function warn(message: string): void {
  ElMessage({ type: 'warning', message, duration: 6000, showClose: true, grouping: true })
}

import { tell } from '../errors'
import { i18n } from '../i18n'

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Plain http on a host name: no clipboard object. A hidden field still works.
    const field = document.createElement('textarea')
    field.value = text
    document.body.append(field)
    field.select()
    document.execCommand('copy')
    field.remove()
  }
  tell(i18n.global.t('app.copied'))
}

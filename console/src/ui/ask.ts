import { ElMessageBox } from 'element-plus/es/components/message-box/index'
import 'element-plus/es/components/message-box/style/css'
import { i18n } from '../i18n'

/** A question before something that cannot be undone. */
export async function ask(title: string, text: string, yes: string, danger = false): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: yes, cancelButtonText: i18n.global.t('app.cancel'),
      confirmButtonClass: danger ? 'ask-danger' : '', autofocus: true,
    })
    return true
  } catch {
    return false
  }
}

import { createI18n } from 'vue-i18n'
import { ref, type Ref } from 'vue'
import type { Language } from 'element-plus/es/locale'
import { setApiLanguage } from '../api'

export type LanguageCode = 'zh' | 'en'

export const i18n = createI18n({ legacy: false, locale: 'zh', fallbackLocale: false, missingWarn: false, fallbackWarn: false })
const locale = i18n.global.locale as unknown as Ref<string>
export function languageNow(): string {
  return locale.value
}

/** Words inside Element Plus: calendars, dialogs. */
export const elementWords = ref<Language>()

const LOADERS = {
  zh: () => Promise.all([import('./zh'), import('element-plus/es/locale/lang/zh-cn')]),
  en: () => Promise.all([import('./en'), import('element-plus/es/locale/lang/en')]),
}

export function preferredLanguage(): LanguageCode {
  const kept = localStorage.getItem('laiyu.language')
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export async function setLanguage(code: LanguageCode): Promise<void> {
  const [words, element] = await LOADERS[code]()
  i18n.global.setLocaleMessage(code, words.default as never)
  elementWords.value = element.default as Language
  locale.value = code
  localStorage.setItem('laiyu.language', code)
  document.documentElement.lang = code === 'zh' ? 'zh-CN' : 'en'
  setApiLanguage(code)
}

export function languageTag(code: string): string {
  return code === 'zh' ? 'zh-CN' : 'en'
}

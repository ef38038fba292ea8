import { createPinia } from 'pinia'
import { createApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'
import App from './App.vue'
import { setApiLanguage, whenSignedOut } from './api'
import { warn } from './errors'
import { i18n, preferredLanguage, setLanguage } from './i18n'
import { router } from './router'
import { usePrefs } from './stores/prefs'
import { useSession } from './stores/session'

async function begin(): Promise<void> {
  const app = createApp(App).use(createPinia()).use(i18n)
  usePrefs()
  const session = useSession()
  const language = preferredLanguage()
  setApiLanguage(language)
  await Promise.all([setLanguage(language), session.load().catch(() => undefined)])
  whenSignedOut(() => {
    if (session.me) warn(i18n.global.t('bar.sessionEnded'))
    session.forget()
  })
  // After an update the server no longer has the old parts of the console.
  router.onError((problem) => {
    if (/dynamically imported module|Importing a module script/i.test(String(problem))) warn(i18n.global.t('error.chunk'))
  })
  app.use(router)
  await router.isReady()
  app.mount('#app')
}

void begin()

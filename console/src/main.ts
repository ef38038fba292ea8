import { createPinia } from 'pinia'
import { createApp, type App as VueApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'
import App from './App.vue'
import { ApiError, setApiLanguage, whenSignedOut } from './api'
import { warn, wordsOf } from './errors'
import { i18n, preferredLanguage, setLanguage } from './i18n'
import { router } from './router'
import { usePrefs } from './stores/prefs'
import { useSession } from './stores/session'
import Nothing from './ui/Nothing.vue'

/** Waits until the server says who we are, or that we are nobody. A server that is away is no sign-out. */
async function reached(first: Promise<void>): Promise<void> {
  const session = useSession()
  let screen: VueApp | undefined
  for (let load = first; ; load = session.load()) {
    const problem = await load.then(() => null, (e: unknown) => e)
    if (!problem || (problem instanceof ApiError && problem.status >= 400 && problem.status < 500)) break
    if (!screen) {
      screen = createApp(Nothing, { kind: 'failed', title: wordsOf(problem), onRetry: () => location.reload() }).use(i18n)
      screen.mount('#app')
    }
    await new Promise((done) => setTimeout(done, 3000))
  }
  screen?.unmount()
}

async function begin(): Promise<void> {
  const app = createApp(App).use(createPinia()).use(i18n)
  usePrefs()
  const session = useSession()
  const language = preferredLanguage()
  setApiLanguage(language)
  const first = session.load() // on its way while the words come
  first.catch(() => undefined)
  await setLanguage(language)
  await reached(first)
  whenSignedOut(() => {
    session.forget('ended') // the sign-in screen says why it is there
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

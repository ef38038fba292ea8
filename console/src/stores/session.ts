// Who is signed in, what they may, and the few lists every screen needs.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, patch, post, setCsrf } from '../api'
import { languageNow, setLanguage, type LanguageCode } from '../i18n'
import { setClockOffset } from '../now'
import { DEFAULT_ZONE, isZone } from '../time'
import type { Colleague, Csrf, Dimension, Label, Me, Site } from '../wire'
import { usePrefs } from './prefs'

export const useSession = defineStore('session', () => {
  const prefs = usePrefs()
  const me = ref<Me | null>(null)
  /** Why the sign-in screen is there, where the person did not ask for it. */
  const why = ref<'' | 'ended' | 'elsewhere'>('')
  let chosen: LanguageCode | '' = '' // on the sign-in screen, by hand

  function take(answer: Me): void {
    me.value = answer
    why.value = ''
    setCsrf(answer.csrf)
    setClockOffset(Date.parse(answer.server_time) - Date.now())
    if (prefs.site && !answer.sites.some((s) => s.id === prefs.site)) prefs.site = ''
  }

  async function load(): Promise<void> {
    take(await get<Me>('/api/me'))
    await followLanguage()
  }
  async function login(name: string, password: string): Promise<void> {
    take(await post<Me>('/api/login', { login: name, password }))
    localStorage.removeItem(`laiyu.available.${me.value?.user.id}`) // gone yesterday is not gone today
    await followLanguage()
  }
  /** The account's language wins over the browser's; what was chosen at the sign-in wins over both. */
  async function followLanguage(): Promise<void> {
    if (!me.value) return
    if (chosen && chosen !== me.value.user.language) {
      if (me.value.user.must_change) return // nothing is answered yet but the new password
      try {
        take(await patch<Me>('/api/me', { language: chosen }))
      } catch {
        return // the screen keeps the language it has
      }
    }
    chosen = ''
    const wanted = me.value.user.language
    if (wanted && wanted !== languageNow()) await setLanguage(wanted)
  }
  async function logout(everywhere: boolean): Promise<void> {
    await post(everywhere ? '/api/logout-everywhere' : '/api/logout')
    forget('')
  }
  function forget(reason: '' | 'ended' | 'elsewhere'): void {
    if (me.value || !reason) why.value = reason // who signed out here was told so by the line as well
    me.value = null
    chosen = ''
    setCsrf('')
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith('laiyu.')) sessionStorage.removeItem(key) // drafts are not for the next one
    }
  }
  async function changePassword(old: string, fresh: string): Promise<void> {
    setCsrf((await post<Csrf>('/api/me/password', { old, new: fresh })).csrf)
    await load()
  }
  async function chooseLanguage(code: LanguageCode): Promise<void> {
    chosen = code
    await setLanguage(code)
  }
  async function changeLanguage(code: LanguageCode): Promise<void> {
    await setLanguage(code)
    if (me.value) take(await patch<Me>('/api/me', { language: code }))
  }

  const may = (permission: string): boolean => me.value?.permissions.includes(permission) ?? false
  const userId = computed(() => me.value?.user.id ?? '')
  const sites = computed<Site[]>(() => (me.value?.sites ?? []).filter((s) => !s.retired))
  const dimensions = computed<Dimension[]>(() => me.value?.dimensions ?? [])
  const colleagues = computed<Colleague[]>(() => me.value?.colleagues ?? [])
  const labels = computed(() => {
    const out = new Map<string, Label & { dimension: Dimension }>()
    for (const dimension of dimensions.value) {
      for (const label of dimension.labels) out.set(label.id, { ...label, dimension })
    }
    return out
  })
  const patient = computed(() => dimensions.value.find((d) => d.code === 'patient'))
  function siteOf(id: string): Site | undefined {
    return me.value?.sites.find((s) => s.id === id)
  }
  const zone = computed(() => {
    const wanted = siteOf(prefs.site)?.time_zone ?? common(sites.value.map((s) => s.time_zone))
    return wanted && isZone(wanted) ? wanted : DEFAULT_ZONE
  })
  function nameOf(id: string | null | undefined): string {
    if (!id) return ''
    return colleagues.value.find((c) => c.id === id)?.name ?? (id === userId.value ? me.value!.user.name : `#${id}`)
  }
  return { me, why, load, login, logout, forget, changePassword, changeLanguage, chooseLanguage, may, userId, sites,
    dimensions, colleagues, labels, patient, siteOf, zone, nameOf }
})

function common(values: string[]): string | undefined {
  return values.every((v) => v === values[0]) ? values[0] : undefined
}

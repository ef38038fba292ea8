// What a person chose on this device: appearance, site, availability.
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

export const usePrefs = defineStore('prefs', () => {
  const kept = localStorage.getItem('laiyu.theme')
  const theme = ref<Theme>(kept === 'light' || kept === 'dark' ? kept : 'auto')
  const dark = ref(false)
  const site = ref(localStorage.getItem('laiyu.site') ?? '')

  const system = window.matchMedia('(prefers-color-scheme: dark)')
  function apply(): void {
    dark.value = theme.value === 'dark' || (theme.value === 'auto' && system.matches)
    document.documentElement.dataset.theme = dark.value ? 'dark' : 'light'
    document.documentElement.classList.toggle('dark', dark.value) // Element Plus looks for the class
  }
  system.addEventListener('change', apply)
  watch(theme, (value) => {
    localStorage.setItem('laiyu.theme', value)
    apply()
  })
  watch(site, (value) => localStorage.setItem('laiyu.site', value))
  apply()
  return { theme, dark, site }
})

// Canned replies: read once, changed in Settings, searched while writing.
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { get } from '../api'
import type { Canned, CannedList } from '../wire'

/** Title, shortcut or body; a shortcut that begins with the words comes first. */
export function searchCanned(all: Canned[], wanted: string, site: string): Canned[] {
  const text = wanted.trim().toLowerCase()
  const rank = (c: Canned): number => {
    const shortcut = c.shortcut.toLowerCase()
    if (!text) return 3
    if (shortcut === text) return 0
    if (shortcut.startsWith(text)) return 1
    if (c.title.toLowerCase().includes(text)) return 2
    if (shortcut.includes(text)) return 3
    return c.body.toLowerCase().includes(text) ? 4 : -1
  }
  return all.filter((c) => !c.site_id || !site || c.site_id === site)
    .map((c) => ({ c, rank: rank(c) })).filter((r) => r.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.c.position - b.c.position || a.c.title.localeCompare(b.c.title))
    .map((r) => r.c)
}

export const useTexts = defineStore('texts', () => {
  const canned = shallowRef<Canned[]>([])
  const state = ref<'idle' | 'loading' | 'ready' | 'failed'>('idle')

  async function load(again = false): Promise<void> {
    if (state.value === 'loading' || (state.value === 'ready' && !again)) return
    state.value = 'loading'
    try {
      canned.value = (await get<CannedList>('/api/canned')).canned
      state.value = 'ready'
    } catch (problem) {
      state.value = 'failed'
      throw problem
    }
  }
  return { canned, state, load }
})

// One ticking clock for all waits on screen, set by the server's.
import { ref, type Ref } from 'vue'

const now = ref(Date.now())
let offset = 0

export function setClockOffset(ms: number): void {
  offset = ms
  now.value = Date.now() + offset
}
export function serverNow(): number {
  return Date.now() + offset
}
export function useNow(): Ref<number> {
  return now
}
window.setInterval(() => {
  if (!document.hidden) now.value = Date.now() + offset
}, 1000)
document.addEventListener('visibilitychange', () => {
  now.value = Date.now() + offset
})

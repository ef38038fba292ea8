// What tests with chance in them share: how long they run, and a seed that is printed, so that a
// failure can be had again with LAIYU_SEED.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BINARY } from './server.mjs'

export const FULL = process.env.LAIYU_FULL === '1'
/** Sanitizers make everything several times slower; goals of time are for the bare program. */
export const SANITIZED = ['__asan_init', '__tsan_init'].some((name) => readFileSync(BINARY).includes(name))

/** A generator of numbers from 0 to 1, the same for the same seed. */
export function chance(name, seed = Number(process.env.LAIYU_SEED) || randomInt(2 ** 31)) {
  console.log(`# ${name}: LAIYU_SEED=${seed}`)
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
  random.pick = (list) => list[Math.floor(random() * list.length)]
  random.below = (n) => Math.floor(random() * n)
  return random
}

/** Runs fn over all items, `width` at a time. */
export async function together(items, width, fn) {
  const rest = [...items.entries()]
  const worker = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await fn(next[1], next[0])
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
}

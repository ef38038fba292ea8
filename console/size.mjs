// What the browser loads before the first screen stands: entry, everything it imports at once, and
// the largest first route (sign-in or reception), compressed. Fails above the limit.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT = 250 * 1024
const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const manifest = JSON.parse(readFileSync(join(here, '.parts.json'), 'utf8'))

function files(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk || seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const css of chunk.css ?? []) seen.add(css)
  for (const next of chunk.imports ?? []) files(next, seen)
  return seen
}

const weigh = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length
let failed = false
for (const route of ['src/login/Login.vue', 'src/reception/Reception.vue', 'src/today/Today.vue',
  'src/conversations/Conversations.vue', 'src/settings/Settings.vue']) {
  const all = files('index.html')
  for (const key of ['src/frame/Frame.vue', 'src/i18n/zh.ts', route]) files(key, all)
  let bytes = weigh('index.html')
  for (const file of all) bytes += weigh(file)
  const over = bytes > LIMIT
  failed ||= over
  console.log(`${route}: ${(bytes / 1024).toFixed(1)} KB gzip in ${all.size + 1} files${over ? ' TOO MUCH' : ''}`)
}
if (failed) process.exit(1)

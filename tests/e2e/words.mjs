// The names of all sentences of the console: none of them may be seen on a screen.
import { build } from 'esbuild'
import path from 'node:path'
import { ROOT } from './lib.mjs'

const { outputFiles } = await build({ entryPoints: [path.join(ROOT, 'console/src/i18n/en.ts')], format: 'esm', write: false })
const all = (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)).default

function* names(node, before) {
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === 'string') yield before + name
    else yield* names(value, `${before}${name}.`)
  }
}
export const en = new Set(names(all, ''))

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '../src/i18n/en'
import zh from '../src/i18n/zh'

type Tree = { [key: string]: string | Tree }
function flat(tree: Tree, at = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(at + key, value)
    else for (const [k, v] of flat(value, `${at}${key}.`)) out.set(k, v)
  }
  return out
}
const words = { zh: flat(zh as Tree), en: flat(en as Tree) }
const slots = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name)
    return e.isDirectory() ? sources(path) : /\.(vue|ts)$/.test(e.name) ? [path] : []
  })
}
const code = sources(join(__dirname, '../src')).filter((p) => !/i18n\/(zh|en)\.ts$/.test(p)).map((p) => readFileSync(p, 'utf8'))

describe('catalogues', () => {
  it('have the same keys', () => {
    expect([...words.en.keys()].sort()).toEqual([...words.zh.keys()].sort())
  })
  it.each(['zh', 'en'] as const)('%s has no empty text', (language) => {
    for (const [key, text] of words[language]) expect(text.trim(), key).not.toBe('')
  })
  it('carry the same values in both languages', () => {
    for (const [key, text] of words.zh) expect(slots(words.en.get(key) ?? ''), key).toEqual(slots(text))
  })
  it('use no sign that the message format would read', () => {
    for (const [key, text] of [...words.zh, ...words.en]) expect(text.replace(/\{\w+\}/g, ''), key).not.toMatch(/[@|{}]/)
  })
  it('know every key that the code names', () => {
    const named = new Set(code.flatMap((text) => [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((m) => m[1]!)))
    expect(named.size).toBeGreaterThan(200)
    for (const key of named) expect(words.zh.has(key), key).toBe(true)
  })
  it('have no key that nothing names', () => {
    const text = code.join('\n')
    const lead = new Set([...text.matchAll(/t\(`([\w.]+?)\.?\$\{/g)].map((m) => m[1]!))
    const unused = [...words.zh.keys()].filter((key) => !text.includes(`'${key}'`) && ![...lead].some((l) => key.startsWith(l)))
    expect(unused).toEqual([])
  })
  it('have words for every act that the server writes to the audit log', () => {
    const server = ['web', 'acts', 'cli', '.'].flatMap((room) => {
      const folder = join(__dirname, '../../src', room)
      return readdirSync(folder).filter((f) => f.endsWith('.c')).map((f) => readFileSync(join(folder, f), 'utf8'))
    }).join('\n')
    const calls = [...server.matchAll(/audit(?:_write)?\([^;]*;/g)].map((m) => m[0])
    const acts = new Set(calls.flatMap((call) => [...call.matchAll(/"([a-z_]+(?:\.[a-z_]+)?)"/g)].map((m) => m[1]!))
      .filter((name) => !['control', 'system', 'visitor', 'conversation', 'true', 'false'].includes(name)))
    expect(acts.size).toBeGreaterThan(15)
    for (const act of acts) expect(words.zh.has(`audit.${act.replace(/\./g, '_')}`), act).toBe(true)
  })
  it('never put markup into the page', () => {
    for (const text of code) expect(text).not.toMatch(/v-html|innerHTML|insertAdjacentHTML/)
  })
})

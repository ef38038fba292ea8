// The pages that describe tables, figures and options are compared with the code they describe, in
// both directions.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../lib/server.mjs'

const read = (name) => readFileSync(path.join(ROOT, name), 'utf8')
const found = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1])

/** Top-level commas only: a key or a check may hold more. */
function columnsOf(list) {
  let depth = 0
  const parts = ['']
  for (const c of list) {
    if (c === '(') depth++
    if (c === ')') depth--
    if (c === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += c
  }
  return parts.map((part) => part.trim()).filter((part) => !/^(PRIMARY|UNIQUE|FOREIGN|CHECK)\b/.test(part))
    .map((part) => part.split(/\s+/)[0])
}

function tablesOf(text) {
  const tables = new Map()
  for (const start of text.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(/g)) {
    let depth = 1
    let end = start.index + start[0].length
    while (depth) {
      if (text[end] === '(') depth++
      if (text[end] === ')') depth--
      end++
    }
    tables.set(start[1], columnsOf(text.slice(start.index + start[0].length, end - 1)))
  }
  for (const [, table, column] of text.matchAll(/ALTER TABLE (\w+) ADD COLUMN (\w+)/g))
    tables.get(table).push(column)
  return tables
}

test('SCHEMA.md has every table and column, in their order, and no other', () => {
  const folder = 'src/db/schema'
  let statements = readdirSync(path.join(ROOT, folder)).sort().map((name) => read(`${folder}/${name}`)).join('\n')
  // The seam's own table stands in C, as adjacent strings.
  statements += read('src/db/migrate.c').replace(/"\s*\n\s*"/g, '')
  const documented = new Map()
  for (const part of read('docs/SCHEMA.md').split(/^### /m).slice(1))
    documented.set(part.split('\n')[0].trim(), found(part, /^\| (\w+) \| /gm).filter((name) => name !== 'column'))
  const tables = tablesOf(statements)
  assert.ok(tables.size >= 19)
  assert.deepEqual([...documented.keys()].sort(), [...tables.keys()].sort())
  for (const [table, columns] of tables) assert.deepEqual(documented.get(table), columns, table)
})

test('OPERATIONS.md explains every figure of /metrics', () => {
  const counted = found(read('src/base/log.c'), /"(laiyu_\w+)"/g)
  const explained = found(read('docs/OPERATIONS.md'), /`(laiyu_\w+)`/g)
  assert.ok(counted.length > 10)
  assert.deepEqual([...new Set(explained)].sort(), counted.sort())
})

test('the manual page knows every command and every option of serve', () => {
  const page = read('docs/laiyu.1').replaceAll('\\-', '-').replaceAll('"', '')
  for (const name of found(read('src/main.c'), /^ {4}\{"(\w+)", \w+, "/gm))
    assert.match(page, new RegExp(`^\\.(B|BI|BR|TP)\\b.*\\b${name}\\b`, 'm'), name)
  const options = found(read('src/config.c'), /\{"(--[\w-]+)"/g)
  assert.ok(options.length > 10)
  for (const name of options) assert.ok(page.includes(name), name)
})

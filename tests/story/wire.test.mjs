// What is made from wire.yaml stands as it would be made now, and its OpenAPI is sound.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { loadApi } from '../lib/api.mjs'
import { ROOT } from '../lib/server.mjs'

const MADE = [
  'src/web/wire_shapes.h',
  'src/web/wire_shapes.inc',
  'src/web/routes.inc',
  'src/web/frames.inc',
  'console/src/wire.ts',
  'widget/src/wire.ts',
  'docs/api.yaml',
]

const generate = (root, ...args) =>
  new Promise((done) => {
    const script = path.join(root, 'wire/generate.py')
    execFile('/usr/bin/python3', [script, ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    )
  })

test('everything made from wire.yaml is up to date', async () => {
  const { code, stdout, stderr } = await generate(ROOT, '--check')
  assert.equal(code, 0, stdout + stderr)
})

test('--check names each file that is not, and only that, and writes nothing', async () => {
  const copy = await mkdtemp(path.join(tmpdir(), 'laiyu-wire-'))
  try {
    await cp(path.join(ROOT, 'wire'), path.join(copy, 'wire'), { recursive: true })
    for (const file of MADE) await cp(path.join(ROOT, file), path.join(copy, file))
    for (const file of MADE) {
      await appendFile(path.join(copy, file), '\n')
      for (let again = 0; again < 2; again++) {
        const { code, stdout } = await generate(copy, '--check')
        assert.equal(code, 1)
        assert.equal(stdout, `${file}: out of date\n`)
      }
      await cp(path.join(ROOT, file), path.join(copy, file))
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})

test('a word that is declared nowhere is refused', async () => {
  const copy = await mkdtemp(path.join(tmpdir(), 'laiyu-wire-'))
  try {
    await cp(path.join(ROOT, 'wire'), path.join(copy, 'wire'), { recursive: true })
    const wire = path.join(copy, 'wire/wire.yaml')
    await appendFile(wire, '      news: {what: nowhere}\n')
    const { code, stderr } = await generate(copy)
    assert.equal(code, 2)
    assert.match(stderr, /no shape or enum nowhere/)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})

const api = loadApi()

function* walk(value, at = '') {
  if (typeof value !== 'object' || value === null) return
  yield [at, value]
  for (const [key, member] of Object.entries(value)) yield* walk(member, `${at}/${key}`)
}

test('every reference in api.yaml leads somewhere', () => {
  let count = 0
  for (const [at, value] of walk(api.document)) {
    if (typeof value.$ref !== 'string') continue
    assert.ok(api.resolve(value.$ref), `${at}: ${value.$ref}`)
    count++
  }
  assert.ok(count > 100, `${count} references`)
})

test('every schema in api.yaml compiles in strict mode', () => {
  const found = []
  for (const name of Object.keys(api.document.components.schemas)) {
    found.push({ $ref: `#/components/schemas/${name}` })
  }
  for (const [, value] of walk(api.document.paths)) if (value.schema) found.push(value.schema)
  for (const p of Object.values(api.document.components.parameters)) found.push(p.schema)
  for (const schema of found) assert.equal(typeof api.validator(schema), 'function')
})

test('each operation has an id of its own, a summary, and its parameters', () => {
  let count = 0
  const tags = api.document.tags.map((tag) => tag.name)
  for (const item of Object.values(api.document.paths)) count += Object.keys(item).length
  assert.equal(api.operations.size, count)
  for (const { id, pattern, summary, parameters, tags: mine, responses } of api.operations.values()) {
    assert.ok(summary, id)
    assert.ok(mine.every((tag) => tags.includes(tag)), id)
    assert.ok(responses.default, id)
    const named = parameters.filter((p) => p.in === 'path').map((p) => `{${p.name}}`)
    assert.deepEqual(named, pattern.match(/{\w+}/g) ?? [], id)
    for (const p of parameters) assert.ok(p.description, `${id} ${p.name}`)
  }
})

test('an answer with a member too many, too few or of another type does not fit', () => {
  const health = api.operations.get('health')
  const answer = (body) => ({ status: 200, headers: { 'content-type': 'application/json' }, body })
  api.checkAnswer(health, answer({ status: 'ok', version: '1' }))
  for (const bad of [
    { status: 'ok', version: '1', more: 1 },
    { status: 'ok' },
    { status: 'ok', version: 1 },
  ]) {
    assert.throws(() => api.checkAnswer(health, answer(bad)), /GET \/healthz answered 200/)
  }
  assert.throws(() => api.checkAnswer(health, { ...answer({}), status: 204 }), /not declared/)
})

// The day PostgreSQL takes over: every migration runs on it, every statement of every room prepares
// on it, and no parameter is taken for something smaller than what we hand over.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { BINARY, ROOT } from '../lib/server.mjs'

const BIN = '/usr/lib/postgresql/15/bin'
// int4 would cut ids and times; what the seam hands over is int8, text, bytes and double.
const TYPES = new Set(['bigint', 'text', 'bytea', 'double precision'])

let folder
let started = false
let lines

// PostgreSQL refuses to run as root.
function run(program, args, input = '') {
  const command = [path.join(BIN, program), ...args]
  if (process.getuid() === 0) command.unshift('runuser', '-u', 'postgres', '--')
  return execFileSync(command[0], command.slice(1), {
    cwd: folder, input, encoding: 'utf8', timeout: 120_000, maxBuffer: 64 << 20,
    env: { ...process.env, LC_ALL: 'C.UTF-8' }, stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function psql(script, ...options) {
  return run('psql', ['-X', '-q', '-A', '-t', '-h', folder, '-U', 'laiyu', ...options, 'postgres'],
    script)
}

function sqlSetsOfRooms() {
  const names = []
  const walk = (at) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const file = path.join(at, entry.name)
      if (entry.isDirectory()) walk(file)
      else if (entry.name.endsWith('.c')) {
        for (const [, name] of readFileSync(file, 'utf8').matchAll(/^const struct sql_set (\w+) =/gm))
          names.push(name)
      }
    }
  }
  walk(path.join(ROOT, 'src'))
  return names.sort()
}

before(() => {
  assert.ok(existsSync(path.join(BIN, 'initdb')), 'PostgreSQL 15 is not installed: script/bootstrap')
  const dump = path.join(path.dirname(BINARY), 'tests', 'sql_dump')
  lines = execFileSync(dump, { encoding: 'utf8', maxBuffer: 64 << 20 })
    .trim().split('\n').map((line) => JSON.parse(line))
  folder = mkdtempSync(path.join(tmpdir(), 'laiyu-pg-'))
  if (process.getuid() === 0) execFileSync('chown', ['postgres', folder])
  run('initdb', ['-D', 'data', '-U', 'laiyu', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'])
  run('pg_ctl', ['-D', 'data', '-w', '-l', 'log', 'start',
    '-o', `-c listen_addresses= -c unix_socket_directories=${folder} -c fsync=off`])
  started = true
})

after(() => {
  if (started) run('pg_ctl', ['-D', 'data', '-w', '-m', 'immediate', 'stop'])
  if (folder) rmSync(folder, { recursive: true, force: true })
})

test('no room keeps statements to itself', () => {
  const dumped = new Set(lines.filter((line) => line.kind === 'statement').map((line) => line.set))
  assert.deepEqual([...dumped].sort(), sqlSetsOfRooms())
})

test('every migration runs', () => {
  const migrations = lines.filter((line) => line.kind === 'migration')
  assert.ok(migrations.length >= 2)
  for (const { set, text } of migrations) {
    assert.doesNotThrow(() => psql(`BEGIN;\n${text}COMMIT;\n`, '-v', 'ON_ERROR_STOP=1'), set)
  }
  assert.equal(psql('SELECT COUNT(*) FROM label;').trim(), '12')
})

test('every statement prepares, and its parameters are as wide as ours', () => {
  const statements = lines.filter((line) => line.kind === 'statement')
  assert.ok(statements.length > 80, `only ${statements.length} statements`)
  const script = statements.map(({ text }, i) =>
    `PREPARE s${i} AS ${text};\n\\echo error ${i} :ERROR :LAST_ERROR_MESSAGE\n`)
  script.push("SELECT 'types ' || substr(name, 2) || ' ' || array_to_string(parameter_types, ',')" +
    " FROM pg_prepared_statements;\n")
  const wrong = []
  let seen = 0
  for (const line of psql(script.join('')).split('\n')) {
    const [, kind, index, rest] = line.match(/^(error|types) (\d+) ?(.*)$/) ?? []
    const { set, n, text } = statements[Number(index ?? 0)]
    const say = (what) => wrong.push(`${set}[${n}]: ${what}\n    ${text}`)
    if (kind === 'error' && rest.startsWith('true')) say(rest.slice(5))
    if (kind === 'types') {
      seen++
      const narrow = rest.split(',').filter((type) => type && !TYPES.has(type))
      if (narrow.length) say(`parameters ${rest}`)
    }
  }
  assert.deepEqual(wrong, [], wrong.join('\n'))
  assert.equal(seen, statements.length)
})

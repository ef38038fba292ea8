// docs/api.yaml as a judge of real answers and frames.
import Ajv2020 from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { ROOT } from './server.mjs'

const FILE = path.join(ROOT, 'docs/api.yaml')
const METHODS = ['get', 'post', 'patch', 'put', 'delete']

/** { document, operations by operationId, check(...) } */
export function loadApi() {
  const document = parse(readFileSync(FILE, 'utf8'))
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  formats(ajv)
  // The schemas as a JSON Schema of their own: the rest of the document is none.
  const rehang = (schema) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"api#/$defs/'))
  ajv.addSchema({ $id: 'api', $defs: rehang(document.components.schemas) })
  const compiled = new Map()

  const resolve = (ref) =>
    ref
      .slice(2)
      .split('/')
      .reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)

  /** A schema that stands in the document, with its references. */
  function validator(schema) {
    const text = JSON.stringify(schema)
    if (!compiled.has(text)) compiled.set(text, ajv.compile(rehang(schema)))
    return compiled.get(text)
  }

  function mustFit(what, schema, value) {
    const fits = validator(schema)
    if (fits(value)) return
    const why = fits.errors.map(
      (e) => `  ${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`,
    )
    throw new Error(`${what}:\n${why.join('\n')}\n  in ${JSON.stringify(value).slice(0, 2000)}`)
  }

  const operations = new Map()
  for (const [pattern, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method]
      const parameters = (operation.parameters ?? []).map((p) => (p.$ref ? resolve(p.$ref) : p))
      const id = operation.operationId
      operations.set(id, { ...operation, id, method: method.toUpperCase(), pattern, parameters })
    }
  }

  const typeOf = (answer) => (answer.headers['content-type'] ?? '').split(';')[0].trim()

  /** Throws unless this answer of an operation is declared, with every member it has. */
  function checkAnswer(operation, answer) {
    const what = `${operation.method} ${operation.pattern} answered ${answer.status}`
    const good = answer.status < 400
    let declared = operation.responses[answer.status] ?? (good ? null : operation.responses.default)
    if (!declared) throw new Error(`${what}, which is not declared: ${JSON.stringify(answer.body)}`)
    if (declared.$ref) declared = resolve(declared.$ref)
    const content = declared.content?.[typeOf(answer)]
    if (!content) throw new Error(`${what} as "${typeOf(answer)}", which is not declared`)
    mustFit(what, content.schema, answer.body)
  }

  /** A frame of an upgraded route: way is answer or push. */
  function checkFrame(operationId, way, t, frame) {
    const frames = operations.get(operationId)['x-frames']
    const { t: told, re, ...fields } = frame
    const what = `${operationId} ${way} ${t}`
    if (told === 'error') return mustFit(what, { $ref: '#/components/schemas/Error' }, fields)
    const declared = (way === 'push' ? frames.push : frames.in).find((row) => row.t === t)
    if (!declared) throw new Error(`${what} is not declared: ${JSON.stringify(frame)}`)
    return mustFit(what, way === 'push' ? declared.schema : declared.answer, fields)
  }

  return { document, operations, resolve, validator, mustFit, checkAnswer, checkFrame }
}

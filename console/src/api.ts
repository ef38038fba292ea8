// The HTTP side of the server: one function a manner of calling, one error with what it said.
import type { Error as WireError } from './wire'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }
}

let csrf = ''
let language = 'zh'
let onSignedOut: () => void = () => undefined

export function setCsrf(token: string): void {
  csrf = token
}
export function csrfToken(): string {
  return csrf
}
export function setApiLanguage(code: string): void {
  language = code
}
export function whenSignedOut(then: () => void): void {
  onSignedOut = then
}

/** A key that names one wish of the user, so that a repeat does nothing twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15))
  return Array.from(bytes, (b) => b.toString(36).padStart(2, '0')).join('')
}

type Query = Record<string, string | number | undefined | null>

export function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

interface Options {
  body?: unknown
  key?: string
  signal?: AbortSignal
}

async function failure(answer: Response): Promise<ApiError> {
  let said: Partial<WireError> = {}
  try {
    said = (await answer.json()) as Partial<WireError>
  } catch {
    // Not ours: a proxy in between, most likely. The status says enough.
  }
  const header = Number(answer.headers.get('Retry-After'))
  return new ApiError(answer.status, said.code ?? 'unknown', said.message ?? '',
    said.field ?? null, said.retry_after ?? (header > 0 ? header : null))
}

async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (options.key) headers['Idempotency-Key'] = options.key
  let body: string | undefined
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(options.body)
  }
  let answer: Response
  try {
    answer = await fetch(path, { method, headers, body, signal: options.signal, credentials: 'same-origin' })
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === 'AbortError') throw problem
    throw new ApiError(0, 'offline', '')
  }
  if (!answer.ok) {
    const error = await failure(answer)
    if (answer.status === 401 && path !== '/api/login') onSignedOut()
    throw error
  }
  try {
    return (await answer.json()) as T
  } catch {
    throw new ApiError(answer.status, 'unknown', '')
  }
}

export const get = <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
  call<T>('GET', withQuery(path, query), { signal })

export const post = <T>(path: string, body: unknown = {}): Promise<T> => call<T>('POST', path, { body })

export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>('PATCH', path, { body })

export const remove = <T>(path: string): Promise<T> => call<T>('DELETE', path)

/** Creating calls carry a key: the caller keeps it over retries of the same wish. */
export const create = <T>(path: string, body: unknown, key: string): Promise<T> =>
  call<T>('POST', path, { body, key })

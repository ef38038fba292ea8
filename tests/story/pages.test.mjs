// What browsers are sent: console, widget and demo, out of the executable.
import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { after, before, describe, test } from 'node:test'
import { request, startServer } from '../lib/server.mjs'

describe('pages', () => {
  let server
  before(async () => { server = await startServer() })
  after(() => server.end())

  const get = (path, headers = {}, method = 'GET') => request(server, method, path, { headers })
  const text = (answer) => answer.bytes.toString('utf8')

  test('/ leads to the console', async () => {
    const answer = await get('/')
    assert.equal(answer.status, 302)
    assert.equal(answer.headers.location, '/console/')
  })

  for (const path of ['/console/', '/demo/', '/demo/doctors.html', '/console/today']) {
    test(`${path} may run only what we serve, and is asked for again each time`, async () => {
      const answer = await get(path)
      assert.equal(answer.status, 200)
      assert.match(answer.headers['content-type'], /^text\/html; charset=utf-8/)
      const policy = answer.headers['content-security-policy']
      assert.match(policy, /default-src 'self'/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe/)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      assert.equal(answer.headers['cache-control'], 'no-cache')
      assert.ok(answer.headers.etag)
      const again = await get(path, { 'if-none-match': answer.headers.etag })
      assert.equal(again.status, 304)
      assert.equal((await get(path, { 'if-none-match': '"other"' })).status, 200)
    })
  }

  test('what has its hash in its name is kept for ever', async () => {
    const page = text(await get('/console/'))
    const script = /src="(\/console\/assets\/[^"]+\.js)"/.exec(page)[1]
    const answer = await get(script)
    assert.equal(answer.status, 200)
    assert.match(answer.headers['cache-control'], /max-age=31536000, immutable/)
  })

  test('the widget is small, compressed where that is accepted, and open to every page', async () => {
    const plain = await get('/w.js')
    const packed = await get('/w.js', { 'accept-encoding': 'br, gzip' })
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.ok(Number(packed.headers['content-length']) <= 12 * 1024)
    assert.ok(Number(packed.headers['content-length']) < Number(plain.headers['content-length']))
    assert.equal(packed.headers.vary, 'Accept-Encoding')
    assert.equal(packed.headers['access-control-allow-origin'], '*')
    assert.equal((await get('/w.js', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined)
    assert.deepEqual(gunzipSync(packed.bytes), plain.bytes)
  })

  test('a head alone says what a page would', async () => {
    const head = await get('/demo/', {}, 'HEAD')
    const page = await get('/demo/')
    assert.equal(head.status, 200)
    assert.equal(head.headers['content-length'], page.headers['content-length'])
    assert.equal(head.headers.etag, page.headers.etag)
  })

  for (const path of ['/console/../../etc/passwd', '/console/%2e%2e/main.db', '/demo/nothing.html', '/w/assets/', '/.git/config', '/demo//etc/passwd']) {
    test(`${path} is not there`, async () => {
      const answer = await get(path)
      assert.ok([400, 404].includes(answer.status), String(answer.status))
      assert.doesNotMatch(text(answer), /root:/)
    })
  }
})

describe('--no-demo', () => {
  test('serves no demo and makes no demo site', async () => {
    const server = await startServer({ args: ['--no-demo'] })
    try {
      assert.equal((await request(server, 'GET', '/demo/')).status, 404)
      assert.equal((await request(server, 'GET', '/demo')).status, 404)
      const admin = await server.admin()
      const sites = await admin.get('/api/sites')
      assert.deepEqual(sites.body.sites, [])
    } finally {
      await server.end()
    }
  })
})

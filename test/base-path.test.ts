// A reverse proxy serves the service under a path of its host, and removes the path from requests or leaves it.
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { service } from './helpers/app.ts'

describe.each([
  ['removes the path', ''],
  ['leaves the path', '/sco'],
])('a proxy that %s', (_, prefix) => {
  test('gets links, locations, documents and pages under the base path', async () => {
    const { app, keys } = await service({ seed: true, basePath: '/sco' })
    const get = (url: string) => app.inject({ url: prefix + url, headers: { host: 'archive.example' } })
    // Twice more, so that the last response comes from the cache.
    for (let time = 0; time < 3; time++) {
      const list = await get('/v1/states?limit=1')
      expect(list.headers['link']).toMatch(/<\/sco\/v1\/states\?limit=1&cursor=[^>]+>; rel="next"/)
      const next = /<([^>]+)>; rel="next"/.exec(String(list.headers['link']))?.[1] ?? ''
      expect((await app.inject(next)).statusCode).toBe(200)
    }
    const created = await app.inject({
      method: 'POST',
      url: `${prefix}/v1/topics`,
      headers: { authorization: `Bearer ${keys.analyst}` },
      payload: { slug: 'a-topic', prefLabel: 'A topic' },
    })
    expect(created.headers.location).toBe(`/sco/v1/topics/${created.json()['id']}`)
    const index = (await get('/')).json()
    expect(index).toMatchObject({ documentation: '/sco/docs/', openapi: '/sco/openapi.json' })
    expect(index.resources).toContain('/sco/v1/proposals')
    expect((await get('/openapi.json')).json().servers).toMatchObject([{ url: 'http://archive.example/sco' }])
    expect((await get('/docs')).headers.location).toBe('/sco/docs/')
    const page = (await get('/docs/')).body
    expect(page).toContain('"url": "../openapi.json"')
    // The page sends requests to its own origin, even if a proxy hides what that is.
    expect(page.replace(/\s+/g, '')).toContain('"servers":[{"url":"/sco"}]')
    expect(page).toContain('src="js/scalar.js"')
    expect((await get('/problems')).body).toContain('href="/sco/problems/')
    expect((await get('/v1/proposals.atom')).body).toContain('http://archive.example/sco/v1/proposals/prp_')
    expect((await get('/v1/meetings.ics')).body.replaceAll('\r\n ', '')).toContain(
      'http://archive.example/sco/v1/meetings/mtg_',
    )
  })
})

test('the OpenAPI document has the address by which the client reached the service', async () => {
  const { app } = await service({ trustProxy: 1 })
  const serverAt = async (url: string, headers: Record<string, string>) => {
    const { body } = await app.inject({ url, headers })
    const document = url.endsWith('.yaml') ? parse(body) : JSON.parse(body)
    return document.servers[0].url
  }
  // More addresses than are kept, and the first one again.
  const hosts = Array.from({ length: 10 }, (_, index) => `host-${index}.example`)
  for (const url of ['/openapi.json', '/openapi-3.0.json', '/openapi.yaml']) {
    for (const host of [...hosts, 'host-0.example'])
      expect(await serverAt(url, { host })).toBe(`http://${host}`)
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'archive.example' }
    expect(await serverAt(url, { host: 'inner:3000', ...forwarded })).toBe('https://archive.example')
  }
})

test('a path that only begins like the base path is not below it', async () => {
  const { app } = await service({ basePath: '/sco' })
  expect((await app.inject('/scooter/v1/states')).statusCode).toBe(404)
  expect((await app.inject('/sco')).statusCode).toBe(200)
  expect((await app.inject('/sco?x=1')).statusCode).toBe(400)
})

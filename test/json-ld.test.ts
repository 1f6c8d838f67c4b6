// The JSON-LD context of records.
import { expect, test } from 'vitest'
import { CONTEXT } from '../src/features/json-ld.ts'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'

const LINK = '</context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'

const context = CONTEXT['@context'] as Record<string, unknown>

test.each(catalogue.entities.map((entity) => [entity.kind, entity] as const))(
  'every member of a record of the kind %s has a term, or is left out on purpose',
  (_, { keys }) => {
    expect(keys.filter((key) => !Object.hasOwn(context, key))).toEqual([])
  },
)

test('every term is that of a member or of a type of relation, and has a known prefix', () => {
  const prefixes = Object.keys(context).filter((name) => String(context[name]).startsWith('http'))
  const isKnown = (id: string) =>
    id.startsWith('@') || id.startsWith('urn:sco-tracker:') || prefixes.includes(id.split(':')[0] ?? '')
  for (const [name, term] of Object.entries(context)) {
    if (name.startsWith('@') || prefixes.includes(name) || term === null) continue
    const { '@id': id, '@type': type = '@id' } = (
      typeof term === 'string' ? { '@id': term } : term
    ) as Record<string, string>
    expect(isKnown(String(id)), name).toBe(true)
    expect(isKnown(type), name).toBe(true)
  }
})

test('is a static file that anybody may fetch and store', async () => {
  const { app } = await service({ requireKeyForReads: true })
  const { statusCode, headers, body } = await app.inject('/context.jsonld')
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toContain('application/ld+json')
  expect(headers['cache-control']).toBe('public, no-cache')
  expect(JSON.parse(body)).toEqual(CONTEXT)
})

test('is named by the JSON of lists, records and parts, and by no other format', async () => {
  const s = await service({ seed: true })
  const { body } = await s.get('/v1/proposals?limit=1')
  const [{ id }] = body['data']
  const created = await s.post('/v1/topics', { slug: 'own', prefLabel: 'Own' })
  const events = `/v1/proposals/${id}/events`
  for (const url of ['/v1/proposals', `/v1/proposals/${id}`, '/v1/events', events])
    expect((await s.get(url)).headers['link'], url).toBe(LINK)
  expect(created.headers['link']).toBe(LINK)
  expect((await s.patch('/v1/topics/own', { prefLabel: 'Other' })).headers['link']).toBe(LINK)
  for (const url of [
    '/v1/proposals.csv',
    '/v1/proposals.atom',
    '/v1/sources.csl.json',
    '/v1/stats/proposals?by=status',
  ])
    expect((await s.get(url)).headers['link'], url).toBeUndefined()
})

test('stands beside the next page, both below a base path', async () => {
  const s = await service({ seed: true, basePath: '/sco' })
  const link = String((await s.get('/v1/topics?limit=1')).headers['link'])
  expect(link.split(', ')).toEqual([
    expect.stringMatching(/^<\/sco\/v1\/topics\?.*cursor=.*>; rel="next"$/),
    LINK.replace('</', '</sco/'),
  ])
})

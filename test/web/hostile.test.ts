// Hostile text in every field of every kind harms no page.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fieldOf } from '../../src/records/schema/fields.ts'
import { catalogue } from '../../src/resources/index.ts'
import { type Service, service } from '../helpers/app.ts'
import { type Body, fullBody, type Ids, kinds, oneOfEach, pathOf } from '../helpers/bodies.ts'
import { expectSafe } from './check.ts'

const HTML = { accept: 'text/html' }

const SHORT = `<script>x</script>" onx="y" 'z' javascript:x & {n} این \u202e`
const LONG = 'ж'.repeat(10_000)

/** Puts hostile text into every free text of a body that has room for it. */
function hostile(schema: z.ZodType, value: unknown, unique: number): unknown {
  const field = fieldOf(schema)
  if (field?.free && typeof value === 'string') {
    if (value.startsWith('https:')) return `${value}?"'<script>`
    const text = `${SHORT}${unique}`
    const longest = `${text} ${LONG}`
    return [longest, text].find((each) => field.value.safeParse(each).success) ?? value
  }
  if (field) return value
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((each) => hostile(schema.element as z.ZodType, each, unique))
  if (schema instanceof z.ZodObject && value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        hostile(schema.shape[key] as z.ZodType, each, unique),
      ]),
    )
  return 'unwrap' in schema ? hostile((schema as z.ZodNullable<z.ZodType>).unwrap(), value, unique) : value
}

async function hostileRecords({ post }: Service): Promise<Ids> {
  const plain = await oneOfEach({ post } as Service)
  const ids = {} as Ids
  for (const [unique, kind] of kinds.entries()) {
    const { shape } = catalogue.resource(kind).record
    const body = Object.fromEntries(
      Object.entries(fullBody(kind, { ...plain, ...ids })).map(([key, value]) => [
        key,
        key === 'text' && kind === 'source'
          ? `${SHORT} quoted ${SHORT} ${LONG}`
          : hostile(shape[key] as z.ZodType, value, unique),
      ]),
    ) as Body
    const answer = await post(pathOf(kind), body)
    expect([kind, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([kind, 201, ''])
    ids[kind] = answer.body['id']
  }
  return ids
}

test('hostile text in every field harms no page', async () => {
  const app = await service()
  const ids = await hostileRecords(app)
  const { get, post } = app
  const part = async (path: string, body: Body) => {
    const answer = await post(path, body)
    expect([path, answer.status, answer.status === 201 ? '' : answer.text]).toEqual([path, 201, ''])
    return answer.body['id'] as string
  }
  for (const kind of kinds)
    await part(`${pathOf(kind)}/${ids[kind]}/evidence`, {
      sourceId: ids.source,
      motivation: 'inference',
      exact: `quoted ${SHORT}`,
      note: `${SHORT} ${SHORT}`,
      translation: { language: 'fa', text: SHORT, by: 'machine' },
      locator: { label: 'page', value: SHORT },
    })
  const event = { type: 'noted', occurredOn: '2022-08-24', stateCode: ids.state, note: SHORT }
  await part(`/v1/proposals/${ids.proposal}/events`, event)
  await part(`/v1/statements/${ids.statement}/positions`, {
    stateCode: ids.state,
    position: 'objected',
    note: SHORT,
  })
  await part(`/v1/speakers/${ids.speaker}/memberships`, { stateCode: ids.state, role: SHORT, note: SHORT })
  for (const prefix of ['', '/ru', '/zh']) {
    const paths = [
      prefix === '' ? '/en/' : '/',
      `/search?q=${encodeURIComponent(SHORT)}`,
      '/search?q=script',
      ...catalogue.entities.map(({ path }) => `/${path}`),
      ...kinds.map((kind) => `/${catalogue.resource(kind).path}/${ids[kind]}`),
      `/proposals?q=${encodeURIComponent(SHORT)}`,
      `/proposals/${encodeURIComponent(SHORT.slice(0, 40))}`,
      `/agreements?identifier=${encodeURIComponent(`x:${SHORT}`)}`,
      `/proposals?sort=${encodeURIComponent('"><script>')}`,
    ]
    for (const path of paths) {
      const { status, text } = await get(`${prefix}${path}`, HTML)
      expect([path, status < 500]).toEqual([path, true])
      if (status === 200 && path.split('/').length > 2) expect(text).toContain('&lt;script&gt;x')
      await expectSafe(prefix + path, text)
    }
  }
})

// Records with hostile text in every field of every kind, and in their parts.
import { z } from 'zod'
import { fieldOf } from '../../src/records/schema/fields.ts'
import { catalogue } from '../../src/resources/index.ts'
import type { Service } from './app.ts'
import { type Body, fullBody, type Ids, kinds, oneOfEach, pathOf } from './bodies.ts'

/** Markup, a script address, a placeholder of messages, two directions, combining marks, joined emoji, and control characters. */
export const HOSTILE = `<script>alert(1)</script>" onx="y" 'z' javascript:x & {n} این \u202e e\u0323\u0301 👩🏽‍🚀 \u0001`

/** A word that no line has room for. */
const LONG = 'ж'.repeat(10_000)

/** Puts hostile text into every free text of a body that has room for it. */
function hostile(schema: z.ZodType, value: unknown, unique: number): unknown {
  const field = fieldOf(schema)
  if (field?.free && typeof value === 'string') {
    if (value.startsWith('https:')) return `${value}?"'<script>`
    const text = `${HOSTILE}${unique}`
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

/** Creates a record of each kind with its parts. @returns the ids of the records */
export async function hostileRecords({ post }: Pick<Service, 'post'>): Promise<Ids> {
  const create = async (path: string, body: Body): Promise<string> => {
    const { status, body: created, text } = await post(path, body)
    if (status !== 201) throw new Error(`POST ${path}: ${text}`)
    return created['id']
  }
  const plain = await oneOfEach({ post })
  const ids = {} as Ids
  for (const [unique, kind] of kinds.entries()) {
    const { shape } = catalogue.resource(kind).record
    const body = Object.fromEntries(
      Object.entries(fullBody(kind, { ...plain, ...ids })).map(([key, value]) => [
        key,
        key === 'text' && kind === 'source'
          ? `${HOSTILE} quoted ${HOSTILE} ${LONG}`
          : hostile(shape[key] as z.ZodType, value, unique),
      ]),
    ) as Body
    ids[kind] = await create(pathOf(kind), body)
  }
  for (const kind of kinds)
    await create(`${pathOf(kind)}/${ids[kind]}/evidence`, {
      sourceId: ids.source,
      motivation: 'inference',
      exact: `quoted ${HOSTILE}`,
      note: `${HOSTILE} ${HOSTILE}`,
      translation: { language: 'fa', text: HOSTILE, by: 'machine' },
      locator: { label: 'page', value: HOSTILE },
    })
  await create(`/v1/proposals/${ids.proposal}/events`, {
    type: 'noted',
    occurredOn: '2022-08-24',
    stateCode: ids.state,
    note: HOSTILE,
  })
  await create(`/v1/statements/${ids.statement}/positions`, {
    stateCode: ids.state,
    position: 'objected',
    note: HOSTILE,
  })
  await create(`/v1/proposals/${ids.proposal}/positions`, {
    stateCode: ids.state,
    position: 'reserved',
    meetingId: ids.meeting,
    locator: { label: 'paragraph', value: HOSTILE },
    note: HOSTILE,
  })
  for (const type of ['signed', 'declaration'])
    await create(`/v1/agreements/${ids.agreement}/events`, {
      type,
      stateCode: ids.state,
      meetingId: ids.meeting,
      occurredOn: '2022-08-24',
      note: HOSTILE,
    })
  await create(`/v1/proposals/${ids.proposal}/relations`, {
    type: 'became',
    targetId: ids.agreement,
    evidence: [{ sourceId: ids.source, motivation: 'inference', exact: `quoted ${HOSTILE}`, note: HOSTILE }],
  })
  await create(`/v1/speakers/${ids.speaker}/memberships`, {
    stateCode: ids.state,
    role: HOSTILE,
    note: HOSTILE,
  })
  return ids
}

// Bodies for POST: for each resource one with the required fields only, and one with every field.
import { z } from 'zod'
import { fieldOf } from '../../src/records/schema/fields.ts'
import { catalogue } from '../../src/resources/index.ts'
import type { Service } from './app.ts'

export type ResourceKind =
  | 'meeting'
  | 'speaker'
  | 'proposal'
  | 'agreement'
  | 'statement'
  | 'organization'
  | 'state'
  | 'topic'
  | 'source'
export type Body = Record<string, any>

/** The id of one record of each kind, for references. */
export type Ids = Record<ResourceKind, string>

export const kinds = catalogue.resources.map(({ kind }) => kind as ResourceKind)

export const pathOf = (kind: ResourceKind) => `/v1/${catalogue.resource(kind).path}`

/** Codes that no state has: ISO 3166-1 reserves QM to QZ and XA to XZ for private use. */
const code = (n: number) => String.fromCharCode(65 + Math.floor(n / 26)) + String.fromCharCode(65 + (n % 26))

const least: Record<ResourceKind, (ids: Ids, n: number) => Body> = {
  meeting: (_, n) => ({ name: `Meeting ${n}`, startDate: '2022-08-24' }),
  speaker: (_, n) => ({ name: `Speaker ${n}` }),
  proposal: (_, n) => ({ title: `Proposal ${n}` }),
  agreement: (_, n) => ({ title: `Agreement ${n}`, kind: 'treaty' }),
  statement: ({ speaker }, n) => ({
    contributors: [{ role: 'author', speakerId: speaker }],
    kind: 'reported',
    text: `Statement ${n}`,
  }),
  organization: (_, n) => ({ name: `Organization ${n}`, classification: 'organ' }),
  state: (_, n) => ({ code: code(n), name: `State ${n}` }),
  topic: (_, n) => ({ slug: `topic-${n}`, prefLabel: `Topic ${n}` }),
  source: (_, n) => ({ title: `Source ${n}`, language: 'en', text: `The text of source ${n}.` }),
}

const more: Record<ResourceKind, (ids: Ids) => Body> = {
  meeting: ({ organization, state, speaker, topic }) => ({
    ordinal: 19,
    organizationId: organization,
    format: 'in-person',
    status: 'postponed',
    endDate: '2022-08-25',
    city: 'Tashkent',
    countryCode: state,
    summary: 'What it was about.',
    agenda: [{ position: 1, title: 'Security', topicIds: [topic] }],
    participants: [{ role: 'chair', stateCode: state, organizationId: organization, speakerId: speaker }],
  }),
  speaker: () => ({
    otherNames: [
      { name: 'Сергей Шойгу', language: 'ru', type: 'official' },
      { name: '谢尔盖', language: 'zh-Hans', type: 'translation' },
    ],
  }),
  proposal: ({ meeting, speaker, state, organization, topic, proposal }) => ({
    summary: 'In our own words.',
    contributors: [
      { role: 'proposer', speakerId: speaker, stateCode: state, organizationId: organization },
      { role: 'co-sponsor', collective: 'participants' },
    ],
    meetingId: meeting,
    addresseeId: organization,
    proposedOn: '2022-08-24',
    topicIds: [topic],
    parentId: proposal,
  }),
  agreement: ({ state, organization, source, agreement, topic }) => ({
    shortTitle: 'Short',
    subject: 'What it governs.',
    organizationId: organization,
    contributors: [{ role: 'drafter', stateCode: state, organizationId: organization }],
    topicIds: [topic],
    texts: [{ sourceId: source, authentic: true }],
    depositary: { organizationId: organization },
    entryIntoForce: { by: 'consent', condition: 'Four consents.', consentsNeeded: 4, dependsOnId: agreement },
  }),
  statement: ({ meeting, agreement, topic }) => ({
    date: '2022-08-24',
    meetingId: meeting,
    agreementId: agreement,
    locator: { label: 'paragraph', value: '12' },
    language: 'en',
    translations: [{ language: 'ru', text: 'Заявление', by: 'analyst' }],
    topicIds: [topic],
  }),
  organization: ({ organization, state }) => ({
    otherNames: [{ name: 'Another name' }],
    abbreviation: 'ORG',
    parentId: organization,
    countryCode: state,
    seat: 'Beijing',
    foundingDate: '2001-06-15',
    dissolutionDate: '2030',
  }),
  state: () => ({ officialName: 'The Republic' }),
  topic: ({ topic }) => ({ definition: 'What it covers.', broaderId: topic }),
  source: ({ organization }) => ({
    publisherId: organization,
    publishedOn: '2022-08-24',
    url: 'https://example.org/report',
  }),
}

let count = 0

/** A body with the required fields only. Every call is for another record. */
export const leastBody = (kind: ResourceKind, ids: Ids): Body => least[kind](ids, count++ % 676)

/** A body with every field that clients can write. */
export const fullBody = (kind: ResourceKind, ids: Ids): Body =>
  withEveryField(kind, ids, {
    ...leastBody(kind, ids),
    ...more[kind](ids),
    identifiers: [{ scheme: 'wikidata', identifier: `Q${count++}` }],
    sources: [{ url: 'https://example.org/page', title: 'A page', note: 'What it says.' }],
  })

/** Adds the fields that a body lacks, with values from their schemas, so that a new field needs no line in this file. */
export function withEveryField(kind: ResourceKind, ids: Ids, body: Body): Body {
  const fields = catalogue.resource(kind).record.shape
  const missing = Object.keys(catalogue.resource(kind).writable.shape).filter((name) => !(name in body))
  return {
    ...body,
    ...Object.fromEntries(missing.map((name) => [name, valueFor(fields[name] as z.ZodType, ids)])),
  }
}

function valueFor(schema: z.ZodType, ids: Ids): unknown {
  if (schema instanceof z.ZodArray) return [valueFor(schema.element as z.ZodType, ids)]
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(
      Object.entries(schema.shape).map(([name, inner]) => [name, valueFor(inner as z.ZodType, ids)]),
    )
  const field = fieldOf(schema)
  if (!field && 'unwrap' in schema) return valueFor((schema as z.ZodNullable<z.ZodType>).unwrap(), ids)
  const { value, kinds: [kind] = [] } = field ?? { value: schema }
  if (kind) return ids[kind as ResourceKind]
  const [example] = (value.meta()?.['examples'] ?? []) as unknown[]
  if (example !== undefined) return example
  if (value instanceof z.ZodEnum) return value.options[0]
  if (value instanceof z.ZodNumber) return Math.max(1, value.minValue ?? 1)
  return value instanceof z.ZodBoolean ? true : 'Words'
}

/** Creates one record of each kind, with the required fields only. */
export async function oneOfEach({ post }: Pick<Service, 'post'>): Promise<Ids> {
  const ids = {} as Ids
  for (const kind of kinds) {
    const { status, body, text } = await post(pathOf(kind), leastBody(kind, ids))
    if (status !== 201) throw new Error(`No ${kind} was created: ${text}`)
    ids[kind] = body['id']
  }
  return ids
}

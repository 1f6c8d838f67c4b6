// Creates a report in one transaction: a source and its records with quotes. Existing people, organizations and topics are
// matched.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { capitalised } from '../../core/text.ts'
import { describe } from '../../http/describe.ts'
import { bodyProblem } from '../../http/validation.ts'
import { namesakes, namesOf, recognise } from '../../records/read/matching.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { fieldOf, fieldsIn } from '../../records/schema/fields.ts'
import { type Kind, refPattern, withArticle } from '../../records/schema/kinds.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, line, named, pathTo, unbounded } from '../../records/schema/shapes.ts'
import { createRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { attachChild } from '../records/attach.ts'
import { respondIdempotently } from '../respond.ts'

/** The sections of a report in the order of writing: each may refer to earlier ones. */
export const SECTIONS = {
  topics: 'topic',
  organizations: 'organization',
  speakers: 'speaker',
  meetings: 'meeting',
  agreements: 'agreement',
  proposals: 'proposal',
  statements: 'statement',
} as const satisfies Record<string, Kind>

export type Section = keyof typeof SECTIONS

/** Kinds that are matched with existing records by name. */
const NAMED: readonly Kind[] = ['topic', 'organization', 'speaker']

type Fields = Record<string, unknown>

export interface Item extends Fields {
  key?: string
  evidence?: Fields[]
}

export type Report = { source: Item } & { [Name in Section]?: Item[] }

export interface Outcome {
  section: keyof Sections
  key: string | null
  kind: Kind
  id: string
  path: string
  outcome: 'created' | 'matched'
}

/** `=key`: a reference to the record of the report with this key. */
const KEY = /^=([\w.-]{1,100})$/

/** Records by section; each may refer by key to earlier ones. */
export type Sections = { [Name in Section | 'states' | 'source']?: Item[] }

/** Called with the key of each record, or of each of its quotes, before it is written. */
type Naming = (key: string) => void

/**
 * Writes a report.
 * @param idsByKey ids of records that were written before; those of the report are added
 * @throws Problem with pointers into the report; `ambiguous-match` if a name matches several records
 */
export async function writeReport(
  records: Records,
  tx: WriteTransaction,
  { source, topics = [], organizations = [], ...rest }: Report,
  idsByKey: Map<string, string> = new Map(),
  naming?: Naming,
): Promise<Outcome[]> {
  // The publisher of a source may be an organization of the report.
  const before = await writeSections(records, tx, { topics, organizations }, idsByKey, naming)
  const [sourceOutcome] = await writeSections(records, tx, { source: [source] }, idsByKey, naming)
  if (!sourceOutcome) throw new Error('A report has a source.')
  const after = await writeSections(records, tx, rest, idsByKey, naming)
  await writeQuotes(
    records,
    tx,
    sourceOutcome.id,
    { topics, organizations, source: [source], ...rest },
    [...before, sourceOutcome, ...after],
    naming,
  )
  return [...before, sourceOutcome, ...after]
}

/** Writes records that may refer to each other by key, without their quotes. */
export async function writeSections(
  records: Records,
  tx: WriteTransaction,
  sections: Sections,
  idsByKey: Map<string, string>,
  naming?: Naming,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const [section, items] of Object.entries(sections) as [keyof Sections, Item[]][]) {
    const kind = kindOf(section)
    const resource = records.catalogue.resource(kind)
    for (const [index, { key = null, evidence: _, ...fields }] of items.entries()) {
      await inside(pointerTo(section, index), async () => {
        naming?.(key ?? '')
        const parsed = resource.create.safeParse(resolveKeys(resource.create, fields, idsByKey))
        if (!parsed.success) throw bodyProblem(parsed.error)
        if (key !== null && idsByKey.has(key)) {
          throw new Problem('invalid-body', `The key ${key} is used twice.`, {
            errors: [{ pointer: '/key', detail: 'Used twice.' }],
          })
        }
        const matched = await match(records, tx, resource, parsed.data)
        const id = matched ?? (await createRecord(tx, resource, parsed.data)).id
        if (key !== null) idsByKey.set(key, id)
        const path = `/v1/${resource.path}/${id}`
        outcomes.push({ section, key, kind, id, path, outcome: matched ? 'matched' : 'created' })
      })
    }
  }
  return outcomes
}

/** @param outcomes of the items, in their order */
async function writeQuotes(
  records: Records,
  tx: WriteTransaction,
  sourceId: string,
  sections: Sections,
  outcomes: Outcome[],
  naming?: Naming,
): Promise<void> {
  const next = outcomes.values()
  for (const [section, items] of Object.entries(sections) as [keyof Sections, Item[]][]) {
    for (const [index, { evidence = [] }] of items.entries()) {
      const outcome = next.next().value
      if (!outcome) throw new Error('Every item has an outcome.')
      const resource = records.catalogue.resource(outcome.kind)
      for (const [position, quoted] of evidence.entries()) {
        await inside(`${pointerTo(section, index)}/evidence/${position}`, async () => {
          naming?.(`${outcome.key}/${position}`)
          const record = parse(await loadRecord(tx, resource, outcome.id))
          const fresh = outcome.outcome === 'created'
          const input = { motivation: 'quote', sourceId, ...quoted }
          const parent = { entity: resource, doc: record }
          await attachChild(tx, records.catalogue.child('evidence'), parent, input, { fresh })
        })
      }
    }
  }
}

const kindOf = (section: keyof Sections): Kind =>
  section === 'source' ? 'source' : section === 'states' ? 'state' : SECTIONS[section]

const pointerTo = (section: string, index: number) =>
  section === 'source' ? '/source' : `/${section}/${index}`

/** Adds a prefix to the pointers of the problems of a part. */
async function inside(prefix: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const errors = (error.errors ?? [{ pointer: '', detail: error.message }]).map((fault) => ({
      ...fault,
      pointer: `${prefix}${fault.pointer ?? ''}`,
    }))
    throw new Problem(error.code, error.message, { errors, ...(error.extra && { extra: error.extra }) })
  }
}

/** Replaces keys by ids in references; elsewhere `=key` is ordinary text. */
function resolveKeys(schema: z.ZodType, value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (fieldOf(schema)?.kinds) {
    const key = typeof value === 'string' ? KEY.exec(value)?.[1] : undefined
    return key === undefined ? value : (ids.get(key) ?? value)
  }
  if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const shape = schema.shape as Record<string, z.ZodType | undefined>
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const field = Object.hasOwn(shape, name) ? shape[name] : undefined
        return [name, field ? resolveKeys(field, inner, ids) : inner]
      }),
    )
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => resolveKeys(schema.element as z.ZodType, item, ids))
  }
  if (
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  ) {
    return resolveKeys(schema.unwrap() as z.ZodType, value, ids)
  }
  return value
}

/** The id of the existing record: by a unique value, or by normalised name in any of its names. */
async function match(
  records: Records,
  tx: WriteTransaction,
  resource: Resource,
  fields: Fields,
): Promise<string | null> {
  const existing = await recognise(tx, resource, fields)
  if (existing || !NAMED.includes(resource.kind)) return existing
  const matches = new Map<string, Doc>()
  for (const name of new Set(namesOf(resource, fields))) {
    for (const doc of await namesakes(records.engine, tx, resource, name)) matches.set(doc.id, doc)
  }
  const [only] = matches.keys()
  if (matches.size <= 1) return only ?? null
  const { titleField } = resource
  throw new Problem(
    'ambiguous-match',
    `${matches.size} records are called ${JSON.stringify(fields[titleField])}.`,
    {
      errors: [
        {
          pointer: `/${titleField}`,
          detail: 'Several records have this name; refer to one of them by its id.',
        },
      ],
      extra: {
        matches: [...matches.values()].map((doc) => ({
          id: doc.id,
          name: String(doc[titleField]),
          path: `/v1/${resource.path}/${doc.id}`,
        })),
      },
    },
  )
}

/** A schema in which every reference may also be `=key`. */
function withKeys(schema: z.ZodType): z.ZodType {
  const field = fieldOf(schema)
  if (field && !field.kinds) return schema
  if (field?.kinds) {
    const { kinds } = field
    const reference = named(
      `Report${kinds.map(capitalised).join('Or')}Reference`,
      z
        .string()
        .max(200)
        .meta({
          // Documentation only: it is checked after keys are replaced.
          pattern: [...kinds.map((kind) => refPattern(kind).source), KEY.source].join('|'),
          description: `The id of ${kinds.map(withArticle).join(' or ')}, or \`=key\` of one in this report.`,
        }),
    )
    return schema instanceof z.ZodNullable ? reference.nullable() : reference
  }
  if (schema instanceof z.ZodArray && !fieldsIn(schema).some(({ kinds }) => kinds)) return schema
  if (schema instanceof z.ZodObject) {
    return z.strictObject(
      Object.fromEntries(
        Object.entries(schema.shape).map(([key, inner]) => [key, withKeys(inner as z.ZodType)]),
      ),
    )
  }
  if (schema instanceof z.ZodArray) return z.array(withKeys(schema.element as z.ZodType)).max(500)
  if (schema instanceof z.ZodNullable) return withKeys(schema.unwrap() as z.ZodType).nullable()
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return withKeys(schema.unwrap() as z.ZodType).optional()
  }
  return schema
}

/** @param evidence the body of a POST of evidence */
const quoteSchema = (evidence: z.ZodObject) =>
  z
    .strictObject(evidence.omit({ sourceId: true }).partial({ motivation: true, assertion: true }).shape)
    .meta({
      id: 'QuoteCreate',
      description: 'A quote from the source of the report. Default of `motivation`: `quote`.',
    })

const reportKey = named(
  'ReportKey',
  z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .meta({
      maxLength: 100,
      description: 'A key by which other records of the report refer to this one, as `=key`.',
    }),
)

function itemSchema(resource: Resource, quote: z.ZodType) {
  const shape = (withKeys(resource.create) as z.ZodObject).shape
  return z
    .strictObject({
      key: reportKey.optional(),
      ...shape,
      evidence: named(
        'ReportEvidence',
        z.array(quote).max(200).meta({ description: 'Quotes from the source that support the record.' }),
      ).optional(),
    })
    .meta({ id: `Report${resource.name}Create`, description: `In a report: ${withArticle(resource.kind)}.` })
}

export function reportRoutes(app: FastifyInstance, records: Records): void {
  const resource = (kind: Kind) => records.catalogue.resource(kind)
  const evidence = records.catalogue.child('evidence').createShape(resource('source'))
  const quote = quoteSchema(evidence)
  const body = z
    .strictObject({
      source: itemSchema(resource('source'), quote),
      ...Object.fromEntries(
        Object.entries(SECTIONS).map(([section, kind]) => [
          section,
          z
            .array(itemSchema(resource(kind), quote))
            .max(500)
            .optional(),
        ]),
      ),
    })
    .meta({
      id: 'ReportCreate',
      description:
        'A source and its records. A record may refer to records in earlier sections, and to earlier ones in its own section.',
      examples: [
        {
          source: {
            title: 'A report',
            language: 'en',
            text: 'Tashkent, 24 August 2022. The minister proposed to exercise together.',
          },
          speakers: [{ key: 'minister', name: 'The minister', evidence: [{ exact: 'The minister' }] }],
          proposals: [
            {
              title: 'Exercise together',
              proposedOn: '2022-08-24',
              speakerId: '=minister',
              evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
            },
          ],
        },
      ],
    })
  const result = z
    .object({
      sourceId: anyId('The id of the source.'),
      data: z
        .array(
          z
            .object({
              section: z
                .enum(['source', ...Object.keys(SECTIONS)])
                .meta({ description: 'The section of the report.' }),
              key: line(100, 'The key of the record in the report, if any.').nullable(),
              kind: z
                .enum(['source', ...Object.values(SECTIONS)])
                .meta({ description: 'The kind of the record.' }),
              id: anyId('The id of the record.'),
              path: pathTo('The path of the record.'),
              outcome: z
                .enum(['created', 'matched'])
                .meta({ description: '`matched`: the record existed, and only its evidence was added.' }),
            })
            .meta({ id: 'ReportOutcome', description: 'The outcome for one record of the report.' }),
        )
        .meta(unbounded),
    })
    .meta({ id: 'ReportResult', description: 'The outcome of a report.' })

  app.post('/v1/reports', {
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'createReport',
      tag: 'reports',
      summary: 'Create a source and its records in one call',
      description:
        'Creates a source and its records with quotes, in one transaction. Existing people, organizations and topics are matched by identifier, then by normalised name in any of their names. A name that matches several records is an error, with the candidates.',
      body,
      answers: {
        201: {
          description: 'The outcome for each record.',
          schema: result,
          headers: ['Location'],
        },
      },
      problems: [
        'unknown-reference',
        'inconsistent',
        'duplicate',
        'illegal-transition',
        'quote-absent',
        'quote-ambiguous',
        'ambiguous-match',
      ],
      secured: true,
    }),
    handler: (request, reply) =>
      respondIdempotently(records, request, reply, async (tx) => {
        const data = await writeReport(records, tx, request.body as Report)
        const sourceId = data.find(({ section }) => section === 'source')?.id ?? ''
        return {
          status: 201,
          headers: { 'content-type': 'application/json; charset=utf-8', location: `/v1/sources/${sourceId}` },
          body: JSON.stringify({ sourceId, data }),
        }
      }),
  })
}

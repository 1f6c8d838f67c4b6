// The building blocks of every wire shape: texts, dates, references, and the parts that all records share.
import { z } from 'zod'
import { isCalendarDate, isPartialDate } from '../../core/dates.ts'
import { idPattern } from '../../core/ids.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'

/** What can be referred to, and the prefix of its ids. States are keyed by ISO 3166-1 alpha-2 instead. */
export const PREFIXES = {
  meeting: 'mtg',
  speaker: 'spk',
  proposal: 'prp',
  agreement: 'agr',
  statement: 'stm',
  organization: 'org',
  source: 'src',
  topic: 'top',
  evidence: 'evd',
  event: 'evt',
  position: 'pos',
  relation: 'rel',
} as const

export type Kind = keyof typeof PREFIXES | 'state'

export const STATE_CODE = /^[A-Z]{2}$/
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** The id of an example: no record has it, but it has the right form. */
const EXAMPLE_SUFFIX = '01gb6jc400ezz8kdnweefcy4dk'
export const exampleId = (kind: keyof typeof PREFIXES) => `${PREFIXES[kind]}_${EXAMPLE_SUFFIX}`

/** Which kind a string refers to, wherever it stands in a shape. */
export const references = z.registry<{ kinds: readonly Kind[] }>()

/**
 * Names a schema in the OpenAPI document, so that it is described once and generated clients have a type of that name.
 * @param about what it is wherever it is used; default: the first description given with it
 */
export const named = <Schema extends z.ZodType>(name: string, schema: Schema, about?: string): Schema =>
  schema.meta({ 'x-name': name, ...(about !== undefined && { 'x-about': about }) })

/** Marks an enum that may get further values within /v1 (docs/stability.md). */
export const mayGrow = { 'x-may-grow': true }

/** A shape of several kinds of records that clients tell apart by `kind`; further kinds may come. */
export const unionByKind = <Entity>(
  id: string,
  description: string,
  entities: readonly Entity[],
  of: (entity: Entity) => z.ZodObject,
) => {
  const [first, ...rest] = entities.map(of) as [z.ZodObject, ...z.ZodObject[]]
  return z
    .discriminatedUnion('kind', [first, ...rest])
    .meta({ id, description, discriminator: { propertyName: 'kind' }, ...mayGrow })
}

/** Marks a list or text of answers that is as long as what it holds. All others say how long they can be. */
export const unbounded = { 'x-unbounded': true }

/** Texts of answers: what they look like, which nobody needs to check. */
export const anyId = (description: string) =>
  named(
    'RecordId',
    z.string().meta({
      pattern: '^(?:[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}|[A-Z]{2})$',
      maxLength: 30,
      examples: [exampleId('proposal')],
    }),
    'The id of a record of any kind; the code of a state.',
  ).meta({ description })
export const pathTo = (description: string) =>
  z.string().meta({ description, format: 'uri-reference', maxLength: 300 })
export const line = (max: number, description: string) => z.string().meta({ description, maxLength: max })

/** A line or a text that people wrote: trimmed, not empty. `max` counts UTF-16 units. */
export const text = (max: number, description: string) =>
  z.string().trim().min(1).max(max).meta({ description })

export const partialDate = (description: string) =>
  named(
    'PartialDate',
    z
      .string()
      .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'Must be a date: YYYY-MM-DD, YYYY-MM or YYYY.')
      .refine(isPartialDate, 'There is no such date.')
      .meta({ maxLength: 10, examples: ['2022-08-24'] }),
    'A date in ISO 8601; YYYY and YYYY-MM where no more is known.',
  ).meta({ description })

export const calendarDate = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'Must be a date: YYYY-MM-DD.')
    .refine(isCalendarDate, 'There is no such date.')
    .meta({ description, format: 'date', maxLength: 10, examples: ['2022-08-24'] })

export const instant = (description: string) =>
  named(
    'Instant',
    z.iso.datetime().meta({ maxLength: 35, examples: ['2026-11-23T09:30:00.000Z'] }),
    'A point in time in ISO 8601, UTC.',
  ).meta({ description })

export const url = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'Must be an absolute http or https URL.' })
    .max(2000)
    .meta({ description, examples: ['https://example.org/report'] })

/** A reference to a record by its id (a state by its code, a topic also by its slug), of one kind or of several. */
export function ref(kind: Kind | readonly [Kind, ...Kind[]], description: string) {
  const kinds = typeof kind === 'string' ? ([kind] as const) : kind
  const [first] = kinds
  const form = z
    .string()
    .regex(new RegExp(kinds.map((one) => refPattern(one).source).join('|')), {
      error: (issue) => kinds.map((one) => wrongReference(one, String(issue.input))).join(' Or: '),
    })
    .meta({
      maxLength: kinds.includes('topic') ? 100 : first === 'state' ? 2 : 30,
      examples: [first === 'state' ? 'RU' : exampleId(first)],
    })
  const schema = (kinds.length === 1 ? namedReference(first, form) : form).meta({ description })
  references.add(schema, { kinds })
  return schema
}

const namedReference = <Schema extends z.ZodType>(kind: Kind, schema: Schema): Schema =>
  kind === 'topic' ? named('TopicReference', schema, 'The id or the slug of a topic.') : namedId(kind, schema)

/** Names the form of the ids of a kind. */
export function namedId<Schema extends z.ZodType>(kind: Kind, schema: Schema): Schema {
  if (kind === 'state') return named('StateCode', schema, 'The ISO 3166-1 alpha-2 code of a state.')
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Id`
  return named(name, schema, `The id of ${withArticle(kind)}: opaque, time-ordered (TypeID).`)
}

/** The form of a reference to a kind. */
export function refPattern(kind: Kind): RegExp {
  if (kind === 'state') return STATE_CODE
  if (kind === 'topic') return new RegExp(`${idPattern(PREFIXES.topic).source}|${SLUG.source}`)
  return idPattern(PREFIXES[kind])
}

const withArticle = (kind: string) => `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`

function wrongReference(kind: Kind, value: string): string {
  if (kind === 'state') return 'Must be the ISO 3166-1 alpha-2 code of a state, such as RU.'
  const prefix = value.slice(0, value.indexOf('_'))
  const other = Object.entries(PREFIXES).find(([, known]) => known === prefix)?.[0]
  const wanted = `the id of ${withArticle(kind)} (${PREFIXES[kind]}_…)`
  return other && other !== kind
    ? `Must be ${wanted}; this is the id of ${withArticle(other)}.`
    : `Must be ${wanted}.`
}

export const topicIds = named(
  'TopicIds',
  z.array(ref('topic', 'A topic: its id or its slug.')).max(50).meta({
    description:
      'The topics it is about, from the controlled vocabulary; written as ids or slugs, read as ids.',
  }),
)

/** On whose behalf, or by whom: a state, an organization, or both. */
export const party = (description: string) =>
  z
    .strictObject({
      stateCode: ref('state', 'The state.').nullable().default(null),
      organizationId: ref('organization', 'The organization.').nullable().default(null),
    })
    .meta({ description })

export const identifiers = named(
  'Identifiers',
  z
    .array(
      z
        .strictObject({
          scheme: text(100, 'Who gave the identifier, such as `wikidata`.'),
          identifier: text(300, 'The identifier in that scheme.'),
        })
        .meta({ id: 'Identifier', description: 'What another system calls the record (Popolo).' }),
    )
    .max(50)
    .meta({ description: 'Unique per scheme and kind, so that an import can be repeated without doubling.' }),
)

export const webSources = z
  .array(
    z
      .strictObject({
        url: url('Its address.'),
        title: text(500, 'Its title.').nullable().default(null),
        note: text(2000, 'What was taken from it.').nullable().default(null),
      })
      .meta({
        id: 'WebSource',
        description:
          'A page elsewhere from which facts of a record come, where no source stored here holds their text (Popolo).',
      }),
  )
  .max(50)
  .meta({ description: 'Pages elsewhere from which facts of the record come.' })

export const SUPPORT = ['unsupported', 'single-source', 'corroborated'] as const

export const supportLevel = named('Support', z.enum(SUPPORT))

export const support = supportLevel.meta({
  description:
    'How many sources the record is quoted from: none (`unsupported`), one (`single-source`) or more (`corroborated`). Inferences do not count.',
})

/** The fields that every record ends with. */
export const tail = {
  createdAt: named(
    'CreatedAt',
    instant('When the record was created here.'),
    'When the record was created here.',
  ),
  updatedAt: named('UpdatedAt', instant('When its content last changed.'), 'When its content last changed.'),
  version: named(
    'RecordVersion',
    z
      .int()
      .min(1)
      .meta({ description: '1, 2, 3 …; changes only when the content does.', examples: [1] }),
  ),
}

export const statusOf = (lifecycle: Lifecycle, description: string) =>
  named(`${lifecycle.of}Status`, z.enum(Object.keys(lifecycle.moves))).meta({ description })

/** A step in the life of a proposal or an agreement, as it is written. */
export const eventFields = (lifecycle: Lifecycle) => ({
  status: statusOf(lifecycle, 'The status that began.'),
  occurredOn: partialDate('When it began.'),
  meetingId: ref('meeting', 'The meeting at which it happened.').nullable().default(null),
  note: text(5000, 'What a reader should know about it.').nullable().default(null),
})

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

/** A schema that has a name in the OpenAPI document, so that generated clients have a type of that name. */
export const named = <Schema extends z.ZodType>(name: string, schema: Schema): Schema =>
  schema.meta({ 'x-name': name })

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
  z.string().meta({
    description,
    pattern: '^(?:[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}|[A-Z]{2})$',
    maxLength: 30,
    examples: [exampleId('proposal')],
  })
export const pathTo = (description: string) =>
  z.string().meta({ description, format: 'uri-reference', maxLength: 300 })
export const line = (max: number, description: string) => z.string().meta({ description, maxLength: max })

/** A line or a text that people wrote: trimmed, not empty. `max` counts UTF-16 units. */
export const text = (max: number, description: string) =>
  z.string().trim().min(1).max(max).meta({ description })

export const partialDate = (description: string) =>
  z
    .string()
    .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'Must be a date: YYYY-MM-DD, YYYY-MM or YYYY.')
    .refine(isPartialDate, 'There is no such date.')
    .meta({
      description: `${description} ISO 8601; YYYY and YYYY-MM where no more is known.`,
      maxLength: 10,
      examples: ['2022-08-24'],
    })

export const calendarDate = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'Must be a date: YYYY-MM-DD.')
    .refine(isCalendarDate, 'There is no such date.')
    .meta({ description, format: 'date', maxLength: 10, examples: ['2022-08-24'] })

export const instant = (description: string) =>
  z.iso.datetime().meta({ description, maxLength: 35, examples: ['2026-11-23T09:30:00.000Z'] })

export const url = (description: string) =>
  z
    .url({ protocol: /^https?$/, error: 'Must be an absolute http or https URL.' })
    .max(2000)
    .meta({ description, examples: ['https://example.org/report'] })

/** A reference to a record by its id (a state by its code, a topic also by its slug), of one kind or of several. */
export function ref(kind: Kind | readonly [Kind, ...Kind[]], description: string) {
  const kinds = typeof kind === 'string' ? ([kind] as const) : kind
  const [first] = kinds
  const schema = z
    .string()
    .regex(new RegExp(kinds.map((one) => refPattern(one).source).join('|')), {
      error: (issue) => kinds.map((one) => wrongReference(one, String(issue.input))).join(' Or: '),
    })
    .meta({
      description,
      maxLength: kinds.includes('topic') ? 100 : first === 'state' ? 2 : 30,
      examples: [first === 'state' ? 'RU' : exampleId(first)],
    })
  references.add(schema, { kinds })
  return schema
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

export const topicIds = z.array(ref('topic', 'A topic: its id or its slug.')).max(50).meta({
  description:
    'The topics it is about, from the controlled vocabulary; written as ids or slugs, read as ids.',
})

/** On whose behalf, or by whom: a state, an organization, or both. */
export const party = (description: string) =>
  z
    .strictObject({
      stateCode: ref('state', 'The state.').nullable().default(null),
      organizationId: ref('organization', 'The organization.').nullable().default(null),
    })
    .meta({ description })

export const identifiers = z
  .array(
    z
      .strictObject({
        scheme: text(100, 'Who gave the identifier, such as `wikidata`.'),
        identifier: text(300, 'The identifier in that scheme.'),
      })
      .meta({ id: 'Identifier', description: 'What another system calls the record (Popolo).' }),
  )
  .max(50)
  .meta({ description: 'Unique per scheme and kind, so that an import can be repeated without doubling.' })

export const webSources = z
  .array(
    z
      .strictObject({
        url: url('Its address.'),
        title: text(500, 'Its title.').nullable().default(null),
        note: text(2000, 'What was taken from it.').nullable().default(null),
      })
      .meta({ id: 'WebSource', description: 'A page elsewhere from which facts of a record come (Popolo).' }),
  )
  .max(50)
  .meta({
    description:
      'Pages elsewhere from which facts of the record come, where no source kept here holds their text. Evidence quotes sources kept here.',
  })

export const SUPPORT = ['unsupported', 'single-source', 'corroborated'] as const

export const supportLevel = named('Support', z.enum(SUPPORT))

export const support = supportLevel.meta({
  description:
    'How many sources the record is quoted from: none (`unsupported`), one (`single-source`) or more (`corroborated`). Inferences do not count.',
})

/** The fields that every record ends with. */
export const tail = {
  createdAt: instant('When the record was made here.'),
  updatedAt: instant('When its content last changed.'),
  version: z
    .int()
    .min(1)
    .meta({ description: '1, 2, 3 …; moves only when the content does.', examples: [1] }),
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

// The description of a resource. Validation, SQL, routes and OpenAPI are derived from it.
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'
import { memoize } from '../../core/memoize.ts'
import type { Fault, ProblemCode } from '../../core/problems.ts'
import { capitalised } from '../../core/text.ts'
import type { Reader, Writer } from '../../db/engine.ts'
import type { Table } from '../../db/tables.ts'
import { type Doc, valuesAt } from './document.ts'
import {
  choice,
  date,
  fieldsIn,
  list,
  object,
  type PlacedField,
  pattern,
  type Shape,
  text,
  url,
  whenWritten,
} from './fields.ts'
import { type Filter, filtersOfFields } from './filters.ts'
import { exampleId, type Kind, PREFIXES, STATE_CODE, withArticle } from './kinds.ts'
import { anyId, instant, named, namedId } from './shapes.ts'
import { columnKey, tableFor, valueColumn } from './table.ts'

/** A field that refers to records. */
export interface Reference extends Pick<PlacedField, 'path' | 'listed' | 'include' | 'inverse' | 'late'> {
  /** `meetingId`, `topicIds`, `participants.stateCode`. */
  field: string
  kinds: readonly Kind[]
}

/** A kind of record: a resource, or a child of one (evidence, an event). */
export interface Entity {
  kind: Kind
  /** The name of its schema in the OpenAPI document. */
  name: string
  /** Its plural: the last segment of its path, and the name of its table. */
  path: string
  /** The prefix of its ids; null for states, whose id is their code. */
  prefix: string | null
  table: Table
  /** The schema of a record in responses. */
  record: z.ZodObject
  /** The same where no records are embedded, as in its history. */
  plain: z.ZodObject
  /** The fields that clients write, with their defaults. */
  writable: z.ZodObject
  /** The keys of a document, in order. */
  keys: string[]
  references: Reference[]
  /** The column by which its lists are sorted unless the client says otherwise. */
  listOrder: string
  /** A field that can replace the id in paths. */
  alias?: string
  /** The field with the date from which it counts in a view of a day; null: always. */
  happenedOn?: string
  /** The fields with the first and the last day on which it counts in a view of a day; null: without a limit. */
  period?: { start: string; end: string }
  /** Completes a document before it is checked and written. */
  complete?: (doc: Doc, now: Date) => void
  /** Checks rules across the fields of a document. */
  rules?: (doc: Doc) => Fault[]
  /**
   * Completes and checks a document with the records that it refers to, whose references are checked before.
   * @param tx a WriteTransaction (catalogue.ts)
   */
  beforeWrite?(tx: Writer, doc: Doc, before: Doc | undefined): Promise<void>
  /** Reference fields without cycles. */
  acyclic: readonly string[]
  /** Fields that cannot be changed after creation. */
  constant: readonly string[]
  /** The fields that contain names of the record. */
  names: readonly string[]
  /** The text for full-text search; undefined: not searched. */
  searchText?: (doc: Doc) => SearchText
  /** An example of a POST, for the documentation and for import templates. */
  example: Record<string, unknown>
}

/** How `include` finds the records to embed. */
export type IncludePath =
  /** The target of a field: one record or null; a list of records if the field is inside a list. */
  | { to: Kind; field: string }
  /** Records of a kind that refer to it from a field outside of lists. */
  | { from: Kind; field: string }
  /** Its children of a kind. */
  | { part: Kind; orderBy?: string }
  /** The record that a child belongs to, of one of these kinds. */
  | { record: readonly Kind[] }

export interface SearchText {
  title: string
  body: string[]
  date: string | null
}

/** What statistics can count by: a column, the year of a date, or a reference. */
export type Grouping = { column: string } | { year: string } | { references: readonly string[] }

interface Stamps {
  id: string
  createdAt: string
  updatedAt: string
  version: number
}

/** A record with these fields. */
export type RecordWith<Fields extends Shape> = z.output<z.ZodObject<Fields>> & Stamps

export interface EntityDefinition<Fields extends Shape, Derived extends Shape>
  extends Pick<Entity, 'kind' | 'path' | 'alias' | 'happenedOn' | 'period' | 'beforeWrite' | 'example'>,
    Pick<ListingDefinition, 'defaultSort'> {
  /** The description in the OpenAPI document: one sentence. */
  about: string
  /** The fields that clients write, in the order of responses. */
  fields: Fields
  /** Read-only fields that the service derives; they follow the writable ones. */
  derived?: Derived
  /** The field with the date of search results. */
  searchDate?: string
  complete?: (record: RecordWith<Fields & Derived>, now: Date) => void
  rules?: (record: RecordWith<Fields & Derived>) => Fault[]
}

/**
 * A record that fields may describe. `certain`: it has the same key. `same`: all that identifies records of its kind agrees.
 * `candidate`: much agrees; an analyst decides.
 */
export interface Likeness {
  doc: Doc
  degree: 'certain' | 'same' | 'candidate'
  /** For a candidate: the relation of one to the other that it may have instead. */
  suggests?: string
}

interface ResourceDefinition<Fields extends Shape, Derived extends Shape>
  extends EntityDefinition<Fields, Derived>,
    ListingDefinition {
  /** The field with the title of a record. */
  titleField: string
  lifecycle?: Lifecycle
  /** Records in an open status that are not stalled. */
  settled?: {
    /** They expect no further event: with one of these values in one of these statuses. */
    by: readonly { column: string; values: readonly string[]; statuses: readonly string[] }[]
    /** Whether they do is not known: with null in this column in this status. */
    unknown: { column: string; status: string }
  }
  /** Fields that follow from its status. */
  fromStatus?: (record: RecordWith<Fields & Derived>) => Record<string, unknown>
  /** Fields that follow from its events, which are in order of date. */
  fromEvents?: (record: RecordWith<Fields & Derived>, events: readonly Doc[]) => Record<string, unknown>
  /**
   * A field with the SHA-256 of a text field: records with the same text are recognised by it, `unless` one of these fields has
   * different values.
   */
  digest?: { field: string; of: string; unless: readonly string[] }
  /**
   * Finds records that the fields of a new one may describe; those with the same key are found before.
   * @param among compares these, which were merged into others, instead of those that are stored
   */
  findAlike?(tx: Reader, fields: Record<string, unknown>, among?: readonly Doc[]): Promise<Likeness[]>
  /** The ids of records that are alike in another way, which a report names. */
  findSimilar?(tx: Writer, doc: Doc): Promise<string[]>
  /** Formats of its list beside JSON, CSV and NDJSON. */
  formats?: readonly ('ics' | 'atom' | 'csl.json' | 'ris' | 'bib')[]
  /** The body of a PUT of its text, which moves the quotes of it; undefined: it has no such route. */
  putText?: z.ZodObject
  /** Further problems of a PATCH. */
  patchProblems?: readonly ProblemCode[]
}

export interface Resource
  extends Entity,
    Pick<
      ResourceDefinition<Shape, Shape>,
      | 'about'
      | 'titleField'
      | 'settled'
      | 'defaultSort'
      | 'digest'
      | 'findAlike'
      | 'findSimilar'
      | 'formats'
      | 'putText'
      | 'patchProblems'
    > {
  filters: Readonly<Record<string, Filter>>
  /** The groupings of /v1/stats by name; undefined: no statistics. */
  groupings?: Readonly<Record<string, Grouping>>
  /** Fields to sort by. */
  sorts: readonly string[]
  lifecycle: Lifecycle | null
  /** The body of a POST: the writable fields. The catalogue adds the lists of its children. */
  create: z.ZodObject
  /** The body of a PATCH. */
  patch: z.ZodObject
  /** Fields that follow from its events. */
  fromStatus?: (doc: Doc) => Record<string, unknown>
  fromEvents?: (doc: Doc, events: readonly Doc[]) => Record<string, unknown>
}

const identifiers = named(
  'Identifiers',
  list(
    object(
      'An identifier of the record in another system (Popolo).',
      {
        scheme: pattern(
          z
            .string()
            .trim()
            .min(1, { abort: true })
            .max(100)
            .regex(/^[^:]+$/, 'Must not contain a colon, which separates scheme and identifier.'),
          'The system of the identifier, such as `wikidata`.',
          { required: true },
        ),
        identifier: text(300, 'The identifier in that system.', { required: true }),
      },
      'Identifier',
    ),
    50,
    'External identifiers, unique per scheme and kind. Repeated imports match records by them.',
  ),
)

const distinctFrom = named(
  'DistinctFrom',
  list(
    pattern(anyId('The id of a record of the same kind.'), 'The id of a record of the same kind.', {
      required: true,
    }),
    100,
    'Records that look the same and are not: they are never proposed as duplicates of each other.',
  ),
)

const webSources = list(
  object(
    'A web page with facts of a record, for which no source with its text is stored (Popolo).',
    {
      url: url('The URL of the page.', { required: true }),
      title: text(500, 'The title of the page.'),
      note: text(2000, 'The facts taken from it.'),
    },
    'WebSource',
  ),
  50,
  'Web pages with facts of the record.',
)

export const SUPPORT = ['unsupported', 'cited', 'single-source', 'corroborated'] as const

export const supportLevel = named('Support', z.enum(SUPPORT))

export type Support = (typeof SUPPORT)[number]

/** Fields of all kinds that can have evidence, computed from it (docs/querying.md). */
export const trust = {
  support: supportLevel.meta({
    description:
      'Whether quotes support the record: none (`unsupported`, or `cited` if its `sources` name pages), of one origin or publisher (`single-source`), or of several origins that do not share a publisher (`corroborated`). Inferences, disputes and retracted sources do not count.',
  }),
  origins: named(
    'Origins',
    z
      .int()
      .min(0)
      .meta({
        description: 'The number of independent origins of the quotes that support the record.',
        examples: [1],
      }),
    'The number of independent origins of the quotes that support the record.',
  ),
  disputed: named(
    'Disputed',
    z
      .array(z.string().meta({ maxLength: 200, examples: ['/startDate'] }))
      .max(200)
      .meta({
        description: 'The fields that a source disputes, as JSON Pointers; `""` is the whole record.',
      }),
  ),
}

/** The last fields of every record. */
export const tail = {
  createdAt: named(
    'CreatedAt',
    instant('When the record was created in this service.'),
    'When the record was created in this service.',
  ),
  updatedAt: named('UpdatedAt', instant('When the record last changed.'), 'When the record last changed.'),
  version: named(
    'RecordVersion',
    z
      .int()
      .min(1)
      .meta({
        description: 'The number of the version, from 1; a write that changes nothing keeps it.',
        examples: [1],
      }),
  ),
}

/** In a view of a day, of records that hold from a date to another. */
const certain = z
  .boolean()
  .optional()
  .meta({ description: 'With `asOf`: whether it certainly held on that day, as its dates are known.' })

/** The sort fields of all kinds. */
const EVERY_SORT = ['createdAt', 'updatedAt']

/** Defines a kind of record with routes under /v1/{path}. */
export function defineResource<Fields extends Shape, Derived extends Shape = Record<never, z.ZodType>>(
  definition: ResourceDefinition<Fields, Derived>,
): Resource {
  const {
    kind,
    about,
    titleField,
    lifecycle = null,
    filters = {},
    fromStatus,
    fromEvents,
    defaultSort,
  } = definition
  const { settled, digest, formats, putText, patchProblems } = definition
  const fields = { ...definition.fields, identifiers, distinctFrom, sources: webSources }
  const derived = {
    ...(lifecycle && currentStatus(lifecycle, !hasYear(definition.fields))),
    ...definition.derived,
    ...trust,
  }
  const entity = defineEntity({
    ...(definition as unknown as EntityDefinition<Shape, Shape>),
    fields,
    derived,
  })
  const placed = fieldsIn(entity.record)
  const counted = [
    ...Map.groupBy(
      placed.filter(({ stats }) => stats),
      ({ stats = '' }) => stats,
    ),
  ].map(([stats, group]): [string, Grouping] => [stats, groupingBy(group)])
  const create = z.strictObject(entity.writable.shape).meta({
    id: `${entity.name}Create`,
    description: `The fields of a new ${kind}.`,
    examples: [definition.example],
  })
  return {
    ...entity,
    ...listing(entity, { about, filters, defaultSort }),
    titleField,
    names: [...new Set([titleField, ...entity.names])],
    ...(settled && { settled }),
    ...(fromStatus && { fromStatus: fromStatus as unknown as NonNullable<Resource['fromStatus']> }),
    ...(fromEvents && { fromEvents: fromEvents as unknown as NonNullable<Resource['fromEvents']> }),
    ...(digest && { digest }),
    ...(definition.findAlike && { findAlike: definition.findAlike }),
    ...(definition.findSimilar && { findSimilar: definition.findSimilar }),
    ...(formats && { formats }),
    ...(putText && { putText }),
    ...(patchProblems && { patchProblems }),
    lifecycle,
    ...(counted.length > 0 && { groupings: Object.fromEntries(counted) }),
    create,
    patch: patchOf(entity, fields, { [titleField]: definition.example[titleField] }),
  }
}

/** What the lists of a kind need besides its fields. */
export interface ListingDefinition {
  about: string
  /** Further filters. They replace those of fields. */
  filters?: Record<string, Filter>
  /** The field that its lists are sorted by, `-` for descending. */
  defaultSort: string
}

/** How a kind is listed: its filters and sorts are those of its fields and of every kind. */
export function listing(
  { record }: Entity,
  { about, filters = {}, defaultSort }: ListingDefinition,
): Pick<Resource, 'about' | 'filters' | 'sorts' | 'defaultSort'> {
  const placed = fieldsIn(record)
  return {
    about,
    filters: { ...filtersOfFields(placed), ...filters },
    sorts: [...placed.filter(({ sort }) => sort).map(({ name }) => name), ...EVERY_SORT],
    defaultSort,
  }
}

/** The fields that may be written, of which any may be missing. Building it takes longer than using it. */
export const partialOf = memoize(({ writable }: Entity) => writable.partial())

/** The body of a PATCH. */
export const patchOf = ({ kind, name }: Entity, fields: Shape, example: Record<string, unknown>) =>
  z.strictObject(mapValues(fields, (schema) => clearable(schema).optional())).meta({
    id: `${name}Patch`,
    description: `Changes to ${withArticle(kind)} as a JSON Merge Patch (RFC 7396): omitted fields stay, null clears a field.`,
    examples: [example],
  })

/** Defines the common part of resources and children. */
export function defineEntity<Fields extends Shape, Derived extends Shape>(
  definition: EntityDefinition<Fields, Derived>,
): Entity {
  const { kind, path, about, alias, happenedOn, period, complete, rules, beforeWrite, example } = definition
  const listOrder = definition.defaultSort.replace('-', '')
  const name = capitalised(kind)
  const prefix = kind === 'state' ? null : PREFIXES[kind]
  const id = namedId(
    kind,
    z
      .string()
      .regex(prefix ? idPattern(prefix) : STATE_CODE)
      .meta({
        maxLength: prefix ? prefix.length + 27 : 2,
        examples: [exampleId(kind)],
      }),
  )
  const writable = z.strictObject(whenWritten(definition.fields))
  const shape = { id, ...definition.fields, ...definition.derived, ...tail }
  const all = { ...shape, ...(period && { certain }) }
  const record = z.object(all).meta({ id: name, description: about })
  const plain = z.object(all).meta({ id: `Plain${name}`, description: about })
  const fields = fieldsIn(record)
  const names = (test: (field: PlacedField) => unknown) => fields.filter(test).map((field) => field.name)
  const searchText = searchTextOf(fields, definition.searchDate)
  return {
    kind,
    name,
    path,
    prefix,
    table: tableFor(kind, path, fields, listOrder, EVERY_SORT),
    record,
    plain,
    writable,
    keys: Object.keys(shape),
    references: fields.flatMap((field) =>
      field.kinds ? [{ ...field, field: field.name, kinds: field.kinds }] : [],
    ),
    listOrder,
    ...(alias && { alias }),
    ...(happenedOn && { happenedOn }),
    ...(period && { period }),
    // Stored documents have the fields of their kind.
    ...(complete && { complete: complete as unknown as (doc: Doc, now: Date) => void }),
    ...(rules && { rules: rules as unknown as (doc: Doc) => Fault[] }),
    ...(beforeWrite && { beforeWrite }),
    acyclic: names(({ acyclic }) => acyclic),
    constant: names(({ constant }) => constant),
    names: names(
      ({ search, path }) => search === 'title' && path.filter((step) => step !== '*').length === 1,
    ),
    ...(searchText && { searchText }),
    example,
  }
}

/** The status fields that are derived from events. @param dates whether records are counted by the year of `statusSince` */
const currentStatus = (lifecycle: Lifecycle, dates: boolean) => ({
  status: choice(
    `${lifecycle.of}Status`,
    Object.keys(lifecycle.moves) as [string, ...string[]],
    'The type of its latest event of the whole; null without one.',
    { filter: true, sort: true, stats: 'status', mayGrow: true },
  ),
  statusSince: date('The date of that event.', {
    filter: 'since',
    sort: true,
    ...(dates && { stats: 'year' }),
  }),
})

/** Whether a field is counted by year. */
const hasYear = (fields: Shape) => fieldsIn(z.object(fields)).some(({ stats }) => stats === 'year')

/** @param fields of one grouping; several references count together, as in the filter that they share */
function groupingBy(fields: readonly PlacedField[]): Grouping {
  const [field] = fields
  if (!field) throw new Error('A grouping has a field.')
  if (field.kinds) return { references: fields.map(({ name }) => name) }
  return field.type === 'date' ? { year: columnKey(field.name) } : { column: valueColumn(field) }
}

/** The text of a document in the fields that are searched. */
function searchTextOf(fields: readonly PlacedField[], dateField: string | undefined) {
  const within = (part: 'title' | 'body') =>
    fields.filter(({ search }) => search === part).map(({ path }) => path)
  const [title, body] = [within('title'), within('body')]
  if (title.length + body.length === 0) return undefined
  const texts = (doc: Doc, paths: string[][]) =>
    paths.flatMap((path) => valuesAt(doc, path).map(([, value]) => String(value)))
  return (doc: Doc): SearchText => ({
    title: texts(doc, title).join('\n'),
    body: texts(doc, body),
    date: (dateField ? (doc[dateField] ?? null) : null) as string | null,
  })
}

const mapValues = <In, Out>(object: Readonly<Record<string, In>>, map: (value: In, key: string) => Out) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))

/** In a merge patch, null also clears a list or an object. */
const clearable = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodArray || schema instanceof z.ZodObject ? schema.nullable() : schema

// What a resource says about itself, once. Validation, SQL, routes and OpenAPI are all derived from it.
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'
import type { Fault } from '../../core/problems.ts'
import type { Table } from '../../db/tables.ts'
import { type Doc, valuesAt } from './document.ts'
import {
  choice,
  date,
  fieldsIn,
  list,
  object,
  type PlacedField,
  ref,
  type Shape,
  text,
  url,
  whenWritten,
} from './fields.ts'
import { type Filter, filtersOfFields } from './filters.ts'
import { exampleId, type Kind, PREFIXES, STATE_CODE } from './kinds.ts'
import { instant, named, namedId } from './shapes.ts'
import { columnName, tableFor } from './table.ts'

/** A field that refers to records. */
export interface Reference extends Pick<PlacedField, 'path' | 'listed' | 'include' | 'inverse'> {
  /** `meetingId`, `topicIds`, `participants.stateCode`. */
  field: string
  kinds: readonly Kind[]
}

/** What is stored and logged under one kind: a resource, or a child of one (evidence, an event). */
export interface Entity {
  kind: Kind
  /** The name of its shape in the OpenAPI document. */
  name: string
  /** Its plural: the last segment of its path, and the name of its table. */
  path: string
  /** Of its ids; null for states, whose id is their code. */
  prefix: string | null
  table: Table
  /** The shape that is read. */
  record: z.ZodObject
  /** The fields that clients write, with their defaults. */
  writable: z.ZodObject
  /** The keys of a document, in order. */
  keys: string[]
  references: Reference[]
  /** A field by which it can be addressed beside its id. */
  alias?: string
  /** Completes a document before it is checked and written. */
  complete?: (doc: Doc, now: Date) => void
  /** What is wrong with a document whose fields are valid each. */
  rules?: (doc: Doc) => Fault[]
  /** Reference fields in which no chain of records leads back to where it began. */
  acyclic: readonly string[]
  /** Fields that never change once written. */
  constant: readonly string[]
  /** The fields with names of a record. */
  names: readonly string[]
  /** What full-text search finds it by; undefined: it is not searched. */
  searchText?: (doc: Doc) => SearchText
  /** What a POST could send: for the documentation, and for templates. */
  example: Record<string, unknown>
}

/** How a record leads to others that `include` embeds. */
export type IncludePath =
  /** Those that a field refers to: one record or null, or a list where the field is inside one. */
  | { to: Kind; field: string }
  /** Those of a kind that refer to it from a field outside of lists. */
  | { from: Kind; field: string }
  /** Its children of a kind. */
  | { part: Kind; orderBy?: string }

export interface SearchText {
  title: string
  body: string[]
  date: string | null
}

/** What a chart can count by: a column, the year of a date, or the records that a field refers to. */
export type Grouping = { column: string } | { year: string } | { reference: string }

interface Stamps {
  id: string
  createdAt: string
  updatedAt: string
  version: number
}

/** A record with these fields. */
export type RecordWith<Fields extends Shape> = z.output<z.ZodObject<Fields>> & Stamps

export interface EntityDefinition<Fields extends Shape, Derived extends Shape>
  extends Pick<Entity, 'kind' | 'path' | 'alias' | 'example'> {
  /** One sentence for the reference. */
  about: string
  /** The fields of its own that clients write, in the order in which they are read. */
  fields: Fields
  /** Fields that the service derives; they come after the written ones. */
  derived?: Derived
  /** The column that its lists are ordered by; default: order of creation. */
  orderBy?: string
  /** The field whose date search results have. */
  searchDate?: string
  complete?: (record: RecordWith<Fields & Derived>, now: Date) => void
  rules?: (record: RecordWith<Fields & Derived>) => Fault[]
}

interface ResourceDefinition<Fields extends Shape, Derived extends Shape>
  extends EntityDefinition<Fields, Derived> {
  /** The field that names a record to people. */
  titleField: string
  lifecycle?: Lifecycle
  /** Records that have reached all they can reach in an open status: these, in these statuses, are not stalled. */
  settled?: { column: string; values: readonly string[]; statuses: readonly string[] }
  /** The field whose date is that of its first event. */
  startsOn?: string
  /** Filters that are more than a field. They replace those of fields. */
  filters?: Record<string, Filter>
  defaultSort: string
}

export interface Resource
  extends Entity,
    Pick<ResourceDefinition<Shape, Shape>, 'about' | 'titleField' | 'settled' | 'startsOn' | 'defaultSort'> {
  filters: Readonly<Record<string, Filter>>
  /** What /v1/stats counts by, by name; undefined: no statistics. */
  groupings?: Readonly<Record<string, Grouping>>
  /** Fields to sort by. */
  sorts: readonly string[]
  lifecycle: Lifecycle | null
  /** What a POST takes: the writable fields, and the history of a record that has one. */
  create: z.ZodObject
  /** What a PATCH takes. */
  patch: z.ZodObject
  /** What a POST of an event takes; null without a lifecycle. */
  event: z.ZodObject | null
}

const identifiers = named(
  'Identifiers',
  list(
    object(
      'What another system calls the record (Popolo).',
      {
        scheme: text(100, 'Who gave the identifier, such as `wikidata`.', { required: true }),
        identifier: text(300, 'The identifier in that scheme.', { required: true }),
      },
      'Identifier',
    ),
    50,
    'Unique per scheme and kind, so that an import can be repeated without doubling.',
  ),
)

const webSources = list(
  object(
    'A page elsewhere from which facts of a record come, where no source stored here holds their text (Popolo).',
    {
      url: url('Its address.', { required: true }),
      title: text(500, 'Its title.'),
      note: text(2000, 'What was taken from it.'),
    },
    'WebSource',
  ),
  50,
  'Pages elsewhere from which facts of the record come.',
)

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

/** What lists of all resources can be sorted by. */
const EVERY_SORT = ['createdAt', 'updatedAt']

/** A kind of record with routes of its own under /v1/{path}. */
export function defineResource<Fields extends Shape, Derived extends Shape = Record<never, z.ZodType>>(
  definition: ResourceDefinition<Fields, Derived>,
): Resource {
  const { kind, titleField, lifecycle = null, filters = {}, settled, startsOn, defaultSort } = definition
  const fields = { ...definition.fields, identifiers, sources: webSources }
  const derived = {
    ...(lifecycle && currentStatus(lifecycle, startsOn === undefined)),
    ...definition.derived,
    support,
  }
  const [orderBy = ''] = defaultSort.replace('-', '').split(',')
  const entity = defineEntity(
    { ...(definition as unknown as EntityDefinition<Shape, Shape>), fields, derived, orderBy },
    EVERY_SORT,
  )
  const placed = fieldsIn(entity.record)
  const counted = placed.flatMap((field) => (field.stats ? [[field.stats, groupingBy(field)]] : []))
  const event = lifecycle && eventOf(entity.name, lifecycle)
  const create = z
    .strictObject({ ...entity.writable.shape, ...(event && historyOf(lifecycle, event)) })
    .meta({
      id: `${entity.name}Create`,
      description: `What a POST of a ${kind} takes.`,
      examples: [definition.example],
    })
  const patch = z.strictObject(mapValues(fields, (schema) => clearable(schema).optional())).meta({
    id: `${entity.name}Patch`,
    description: `Changes to a ${kind} as a JSON Merge Patch (RFC 7396): what is left out stays, null clears.`,
    examples: [{ [titleField]: definition.example[titleField] }],
  })
  return {
    ...entity,
    about: definition.about,
    titleField,
    names: [...new Set([titleField, ...entity.names])],
    ...(settled && { settled }),
    ...(startsOn && { startsOn }),
    lifecycle,
    filters: { ...filtersOfFields(placed), ...filters },
    ...(counted.length > 0 && { groupings: Object.fromEntries(counted) }),
    sorts: [...placed.filter(({ sort }) => sort).map(({ name }) => name), ...EVERY_SORT],
    defaultSort,
    create,
    patch,
    event,
  }
}

/** What resources and children have in common. */
export function defineEntity<Fields extends Shape, Derived extends Shape>(
  definition: EntityDefinition<Fields, Derived>,
  sorted: readonly string[] = [],
): Entity {
  const { kind, path, about, alias, orderBy, complete, rules, example } = definition
  const name = kind.charAt(0).toUpperCase() + kind.slice(1)
  const prefix = kind === 'state' ? null : PREFIXES[kind]
  const id = namedId(
    kind,
    z
      .string()
      .regex(prefix ? idPattern(prefix) : STATE_CODE)
      .meta({
        maxLength: prefix ? prefix.length + 27 : 2,
        examples: [kind === 'state' ? 'RU' : exampleId(kind)],
      }),
  )
  const writable = z.strictObject(whenWritten(definition.fields))
  const shape = { id, ...definition.fields, ...definition.derived, ...tail }
  const record = z.object(shape).meta({ id: name, description: about })
  const fields = fieldsIn(record)
  const names = (test: (field: PlacedField) => unknown) => fields.filter(test).map((field) => field.name)
  const searchText = searchTextOf(fields, definition.searchDate)
  return {
    kind,
    name,
    path,
    prefix,
    table: tableFor(kind, path, fields, orderBy, sorted),
    record,
    writable,
    keys: Object.keys(shape),
    references: fields.flatMap((field) =>
      field.kinds ? [{ ...field, field: field.name, kinds: field.kinds }] : [],
    ),
    ...(alias && { alias }),
    // What is stored under a kind has the fields of the kind.
    ...(complete && { complete: complete as unknown as (doc: Doc, now: Date) => void }),
    ...(rules && { rules: rules as unknown as (doc: Doc) => Fault[] }),
    acyclic: names(({ acyclic }) => acyclic),
    constant: names(({ constant }) => constant),
    names: names(
      ({ search, path }) => search === 'title' && path.filter((step) => step !== '*').length === 1,
    ),
    ...(searchText && { searchText }),
    example,
  }
}

/** The status of a record, as its events have it. @param dates whether nothing else dates the record */
const currentStatus = (lifecycle: Lifecycle, dates: boolean) => ({
  status: statusField(lifecycle, 'The status of its latest event.', {
    filter: true,
    sort: true,
    stats: 'status',
  }),
  statusSince: date('The date of the event with which its status began.', {
    filter: 'since',
    sort: true,
    ...(dates && { stats: 'year' }),
  }),
})

const statusField = (lifecycle: Lifecycle, description: string, options = {}) =>
  choice(`${lifecycle.of}Status`, Object.keys(lifecycle.moves) as [string, ...string[]], description, {
    ...options,
    required: true,
  })

/** What a POST of an event takes. */
const eventOf = (name: string, lifecycle: Lifecycle) =>
  z
    .strictObject(
      whenWritten({
        status: statusField(lifecycle, 'The status that began.'),
        occurredOn: date('When it began.', { required: true }),
        meetingId: ref('meeting', 'The meeting at which it happened.'),
        note: text(5000, 'What a reader should know about it.'),
      }),
    )
    .meta({
      id: `${name}EventCreate`,
      description: `A step in the life of a ${name.toLowerCase()}.`,
      examples: [{ status: 'under-consideration', occurredOn: '2022-09-16', note: 'On the agenda.' }],
    })

/** The history that a POST of a record may come with. */
const historyOf = ({ initial }: Lifecycle, event: z.ZodObject) => ({
  status: z
    .enum(initial)
    .optional()
    .meta({ description: `The status it starts in; left out: ${initial[0]}.` }),
  events: z
    .array(event)
    .max(100)
    .default([])
    .meta({ description: 'What became of it since, in order of date.' }),
})

function groupingBy({ name, type, kinds }: PlacedField): Grouping {
  if (kinds) return { reference: name }
  return type === 'date' ? { year: columnName(name) } : { column: columnName(name) }
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

/** In a merge patch null empties a list or an object too. */
const clearable = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodArray || schema instanceof z.ZodObject ? schema.nullable() : schema

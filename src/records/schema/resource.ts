// What a resource says about itself, once. Validation, SQL, routes and OpenAPI are all drawn from it.
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import type { Lifecycle } from '../../core/lifecycle.ts'
import type { Fault } from '../../core/problems.ts'
import { describeTable, type Table } from '../../db/tables.ts'
import {
  eventFields,
  exampleId,
  identifiers,
  type Kind,
  namedId,
  PREFIXES,
  partialDate,
  references,
  STATE_CODE,
  statusOf,
  support,
  tail,
  webSources,
} from './fields.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A record as it goes over the wire. */
export interface Doc {
  id: string
  createdAt: string
  updatedAt: string
  version: number
  [field: string]: Json
}

/** A reference somewhere in a document. */
export interface Reference {
  /** Where, list positions left out: `meetingId`, `topicIds`, `participants.stateCode`. */
  field: string
  /** The same, by segment; `*` stands for a list position. */
  path: string[]
  /** What it may refer to; mostly one kind. */
  kinds: readonly Kind[]
  /** References from inside lists are kept as links; the others are columns. */
  listed: boolean
}

/** What is stored and logged under one kind: a resource, or a part of one (evidence, an event). */
export interface Entity {
  kind: Kind
  /** The name of its shape in the OpenAPI document. */
  name: string
  /** Of its ids; null for states, whose id is their code. */
  prefix: string | null
  table: Table
  /** The shape that is read. */
  record: z.ZodObject
  /** The fields that clients write, defaults filled in. */
  writable: z.ZodObject
  references: Reference[]
  /** The keys of a document, in order. */
  keys: string[]
  /** A field by which it can be addressed beside its id. */
  alias?: string
  /** Completes a document from what was written: called before every write. */
  complete?: (doc: Doc, now: Date) => void
  /** What is wrong with a document that has the right form. */
  rules?: (doc: Doc) => Fault[]
  /** Reference fields in which a chain of records may not come back to itself. */
  acyclic?: readonly string[]
  /** Fields that never change once written. */
  constant?: readonly string[]
  /** What can be embedded in it, by name. */
  includes?: Readonly<Record<string, IncludePath>>
  /** What full-text search finds it by. The title weighs more than the body. */
  searchText?: (doc: Doc) => SearchText
  /** What a POST could hold: for the documentation, and for templates. */
  example: Record<string, unknown>
}

/** How a record leads to others. */
export type IncludePath =
  /** Those that a field refers to: one record or null, or a list where the field stands inside one. */
  | { to: Kind; field: string }
  /** Those of a kind that refer to it from a single field. */
  | { from: Kind; field: string }
  /** What lives under it. */
  | { part: Kind; orderBy?: string }

export interface SearchText {
  title: string
  body: string[]
  date: string | null
}

export interface EntityDefinition
  extends Pick<
    Entity,
    | 'kind'
    | 'table'
    | 'alias'
    | 'complete'
    | 'rules'
    | 'acyclic'
    | 'constant'
    | 'searchText'
    | 'includes'
    | 'example'
  > {
  /** One sentence for the reference. */
  about: string
  /** The fields of its own that clients write, in the order in which they are read. */
  fields: Record<string, z.ZodType>
  /** The ones a POST must have. All others default to null, to an empty list, or as they say. */
  required: readonly string[]
  /** Fields that the service derives; they stand behind the written ones. */
  derived?: Record<string, z.ZodType>
}

/** How a query parameter narrows a list. */
export type Filter =
  /** Any of the listed values of a column. */
  | { by: 'column'; column: string; value: z.ZodType; description: string }
  /** Records that refer to it, from a column or from inside a list (`fields` name the places). */
  | {
      by: 'reference'
      fields: readonly string[]
      kind: Kind
      description: string
      /** Also records on which such a state took this position. */
      orPosition?: string
    }
  /** A column at or after, or at or before, a value; dates unless `value` says otherwise. */
  | { by: 'range'; column: string; bound: 'from' | 'to'; value?: z.ZodType; description: string }
  /** States that are one of these to the SCO on the day that is asked about. */
  | { by: 'membership'; value: z.ZodType; description: string }
  /** Open records without an event since a day. */
  | { by: 'stalled'; description: string }
  /** Records with, or without, evidence. */
  | { by: 'evidence'; description: string }
  /** The record that another system calls so. */
  | { by: 'identifier'; description: string }
  /** Full-text search. */
  | { by: 'text'; description: string }

/** A pair of range filters on a date: `proposedFrom` and `proposedTo`. */
export const dateRange = (stem: string, column: string, what: string): Record<string, Filter> => ({
  [`${stem}From`]: { by: 'range', column, bound: 'from', description: `${what} on or after this date.` },
  [`${stem}To`]: { by: 'range', column, bound: 'to', description: `${what} on or before this date.` },
})

/** What a chart can count by: a column, the year of a date, or what a field refers to. */
export type Grouping = { column: string } | { year: string } | { reference: string }

interface ResourceDefinition extends EntityDefinition {
  /** Its place under /v1, and its tag. */
  path: string
  /** The field that names a record to people. */
  titleField: string
  lifecycle?: Lifecycle
  /** Records that have reached all they can reach in an open status: such ones, in these statuses, are not stalled. */
  settled?: { column: string; values: readonly string[]; statuses: readonly string[] }
  /** The field whose date is that of its first event. */
  startsOn?: string
  filters: Record<string, Filter>
  /** What /v1/stats counts by, by name; none: no stats. */
  groupings?: Readonly<Record<string, Grouping>>
  /** Fields to sort by; each is a column of the table. */
  sorts: readonly string[]
  /** As the `sort` parameter has it: `-proposedOn,title`. */
  defaultSort: string
}

export interface Resource
  extends Entity,
    Pick<
      ResourceDefinition,
      | 'about'
      | 'path'
      | 'titleField'
      | 'settled'
      | 'startsOn'
      | 'groupings'
      | 'filters'
      | 'sorts'
      | 'defaultSort'
    > {
  lifecycle: Lifecycle | null
  /** What a POST takes: the writable fields, and the history of a record that has one. */
  create: z.ZodObject
  /** What a PATCH takes. */
  patch: z.ZodObject
  /** What a POST of an event takes; null without a lifecycle. */
  event: z.ZodObject | null
}

/** A kind of record that stands on its own, under /v1/{path}. */
export function defineResource(definition: ResourceDefinition): Resource {
  const { kind, lifecycle = null } = definition
  const written = { ...definition.fields, identifiers, sources: webSources }
  const derived = {
    ...(lifecycle && {
      status: statusOf(lifecycle, 'Where it stands: the status of its latest event.'),
      statusSince: partialDate('Since when: the date of that event.').nullable(),
    }),
    ...definition.derived,
    support,
  }
  const entity = defineEntity({ ...definition, fields: written, derived })
  const event =
    lifecycle &&
    z.strictObject(eventFields(lifecycle)).meta({
      id: `${entity.name}EventCreate`,
      description: `A step in the life of a ${kind}.`,
      examples: [{ status: 'under-consideration', occurredOn: '2022-09-16', note: 'On the agenda.' }],
    })
  const history = event && {
    status: z
      .enum(lifecycle.initial)
      .optional()
      .meta({ description: `The status it starts in; left out: ${lifecycle.initial[0]}.` }),
    events: z
      .array(event)
      .max(100)
      .default([])
      .meta({ description: 'What became of it since, in order of date.' }),
  }
  const create = z.strictObject({ ...entity.writable.shape, ...history }).meta({
    id: `${entity.name}Create`,
    description: `What a POST of a ${kind} takes.`,
    examples: [definition.example],
  })
  const patch = z.strictObject(mapValues(written, (schema) => clearable(schema).optional())).meta({
    id: `${entity.name}Patch`,
    description: `Changes to a ${kind} as a JSON Merge Patch (RFC 7396): what is left out stays, null clears.`,
    examples: [{ [definition.titleField]: definition.example[definition.titleField] }],
  })
  return { ...definition, ...entity, lifecycle, create, patch, event }
}

/** A kind of record that lives under another: evidence, an event. */
export function defineEntity(definition: EntityDefinition): Entity {
  const { kind, fields, required, derived } = definition
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
  const writable = z.strictObject(
    mapValues(fields, (schema, key) => (required.includes(key) ? schema : optional(schema))),
  )
  const shape = { id, ...fields, ...derived, ...tail }
  const record = z.object(shape).meta({ id: name, description: definition.about })
  return {
    ...definition,
    name,
    prefix,
    record,
    writable,
    references: referencesIn(record),
    keys: Object.keys(record.shape),
  }
}

const mapValues = <In, Out>(object: Record<string, In>, map: (value: In, key: string) => Out) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))

/** In a merge patch null empties a list or an object too. */
const clearable = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodArray || schema instanceof z.ZodObject ? schema.nullable() : schema

/** The same field where it may be left out: null, an empty list, or what `complete` makes of it. */
function optional(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault) return schema
  if (schema instanceof z.ZodArray) return schema.default([])
  if (schema instanceof z.ZodObject) return schema.prefault({})
  if (schema instanceof z.ZodNullable) return schema.default(null)
  return schema.optional()
}

/** Every reference in a shape, found by walking it. */
export function referencesIn(schema: z.ZodType, path: string[] = []): Reference[] {
  const found = references.get(schema as z.ZodString)
  if (found) {
    const field = path.filter((segment) => segment !== '*').join('.')
    return [{ field, path, kinds: found.kinds, listed: path.includes('*') }]
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      referencesIn(inner as z.ZodType, [...path, key]),
    )
  }
  if (schema instanceof z.ZodArray) return referencesIn(schema.element as z.ZodType, [...path, '*'])
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
  ) {
    return referencesIn(schema.unwrap() as z.ZodType, path)
  }
  return []
}

/** The values in a document at a path, `*` standing for every list position, with their JSON Pointers. */
export function valuesAt(doc: Json | undefined, path: readonly string[]): [string, Json][] {
  const found: [string, Json][] = []
  gather(doc, path, 0, '', found)
  return found
}

function gather(
  doc: Json | undefined,
  path: readonly string[],
  depth: number,
  pointer: string,
  found: [string, Json][],
): void {
  if (doc === undefined || doc === null) return
  const segment = path[depth]
  if (segment === undefined) found.push([pointer, doc])
  else if (segment === '*') {
    if (!Array.isArray(doc)) return
    for (const [position, item] of doc.entries())
      gather(item, path, depth + 1, `${pointer}/${position}`, found)
  } else if (typeof doc === 'object' && !Array.isArray(doc))
    gather(doc[segment], path, depth + 1, `${pointer}/${segment}`, found)
}

/** Replaces the value in a document at a JSON Pointer that `valuesAt` gave. */
export function replaceAt(doc: Json, pointer: string, value: Json): void {
  const segments = pointer.slice(1).split('/')
  const last = segments.pop() ?? ''
  const parent = segments.reduce((inner, segment) => (inner as Record<string, Json>)[segment] ?? null, doc)
  ;(parent as Record<string, Json>)[last] = value
}

/** Reads what stands in a document at a path without lists; null where nothing does. */
export function readerOf([key = '', ...rest]: readonly string[]): (doc: Doc) => Json {
  if (rest.length === 0) return (doc) => doc[key] ?? null
  return (doc) => rest.reduce<Json>(step, doc[key] ?? null)
}

export const step = (value: Json | undefined, key: string): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value[key] ?? null) : null

/** All kinds of records, and how they refer to each other. */
export class Catalogue<Child extends Entity = Entity> {
  readonly resources: readonly Resource[]
  /** Kinds that live under other records; each has the columns `recordKind` and `recordId`. */
  readonly children: readonly Child[]
  readonly #byKind: ReadonlyMap<Kind, Entity>

  constructor(resources: readonly Resource[], children: readonly Child[]) {
    this.resources = resources
    this.children = children
    this.#byKind = new Map([...resources, ...children].map((entity) => [entity.kind, entity]))
  }

  entity(kind: Kind): Entity {
    const entity = this.#byKind.get(kind)
    if (!entity) throw new Error(`No kind is called ${kind}.`)
    return entity
  }

  resource(kind: Kind): Resource {
    const resource = this.resources.find((candidate) => candidate.kind === kind)
    if (!resource) throw new Error(`No resource is called ${kind}.`)
    return resource
  }

  child(kind: Kind): Child {
    const child = this.children.find((candidate) => candidate.kind === kind)
    if (!child) throw new Error(`No kind of children is called ${kind}.`)
    return child
  }

  /** Every column, of any kind, that refers to a kind. */
  columnsTo(kind: Kind): { entity: Entity; column: string }[] {
    return [...this.#byKind.values()].flatMap((entity) =>
      entity.references
        .filter((reference) => reference.kinds.includes(kind) && !reference.listed)
        .map((reference) => ({ entity, column: columnOf(entity.table, reference.field) })),
    )
  }
}

/** The reference that a field of a resource is. */
export function referenceAt({ kind, references }: Entity, field: string): Reference {
  const reference = references.find((candidate) => candidate.field === field)
  if (!reference) throw new Error(`${kind} has no reference ${field}.`)
  return reference
}

/** The column that holds a field of the document. */
export function columnOf(table: Table, field: string): string {
  const found = Object.entries(describeTable(table).columns).find(
    ([, column]) => column.path?.join('.') === field,
  )
  if (!found) throw new Error(`No column of ${describeTable(table).name} holds ${field}.`)
  return found[0]
}

// All kinds of records: resources, the children that belong to them (evidence, events …), and how they refer to each other.
import { z } from 'zod'
import { compatible } from '../../core/dates.ts'
import type { IdMaker } from '../../core/ids.ts'
import type { ProblemCode } from '../../core/problems.ts'
import { capitalised } from '../../core/text.ts'
import { columnHolding } from '../../db/columns.ts'
import type { Engine, Reader, Writer } from '../../db/engine.ts'
import type { Doc } from './document.ts'
import { choice, recordId, type Shape } from './fields.ts'
import type { Filter } from './filters.ts'
import { exampleId, type Kind, withArticle } from './kinds.ts'
import {
  defineEntity,
  type Entity,
  type EntityDefinition,
  type IncludePath,
  type ListingDefinition,
  listing,
  patchOf,
  type Reference,
  type Resource,
} from './resource.ts'
import { named, recordIdOfQuery } from './shapes.ts'

/** The author of a change: the id and name of a key. */
export interface Actor {
  id: string
  name: string
}

export interface Author {
  actor: Actor
  requestId: string | null
  /** Why they change the records. */
  reason?: string | undefined
}

/** Reads the database, with the description of what is in it. */
export interface CatalogueReader extends Reader {
  readonly engine: Engine
  readonly catalogue: Catalogue
}

/** A write: a database transaction, its author, and the instant of all its changes. */
export interface WriteTransaction extends Writer, Author, CatalogueReader {
  readonly newId: IdMaker
  readonly now: Date
  /** `now` in ISO 8601; never earlier than the last change. */
  readonly at: string
  /** The sequence number of the last change. Writes are serialised, so there are no gaps. */
  seq: number
  /** References that are known to exist, as `kind id`: a cache of lookups. */
  readonly existing: Set<string>
  /** Whether it is rolled back, so that what only readers need is left out: full-text entries, the change log, and support. */
  readonly isRehearsal: boolean
}

type Input = Record<string, unknown>

/** The record that a child belongs to. */
export interface Parent {
  entity: Entity
  doc: Doc
}

export type ChildOperation = 'list' | 'create' | 'get' | 'update' | 'delete'

interface ChildTraits {
  /** The kinds of records that can have it. */
  of: readonly Kind[]
  /** Its natural key: children of one record with equal values in these fields are the same, if their day can be. */
  sameBy: readonly string[]
  /** The field with its day. */
  sameDay?: string
  /** Whether a record has at most one such child, whatever its day. */
  isOnce?: (input: Input) => boolean
  /** Whether they are, if equal fields are not enough to tell. `input` is parsed by `createShape`. */
  isSame?: (child: Doc, input: Input) => boolean
  /** The fields of its natural key in the form in which they are stored, where another may be sent. */
  storedKey?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input>
  /** The column that orders the children of a record, nulls first; ties and the default: order of creation. */
  orderBy?: string
  /** The body of a POST. */
  createShape: (parent: Entity) => z.ZodObject
  /** The routes that `features/records/child-routes.ts` serves, with their descriptions in OpenAPI. */
  operations: Partial<Record<ChildOperation, string>>
  /** Further problems of a POST and a PATCH. */
  createProblems?: readonly ProblemCode[]
  /** Further problems of a DELETE. */
  deleteProblems?: readonly ProblemCode[]
  /** Completes or rejects the input of a new child. */
  beforeCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input>
  /** Completes or rejects a child that differs from the stored one. */
  beforeUpdate?: (tx: WriteTransaction, parent: Parent, before: Doc, after: Doc) => Promise<void>
  /** Fields of the parent that are derived from its children; called after one was created, updated or deleted. */
  parentFields?: (tx: WriteTransaction, parent: Parent) => Promise<Input>
  /**
   * Called before a record that can have such children is stored. May complete its document.
   * @returns its initial children, checked; `id` is optional. Default: those of the input, each passed to `beforeCreate`
   */
  beforeParentCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input[]>
  /** Called before a record that can have such children changes. May reject the change, or change children too. */
  beforeParentUpdate?: (
    tx: WriteTransaction,
    entity: Entity,
    before: Doc,
    after: Doc,
    options: UpdateOptions,
  ) => Promise<void>
  /** Called before a record is merged into another of its kind. May reject it, or move what needs more than a new reference. */
  beforeMerge?: (tx: WriteTransaction, entity: Entity, loser: Doc, into: Doc) => Promise<void>
  /** Whether a child connects a record with itself, as a relation can after a merge. */
  pointsToItself?: (doc: Doc) => boolean
  /** Called after a record that can have such children changed. */
  afterParentUpdate?: (tx: WriteTransaction, entity: Entity, before: Doc, after: Doc) => Promise<void>
  /** Called after a child was created (`before` is null), changed, or deleted, also with its record (`after` is null). */
  afterChange?: (tx: WriteTransaction, before: Doc | null, after: Doc | null) => Promise<void>
}

export interface UpdateOptions {
  /** Whether the text of the record may be replaced although it is quoted, if its quotes can follow. */
  replacesText: boolean
  /** Whether constant fields may change, because a record that they refer to was merged. */
  moves?: boolean
}

export interface Child
  extends Entity,
    ChildTraits,
    Pick<Resource, 'about' | 'filters' | 'sorts' | 'defaultSort' | 'patch'> {}

/** The fields of every child that say to which record it belongs. */
type OfRecord = Readonly<Record<'recordKind' | 'recordId', z.ZodString>>

interface ChildDefinition<Fields extends Shape, Derived extends Shape>
  extends Omit<EntityDefinition<Fields & OfRecord, Derived>, 'fields'>,
    Omit<ListingDefinition, 'about'>,
    ChildTraits {
  /** The fields that clients write, without those of the record that it belongs to. */
  fields: Fields
}

/** Defines a kind of children, with the fields `recordKind` and `recordId` of the record that one belongs to. */
export function defineChild<Fields extends Shape, Derived extends Shape = Record<never, z.ZodType>>(
  definition: ChildDefinition<Fields, Derived>,
): Child {
  const { about, filters, defaultSort, of, example } = definition
  const fields: Shape = {
    recordKind: choice(
      `${capitalised(definition.kind)}RecordKind`,
      of as readonly [Kind, ...Kind[]],
      'The kind of the record that it belongs to.',
      { required: true, mayGrow: true, constant: true, filter: true },
    ),
    recordId: recordId('The id of the record that it belongs to.'),
    ...definition.fields,
  }
  const entity = defineEntity({
    ...(definition as unknown as EntityDefinition<Shape, Shape>),
    fields,
  })
  const [lastField = ''] = Object.keys(example).slice(-1)
  return {
    ...(definition as ChildTraits),
    ...entity,
    ...listing(entity, { about, filters: { record: ofRecord(definition.of), ...filters }, defaultSort }),
    patch: patchOf(entity, definition.fields, { [lastField]: example[lastField] }),
  }
}

const ofRecord = ([kind = 'proposal']: readonly Kind[]): Filter => ({
  by: 'column',
  column: 'recordId',
  value: recordIdOfQuery,
  description: 'The record that it belongs to: an id of any kind, or the code of a state.',
  example: exampleId(kind),
})

/** Whether a child is the one that fields describe: its natural key is equal, and its day can be the same. */
export function isSame({ sameBy, sameDay, isSame }: Child, doc: Doc, fields: Input): boolean {
  const hasSame = sameBy.every((field) =>
    field in fields ? JSON.stringify(fields[field] ?? null) === JSON.stringify(doc[field]) : true,
  )
  const isEqual = hasSame && (isSame?.(doc, fields) ?? true)
  if (!isEqual || !sameDay) return isEqual
  const [one, other] = [fields[sameDay] ?? null, doc[sameDay]]
  return typeof one !== 'string' || typeof other !== 'string' || compatible(one, other)
}

/** The child among those of a record that fields describe: of what happens once, also one with another day. */
export const findSame = (child: Child, present: readonly Doc[], fields: Input): Doc | undefined =>
  present.find((doc) => isSame(child, doc, fields)) ??
  (child.isOnce?.(fields) ? present.find((doc) => isSame({ ...child, sameDay: '' }, doc, fields)) : undefined)

/** The writable fields of a child without its parent, which is in the path. */
export const withoutParent = (child: Entity) => child.writable.omit({ recordKind: true, recordId: true })

export class Catalogue {
  readonly resources: readonly Resource[]
  /** Kinds that belong to other records; each has the columns `recordKind` and `recordId`. */
  readonly children: readonly Child[]
  readonly entities: readonly Entity[]
  readonly #byKind: ReadonlyMap<Kind, Entity>
  readonly #includes: ReadonlyMap<Kind, Readonly<Record<string, IncludePath>>>

  constructor(resources: readonly Resource[], children: readonly Child[]) {
    this.children = children
    this.resources = resources.map((resource) => ({
      ...resource,
      create: createWithParts(resource, children),
    }))
    this.entities = [...this.resources, ...children]
    this.#byKind = new Map(this.entities.map((entity) => [entity.kind, entity]))
    this.#includes = new Map(
      this.entities.map((entity) => [entity.kind, includesOf(entity, this.entities, children)]),
    )
  }

  entity(kind: Kind): Entity {
    const entity = this.#byKind.get(kind)
    if (!entity) throw new Error(`Unknown kind: ${kind}.`)
    return entity
  }

  /** Undefined for a kind of children. */
  findResource(kind: Kind): Resource | undefined {
    return this.resources.find((resource) => resource.kind === kind)
  }

  resource(kind: Kind): Resource {
    const resource = this.findResource(kind)
    if (!resource) throw new Error(`Unknown resource: ${kind}.`)
    return resource
  }

  child(kind: Kind): Child {
    const child = this.children.find((candidate) => candidate.kind === kind)
    if (!child) throw new Error(`Unknown kind of children: ${kind}.`)
    return child
  }

  /** The problems of the parts in the body of a POST of an entity. */
  partProblems({ kind }: Entity): ProblemCode[] {
    const parts = this.children.filter(({ of }) => of.includes(kind))
    return [...new Set(parts.flatMap((part) => [...(part.createProblems ?? []), ...this.partProblems(part)]))]
  }

  /** The paths of `include` for the records of a kind, by name. */
  includesOf({ kind }: Entity): Readonly<Record<string, IncludePath>> {
    return this.#includes.get(kind) ?? {}
  }

  /** The body of a POST of a child under a record, or part, of a kind. */
  bodyOf(child: Child, parent: Entity): z.ZodObject {
    return partWithEvidence(child, parent, this.children)
  }

  /** Every column, of any kind, that refers to a kind. */
  columnsTo(kind: Kind): { entity: Entity; column: string }[] {
    return this.entities.flatMap((entity) =>
      entity.references
        .filter((reference) => reference.kinds.includes(kind) && !reference.listed)
        .map((reference) => ({ entity, column: columnHolding(entity.table, reference.field) })),
    )
  }
}

/** The maximum number of parts of a kind in the body of a POST. */
const MAX_PARTS = 500

/** The body of a POST of a record: its fields, and lists of its parts, each with the evidence for it. */
function createWithParts(resource: Resource, children: readonly Child[]): z.ZodObject {
  const lists = partLists(resource, children)
  return z.strictObject({ ...resource.create.shape, ...lists }).meta(resource.create.meta() ?? {})
}

/** The optional lists of parts in the body of a POST. */
function partLists(entity: Entity, children: readonly Child[]): Record<string, z.ZodType> {
  return Object.fromEntries(
    children
      .filter(({ of }) => of.includes(entity.kind))
      .map((child) => [child.path, partList(child, entity, children)]),
  )
}

const nameOfPart = (shape: z.ZodObject, child: Child) =>
  String(shape.meta()?.id ?? child.name).replace(/Create$/, '')

/** The body of a POST of a part: its fields, and the evidence for it. */
function partWithEvidence(child: Child, parent: Entity, children: readonly Child[]): z.ZodObject {
  const shape = child.createShape(parent)
  const inner = partLists(child, children)
  if (Object.keys(inner).length === 0) return shape
  return named(
    `${nameOfPart(shape, child)}Create`,
    z.strictObject({ ...shape.shape, ...inner }),
    `${capitalised(withArticle(child.kind))} with the evidence for it.`,
  ).meta({ examples: shape.meta()?.['examples'] as unknown[] })
}

function partList(child: Child, parent: Entity, children: readonly Child[]): z.ZodType {
  const part = partWithEvidence(child, parent, children)
  const name = nameOfPart(child.createShape(parent), child)
  return named(
    `${name}Parts`,
    z.array(part).max(MAX_PARTS),
    `The ${child.path} of the new record.`,
  ).optional()
}

/** The references of an entity, those of others to it, and its children. */
function includesOf(
  { kind, references }: Entity,
  all: readonly Entity[],
  children: readonly Child[],
): Record<string, IncludePath> {
  const includes: Record<string, IncludePath> = {}
  for (const {
    include,
    field,
    kinds: [to],
  } of references) {
    if (include && to) includes[include] = { to, field }
  }
  for (const other of all) {
    for (const { inverse, field, kinds } of other.references) {
      if (inverse && kinds.includes(kind)) includes[inverse] = { from: other.kind, field }
    }
  }
  for (const { kind: part, path, of, orderBy } of children) {
    if (of.includes(kind)) includes[path] = { part, ...(orderBy && { orderBy }) }
  }
  const own = children.find((child) => child.kind === kind)
  if (own) includes['record'] = { record: own.of }
  return includes
}

/** The reference in a field of an entity. @throws Error if there is none */
export function referenceAt({ kind, references }: Entity, field: string): Reference {
  const reference = references.find((candidate) => candidate.field === field)
  if (!reference) throw new Error(`${kind} has no reference ${field}.`)
  return reference
}

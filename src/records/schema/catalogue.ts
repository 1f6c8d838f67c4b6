// All kinds of records, and how they refer to each other.
import { describeTable, type Table } from '../../db/tables.ts'
import type { Kind } from './kinds.ts'
import type { Entity, IncludePath, Reference, Resource } from './resource.ts'

/** The properties of children that the catalogue uses. */
interface Child extends Entity {
  /** The kinds of records that can have it. */
  of: readonly Kind[]
  /** The column that orders the children of a record. */
  orderBy?: string
}

export class Catalogue<Of extends Child = Child> {
  readonly resources: readonly Resource[]
  /** Kinds that belong to other records; each has the columns `recordKind` and `recordId`. */
  readonly children: readonly Of[]
  readonly entities: readonly Entity[]
  readonly #byKind: ReadonlyMap<Kind, Entity>
  readonly #includes: ReadonlyMap<Kind, Readonly<Record<string, IncludePath>>>

  constructor(resources: readonly Resource[], children: readonly Of[]) {
    this.resources = resources
    this.children = children
    this.entities = [...resources, ...children]
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

  resource(kind: Kind): Resource {
    const resource = this.resources.find((candidate) => candidate.kind === kind)
    if (!resource) throw new Error(`Unknown resource: ${kind}.`)
    return resource
  }

  child(kind: Kind): Of {
    const child = this.children.find((candidate) => candidate.kind === kind)
    if (!child) throw new Error(`Unknown kind of children: ${kind}.`)
    return child
  }

  /** The paths of `include` for the records of a kind, by name. */
  includesOf({ kind }: Entity): Readonly<Record<string, IncludePath>> {
    return this.#includes.get(kind) ?? {}
  }

  /** Every column, of any kind, that refers to a kind. */
  columnsTo(kind: Kind): { entity: Entity; column: string }[] {
    return this.entities.flatMap((entity) =>
      entity.references
        .filter((reference) => reference.kinds.includes(kind) && !reference.listed)
        .map((reference) => ({ entity, column: columnOf(entity.table, reference.field) })),
    )
  }
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
  return includes
}

/** The reference in a field of an entity. @throws Error if there is none */
export function referenceAt({ kind, references }: Entity, field: string): Reference {
  const reference = references.find((candidate) => candidate.field === field)
  if (!reference) throw new Error(`${kind} has no reference ${field}.`)
  return reference
}

/** The column for a field of the document. @throws Error if there is none */
export function columnOf(table: Table, field: string): string {
  const { name, columns } = describeTable(table)
  const column = Object.keys(columns).find((key) => columns[key]?.path?.join('.') === field)
  if (!column) throw new Error(`The table ${name} has no column for ${field}.`)
  return column
}

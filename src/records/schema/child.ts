// Children: kinds of records that belong to others (evidence, events …), and the transaction that their hooks get.
import type { z } from 'zod'
import type { IdMaker } from '../../core/ids.ts'
import type { ProblemCode } from '../../core/problems.ts'
import type { Engine, Writer } from '../../db/engine.ts'
import type { Catalogue } from './catalogue.ts'
import type { Doc } from './document.ts'
import type { Shape } from './fields.ts'
import type { Kind } from './kinds.ts'
import { defineEntity, type Entity, type EntityDefinition } from './resource.ts'

/** The author of a change: the id and name of a key. */
export interface Actor {
  id: string
  name: string
}

export interface Author {
  actor: Actor
  requestId: string | null
}

/** A write: a database transaction, its author, and the instant of all its changes. */
export interface WriteTransaction extends Writer, Author {
  readonly engine: Engine
  readonly catalogue: Catalogue<Child>
  readonly newId: IdMaker
  readonly now: Date
  /** `now` in ISO 8601; never earlier than the last change. */
  readonly at: string
  /** The sequence number of the last change. Writes are serialised, so there are no gaps. */
  seq: number
  /** References that are known to exist, as `kind id`: a cache of lookups. */
  readonly existing: Set<string>
}

type Input = Record<string, unknown>

/** The record that a child belongs to. */
export interface Parent {
  entity: Entity
  doc: Doc
}

export type ChildOperation = 'list' | 'create' | 'get' | 'delete'

interface ChildTraits {
  /** With its article, in summaries: `an event`. */
  noun: string
  /** The kinds of records that can have it. */
  of: readonly Kind[]
  /** Children of one record with equal values in these fields are duplicates. */
  sameBy: readonly string[]
  /** The column that orders the children of a record, nulls first; ties and the default: order of creation. */
  orderBy?: string
  /** The body of a POST. */
  createShape: (parent: Entity) => z.ZodObject
  /** The routes that `features/records/child-routes.ts` serves, with their descriptions in OpenAPI. */
  operations: Partial<Record<ChildOperation, string>>
  /** Further problems of a POST. */
  createProblems?: readonly ProblemCode[]
  /** Completes or rejects the input of a new child. */
  beforeCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input>
  /** Fields of the parent that are derived from its children; called after one was created or deleted. */
  parentFields?: (tx: WriteTransaction, parent: Parent) => Promise<Input>
  /**
   * Called before a record that can have such children is stored. May complete its document.
   * @returns its initial children, checked; `id` is optional
   */
  beforeParentCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input[]>
  /** Called before a record that can have such children changes. May reject the change, or change children too. */
  beforeParentUpdate?: (tx: WriteTransaction, entity: Entity, before: Doc, after: Doc) => Promise<void>
}

export interface Child extends Entity, ChildTraits {}

/** @param definition includes the fields `recordKind` and `recordId` of the parent */
export const defineChild = <Fields extends Shape, Derived extends Shape = Record<never, z.ZodType>>(
  definition: EntityDefinition<Fields, Derived> & ChildTraits,
): Child => ({ ...(definition as ChildTraits), ...defineEntity(definition) })

/** The writable fields of a child without its parent, which is in the path. */
export const withoutParent = (child: Entity) => child.writable.omit({ recordKind: true, recordId: true })

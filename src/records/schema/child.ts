// Children: kinds of records that live under others (evidence, events …), and the transaction in which their hooks run.
import type { z } from 'zod'
import type { IdMaker } from '../../core/ids.ts'
import type { ProblemCode } from '../../core/problems.ts'
import type { Engine, Writer } from '../../db/engine.ts'
import type { Catalogue } from './catalogue.ts'
import type { Doc } from './document.ts'
import type { Shape } from './fields.ts'
import type { Kind } from './kinds.ts'
import { defineEntity, type Entity, type EntityDefinition } from './resource.ts'

/** Who writes. */
export interface Actor {
  id: string
  name: string
}

export interface Author {
  actor: Actor
  requestId: string | null
}

/** One write: a database transaction, its author, and the one instant that all its changes share. */
export interface WriteTransaction extends Writer, Author {
  readonly engine: Engine
  readonly catalogue: Catalogue<Child>
  readonly newId: IdMaker
  readonly now: Date
  /** `now` in ISO 8601; never before the instant of an earlier change. */
  readonly at: string
  /** The number of the last change. Writes are serialised, so the numbers have no gaps. */
  seq: number
  /** References that this write has found to exist already, as `kind id`. */
  readonly existing: Set<string>
}

type Input = Record<string, unknown>

/** The record under which a child lives. */
export interface Parent {
  entity: Entity
  doc: Doc
}

export type ChildOperation = 'list' | 'create' | 'get' | 'delete'

interface ChildTraits {
  /** With its article, in summaries: `an event`. */
  noun: string
  /** The kinds of records under which it can live. */
  of: readonly Kind[]
  /** Two children of one record that agree in these fields are the same. */
  sameBy: readonly string[]
  /** The column that orders the children of a record, nulls first; ties and the default: order of creation. */
  orderBy?: string
  /** What a POST takes. */
  createShape: (parent: Entity) => z.ZodObject
  /** The routes that `features/records/child-routes.ts` serves, each with a sentence for the reference. */
  operations: Partial<Record<ChildOperation, string>>
  /** Problems of its own that a POST can meet. */
  createProblems?: readonly ProblemCode[]
  /** Completes or refuses the input of a new child. */
  beforeCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input>
  /** The fields of the parent that follow from its children; called after one was created or deleted. */
  parentFields?: (tx: WriteTransaction, parent: Parent) => Promise<Input>
  /**
   * Called before a record that can have such children is stored. May complete its document.
   * @returns the children that it starts with, checked; `id` is optional
   */
  beforeParentCreate?: (tx: WriteTransaction, parent: Parent, input: Input) => Promise<Input[]>
  /** Called before a record that can have such children changes. May refuse the change, or change children with it. */
  beforeParentUpdate?: (tx: WriteTransaction, entity: Entity, before: Doc, after: Doc) => Promise<void>
}

export interface Child extends Entity, ChildTraits {}

/** @param definition its own fields; those that name the parent are part of them */
export const defineChild = <Fields extends Shape, Derived extends Shape = Record<never, z.ZodType>>(
  definition: EntityDefinition<Fields, Derived> & ChildTraits,
): Child => ({ ...(definition as ChildTraits), ...defineEntity(definition) })

/** The fields that clients write of a child: those that name its parent are in the path. */
export const withoutParent = (child: Entity) => child.writable.omit({ recordKind: true, recordId: true })

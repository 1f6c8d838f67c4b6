// Adds a child (evidence, an event, a position, a relation) to a record, unless the record already has it.
import { bodyProblem } from '../../core/body-problem.ts'
import { Problem } from '../../core/problems.ts'
import { childrenOf } from '../../records/read/record.ts'
import {
  type Child,
  findSame,
  isSame,
  type Parent,
  type WriteTransaction,
} from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { withArticle } from '../../records/schema/kinds.ts'
import { createChild } from '../../records/write/operations.ts'

interface Options {
  /** The id of the new child, from an import. */
  id?: string
  /** Whether to skip the search for an equal child. */
  fresh?: boolean
  /** The ids of parts that other parts of the same item are: this one may only be one of them if it has the same day. */
  taken?: ReadonlySet<string>
}

type Fields = Record<string, unknown>

/**
 * @returns the child, whether it was created, and the fields that were sent, checked
 * @throws Problem `invalid-body`, and those of `createChild`
 */
export async function attachChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  fields: Fields,
  { id, fresh = false, taken = new Set() }: Options = {},
): Promise<{ doc: Doc; created: boolean; sent: Fields }> {
  const { kind } = parent.entity
  if (!child.of.includes(kind))
    throw new Problem('invalid-body', `A ${kind} cannot have ${withArticle(child.kind)}.`)
  const parsed = child.createShape(parent.entity).safeParse(fields)
  if (!parsed.success) throw bodyProblem(parsed.error)
  const sent = parsed.data
  const existing = fresh ? undefined : await findPresent(tx, child, parent, sent, taken)
  if (existing) return { doc: existing, created: false, sent }
  return { doc: await createChild(tx, child, parent, sent, id), created: true, sent }
}

/**
 * The part that fields describe: first one with the same day, then one with a day that can be the same; of what happens once, also
 * one with another day.
 */
async function findPresent(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  sent: Fields,
  taken: ReadonlySet<string>,
): Promise<Doc | undefined> {
  const present = await childrenOf(tx, child, parent.doc.id)
  if (present.length === 0) return undefined
  const key: Fields = { ...sent, ...(await child.storedKey?.(tx, parent, sent)) }
  const same = present.filter((doc) => isSame(child, doc, key))
  const { sameDay } = child
  const hasSameDay = (doc: Doc) => !sameDay || (key[sameDay] ?? null) === doc[sameDay]
  const untaken = present.filter(({ id }) => !taken.has(id))
  return same.find(hasSameDay) ?? findSame(child, untaken, key)
}

// Adds a child (evidence, an event, a position, a relation) to a record, unless the record already has it.
import { bodyProblem } from '../../core/body-problem.ts'
import { compatible } from '../../core/dates.ts'
import { Problem } from '../../core/problems.ts'
import { childrenOf } from '../../records/read/record.ts'
import type { Child, Parent, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { withArticle } from '../../records/schema/kinds.ts'
import { createChild } from '../../records/write/operations.ts'

interface Options {
  /** The id of the new child, from an import. */
  id?: string
  /** Whether to skip the search for an equal child. */
  fresh?: boolean
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
  { id, fresh = false }: Options = {},
): Promise<{ doc: Doc; created: boolean; sent: Fields }> {
  const { kind } = parent.entity
  if (!child.of.includes(kind))
    throw new Problem('invalid-body', `A ${kind} cannot have ${withArticle(child.kind)}.`)
  const parsed = child.createShape(parent.entity).safeParse(fields)
  if (!parsed.success) throw bodyProblem(parsed.error)
  const sent = parsed.data
  const present = fresh ? [] : await childrenOf(tx, child, parent.doc.id)
  const existing = present.find((doc) => isSame(child, doc, sent))
  if (existing) return { doc: existing, created: false, sent }
  return { doc: await createChild(tx, child, parent, sent, id), created: true, sent }
}

/** Whether a child is the one that fields describe: its natural key is equal, and its day can be the same. */
export function isSame({ sameBy, sameDay, isSame }: Child, doc: Doc, fields: Fields): boolean {
  const hasSame = sameBy.every((field) =>
    field in fields ? JSON.stringify(fields[field] ?? null) === JSON.stringify(doc[field]) : true,
  )
  const isEqual = hasSame && (isSame?.(doc, fields) ?? true)
  if (!isEqual || !sameDay) return isEqual
  const [one, other] = [fields[sameDay] ?? null, doc[sameDay]]
  return typeof one !== 'string' || typeof other !== 'string' || compatible(one, other)
}

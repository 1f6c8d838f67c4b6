// Adds a child (evidence, an event, a position, a relation) to a record, unless the record already has an equal one.

import { bodyProblem } from '../../core/body-problem.ts'
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

/**
 * @returns the child, and whether it was created
 * @throws Problem `invalid-body`, and those of `createChild`
 */
export async function attachChild(
  tx: WriteTransaction,
  child: Child,
  parent: Parent,
  fields: Record<string, unknown>,
  { id, fresh = false }: Options = {},
): Promise<{ doc: Doc; created: boolean }> {
  const { kind } = parent.entity
  if (!child.of.includes(kind))
    throw new Problem('invalid-body', `A ${kind} cannot have ${withArticle(child.kind)}.`)
  const parsed = child.createShape(parent.entity).safeParse(fields)
  if (!parsed.success) throw bodyProblem(parsed.error)
  const input = parsed.data
  const existing = fresh ? undefined : (await childrenOf(tx, child, parent.doc.id)).find(isSame)
  if (existing) return { doc: existing, created: false }
  return { doc: await createChild(tx, child, parent, input, id), created: true }

  /** Omitted fields, such as the offset of a quote, match any value. */
  function isSame(doc: Doc): boolean {
    return child.sameBy.every(
      (field) => input[field] === undefined || JSON.stringify(input[field]) === JSON.stringify(doc[field]),
    )
  }
}

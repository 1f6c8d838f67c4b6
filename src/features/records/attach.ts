// Putting a part (evidence, an event, a position, a relation) under a record, unless the record has it already.
import { Problem } from '../../core/problems.ts'
import { bodyProblem } from '../../http/validation.ts'
import type { Kind } from '../../records/schema/fields.ts'
import type { Doc, Entity } from '../../records/schema/resource.ts'
import type { Records, WriteTransaction } from '../../records/write/records.ts'

interface Options {
  /** The id that it has elsewhere and keeps here. */
  id?: string
  /** The record was only just made, so nothing stands under it yet. */
  fresh?: boolean
}

/**
 * @returns the part, and whether it is new
 * @throws Problem `invalid-body`, and whatever attaching it refuses
 */
export async function attach(
  records: Records,
  tx: WriteTransaction,
  kind: Kind,
  holder: Entity,
  record: Doc,
  given: Record<string, unknown>,
  { id, fresh = false }: Options = {},
): Promise<{ doc: Doc; made: boolean }> {
  const attachment = records.attachment(kind)
  const shape = attachment.shape(holder)
  if (!shape) throw new Problem('invalid-body', `A ${holder.kind} has no ${kind}.`)
  const parsed = shape.safeParse(given)
  if (!parsed.success) throw bodyProblem(parsed.error)
  const known = fresh ? undefined : await attachment.same(records, tx, record, parsed.data)
  if (known) return { doc: known, made: false }
  return { doc: await attachment.add(records, tx, holder, record, parsed.data, id), made: true }
}

// Applying changes to a record: what its writable fields are after a merge patch.
import { mergePatch } from '../core/merge-patch.ts'
import { bodyProblem } from '../http/validation.ts'
import type { Doc, Resource } from '../records/resource.ts'

/**
 * The writable fields of a record after a merge patch (RFC 7396) that names writable fields alone.
 * @throws Problem `invalid-body` when the result has not the right form
 */
export function applyPatch(
  resource: Resource,
  before: Doc,
  change: Record<string, unknown>,
): Record<string, unknown> {
  const keys = Object.keys(resource.writable.shape)
  const writable = Object.fromEntries(keys.map((key) => [key, before[key]]))
  const result = resource.writable.safeParse(mergePatch(writable, change))
  if (!result.success) throw bodyProblem(result.error)
  // What a patch clears is null, also where leaving it out would mean something else.
  return Object.fromEntries(keys.map((key) => [key, result.data[key] ?? null]))
}

// Applying changes to a record: what its writable fields are after a merge patch.
import { mergePatch } from '../../core/merge-patch.ts'
import { type Fault, inconsistent, Problem } from '../../core/problems.ts'
import { bodyProblem, segmentOf } from '../../http/validation.ts'
import type { Doc, Resource } from '../../records/schema/resource.ts'

type Patchable = Pick<Resource, 'writable' | 'lifecycle' | 'path'>

/**
 * The writable fields of a record after a merge patch (RFC 7396) from a client.
 * @throws Problem `invalid-body` when the result has not the right form, `inconsistent` when a derived field would change
 */
export function patched(
  resource: Patchable,
  before: Doc,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const faults: Fault[] = []
  const unknown: Fault[] = []
  const change: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(patch)) {
    if (Object.hasOwn(resource.writable.shape, key)) change[key] = value
    else if (!Object.hasOwn(before, key))
      unknown.push({ pointer: segmentOf(key), detail: 'There is no such field.' })
    else if (JSON.stringify(value) !== JSON.stringify(before[key])) {
      const how =
        key === 'status' && resource.lifecycle
          ? ` POST an event to /v1/${resource.path}/${before.id}/events to move it.`
          : ''
      faults.push({ pointer: `/${key}`, detail: `${key} is read-only.${how}` })
    }
  }
  if (unknown.length > 0)
    throw new Problem('invalid-body', 'The patch names fields that do not exist.', { errors: unknown })
  if (faults.length > 0) throw inconsistent(faults)
  return applyPatch(resource, before, change)
}

/**
 * The same for a patch that names writable fields alone.
 * @throws Problem `invalid-body`
 */
export function applyPatch(
  resource: Patchable,
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

// Applies merge patches to the writable fields of a record.
import { mergePatch } from '../../core/merge-patch.ts'
import { type Fault, inconsistent, Problem } from '../../core/problems.ts'
import { bodyProblem, segmentOf } from '../../http/validation.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Resource } from '../../records/schema/resource.ts'

type Patchable = Pick<Resource, 'writable' | 'lifecycle' | 'path'>
type Fields = Record<string, unknown>

/**
 * The writable fields of a record after a merge patch (RFC 7396) from a client. Derived fields may be sent back unchanged.
 * @throws Problem `invalid-body` when the result is malformed, `inconsistent` when a derived field would change
 */
export function applyPatch(resource: Patchable, before: Doc, patch: Fields): Fields {
  const unknown: Fault[] = []
  const readOnly: Fault[] = []
  const change: Fields = {}
  for (const [key, value] of Object.entries(patch)) {
    if (Object.hasOwn(resource.writable.shape, key)) change[key] = value
    else if (!Object.hasOwn(before, key))
      unknown.push({ pointer: segmentOf(key), detail: 'There is no such field.' })
    else if (JSON.stringify(value) !== JSON.stringify(before[key])) {
      const isStatus = key === 'status' && resource.lifecycle
      const hint = isStatus ? ` POST an event to /v1/${resource.path}/${before.id}/events to change it.` : ''
      readOnly.push({ pointer: segmentOf(key), detail: `${key} is read-only.${hint}` })
    }
  }
  if (unknown.length > 0)
    throw new Problem('invalid-body', 'The patch names fields that do not exist.', { errors: unknown })
  if (readOnly.length > 0) throw inconsistent(readOnly)
  return mergeFields(resource, before, change)
}

/**
 * The writable fields of a record after a merge patch that names only such fields.
 * @throws Problem `invalid-body`
 */
export function mergeFields({ writable }: Patchable, before: Doc, change: Fields): Fields {
  const keys = Object.keys(writable.shape)
  const current = Object.fromEntries(keys.map((key) => [key, before[key]]))
  const result = writable.safeParse(mergePatch(current, change))
  if (!result.success) throw bodyProblem(result.error)
  // A cleared field is null even where leaving it out of a POST would mean something else.
  return Object.fromEntries(keys.map((key) => [key, result.data[key] ?? null]))
}

// Applies merge patches to the writable fields of a record.

import { bodyProblem, segmentOf } from '../../core/body-problem.ts'
import { mergePatch } from '../../core/merge-patch.ts'
import { type Fault, inconsistent, Problem } from '../../core/problems.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'

type Patchable = Pick<Entity, 'writable' | 'path'> & Partial<Pick<Resource, 'lifecycle'>>
type Fields = Record<string, unknown>

/**
 * The writable fields of a record after a merge patch (RFC 7396). Read-only fields are accepted if unchanged.
 * @throws Problem `invalid-body` if the result is invalid, `inconsistent` if a read-only field would change
 */
export function applyPatch(resource: Patchable, before: Doc, patch: Fields): Fields {
  const unknown: Fault[] = []
  const readOnly: Fault[] = []
  const change: Fields = {}
  for (const [key, value] of Object.entries(patch)) {
    if (Object.hasOwn(resource.writable.shape, key)) change[key] = value
    else if (!Object.hasOwn(before, key)) unknown.push({ pointer: segmentOf(key), detail: 'Unknown field.' })
    else if (JSON.stringify(value) !== JSON.stringify(before[key])) {
      const isStatus = key === 'status' && resource.lifecycle
      const hint = isStatus ? ` POST an event to /v1/${resource.path}/${before.id}/events to change it.` : ''
      readOnly.push({ pointer: segmentOf(key), detail: `${key} is read-only.${hint}` })
    }
  }
  if (unknown.length > 0)
    throw new Problem('invalid-body', 'The patch has unknown fields.', { errors: unknown })
  if (readOnly.length > 0) throw inconsistent(readOnly)
  return mergeFields(resource, before, change)
}

/**
 * The writable fields of a record after a merge patch of writable fields.
 * @throws Problem `invalid-body`
 */
export function mergeFields({ writable }: Patchable, before: Doc, change: Fields): Fields {
  const keys = Object.keys(writable.shape)
  const current = Object.fromEntries(keys.map((key) => [key, before[key]]))
  const result = writable.safeParse(mergePatch(current, change))
  if (!result.success) throw bodyProblem(result.error)
  // A cleared field is null, even if it has a default in a POST.
  return Object.fromEntries(keys.map((key) => [key, result.data[key] ?? null]))
}

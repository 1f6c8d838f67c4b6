// Contributors: the posts in which they acted, and who two lists have in common.
import { certainlyBefore } from '../../core/dates.ts'
import { type Fault, inconsistent } from '../../core/problems.ts'
import { findRecord, parse } from '../read/record.ts'
import type { CatalogueReader } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'

/**
 * Checks that each post is held by the person, and was not certainly over, or yet to begin, on the day. A record of which neither
 * changed is not checked, since a post can be corrected after it.
 * @param field the list of contributors
 * @param dayField the field with the day, an EDTF date; null: none
 * @throws Problem `inconsistent`
 */
export async function checkPosts(
  tx: CatalogueReader,
  doc: Doc,
  before: Doc | undefined,
  field: string,
  dayField: string | null,
): Promise<void> {
  const day = dayField === null ? null : doc[dayField]
  const isUnchanged = [field, ...(dayField === null ? [] : [dayField])].every(
    (key) => JSON.stringify(doc[key]) === JSON.stringify(before?.[key]),
  )
  if (isUnchanged) return
  const faults: Fault[] = []
  for (const [index, contributor] of (doc[field] as Record<string, unknown>[]).entries()) {
    const { membershipId, speakerId } = contributor
    if (typeof membershipId !== 'string') continue
    const stored = await findRecord(tx, tx.catalogue.entity('membership'), membershipId)
    if (!stored) continue
    const detail = faultOf(parse(stored), speakerId, day)
    if (detail) faults.push({ pointer: `/${field}/${index}/membershipId`, detail })
  }
  if (faults.length > 0) throw inconsistent(faults)
}

function faultOf({ recordId, startDate, endDate }: Doc, speakerId: unknown, day: unknown): string | null {
  if (recordId !== speakerId) return `The post is held by ${recordId}.`
  if (typeof day !== 'string') return null
  if (typeof startDate === 'string' && certainlyBefore(day, startDate))
    return `The post began on ${startDate}, after ${day}.`
  if (typeof endDate === 'string' && certainlyBefore(endDate, day))
    return `The post ended on ${endDate}, before ${day}.`
  return null
}

type Named = Partial<Record<'speakerId' | 'stateCode' | 'organizationId' | 'collective', string | null>>

/** Whether two lists of contributors have one in common; null: one of them is empty, so it is not known. */
export function commonContributor(one: unknown, other: unknown): boolean | null {
  const [these, those] = [one, other].map((list) => (Array.isArray(list) ? (list as Named[]) : []))
  if (!these?.length || !those?.length) return null
  return these.some((a) => those.some((b) => isSameActor(a, b)))
}

/** The same person; or the same state or body, unless different people acted for it; or the participants of a meeting. */
function isSameActor(one: Named, other: Named): boolean {
  if (one.collective === 'participants' && other.collective === 'participants') return true
  if (one.speakerId && other.speakerId) return one.speakerId === other.speakerId
  return (['stateCode', 'organizationId'] as const).some((field) => one[field] && one[field] === other[field])
}

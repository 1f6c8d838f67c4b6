// Recognises proposals: by title, proposer, and meeting or day.
import { compatible, spanOf } from '../../core/dates.ts'
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Likeness, Resource } from '../../records/schema/resource.ts'
import { commonContributor } from '../../records/write/contributors.ts'
import { withSameName } from '../../records/write/match.ts'

type Fields = Record<string, unknown>

export async function proposalsAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
  among?: readonly Doc[],
): Promise<Likeness[]> {
  const found = among ?? (await withSameName(tx, resource, fields, mayBeSameOccasion(resource, fields)))
  return found.flatMap((doc) => {
    const degree = degreeOf(fields, doc)
    return degree ? [{ doc, degree }] : []
  })
}

function degreeOf(fields: Fields, doc: Doc): Likeness['degree'] | null {
  const [own, other] = [fields['contributors'] ?? [], doc['contributors']] as [Fields[], Fields[]]
  const isUnknown = own.length === 0 && other.length === 0
  const proposer = isUnknown || commonContributor(own, other)
  const occasion = sameOccasion(fields, doc)
  if (proposer === false || occasion === false) return null
  return proposer && occasion ? 'same' : 'candidate'
}

/** Whether two proposals were made at the same meeting or on the same day; null: not known. */
function sameOccasion(fields: Fields, doc: Doc): boolean | null {
  const [meeting, other] = [fields['meetingId'] ?? null, doc['meetingId']]
  if (meeting !== null && meeting === other) return true
  const [day, otherDay] = [proposedOn(fields), doc['proposedOn']]
  if (typeof day === 'string' && typeof otherDay === 'string') return compatible(day, otherDay)
  return meeting !== null && other !== null ? false : null
}

/** Leaves out, in SQL, proposals of other meetings and days, as there may be many with one title. */
function mayBeSameOccasion({ table }: Resource, fields: Fields): SQL {
  const column = (name: string) => columnSql(table, name)
  const meeting = fields['meetingId'] ?? null
  const day = proposedOn(fields)
  const isMeeting = sql`${column('meetingId')} = ${meeting}`
  if (typeof day === 'string') {
    const { first, last } = spanOf(day)
    return sql` and (${isMeeting} or ${column('proposedOn')} is null
      or (${column('proposedOnFirst')} <= ${last} and ${column('proposedOnLast')} >= ${first}))`
  }
  return meeting === null ? sql.empty() : sql` and (${isMeeting} or ${column('meetingId')} is null)`
}

function proposedOn({ proposedOn: day, events = [] }: Fields): unknown {
  const proposed = (events as Fields[]).find(({ type }) => type === 'proposed')
  return day ?? proposed?.['occurredOn'] ?? null
}

/** Other proposals of the same meeting and proposer. */
export async function similarProposals(
  { table }: Resource,
  tx: CatalogueReader,
  doc: Doc,
): Promise<string[]> {
  if (doc['meetingId'] === null) return []
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)} where ${columnSql(table, 'meetingId')} = ${doc['meetingId']} and ${table.id} <> ${doc.id} order by ${table.firstSeq} ${sql.limit(200)}`,
  )
  return rows
    .map(parse)
    .filter((other) => commonContributor(doc['contributors'], other['contributors']))
    .map(({ id }) => id)
}

// The bodies that records belong to, and their member states.
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import { type DocReader, docsById } from './docs.ts'
import { defaultBody, hasMembership, tableAsOf, type View } from './view.ts'

/** The codes of the states that were members of the body of a record on a day, in order. */
export async function membersOf(
  context: DocReader,
  record: Doc,
  view: View & { asOf: string },
): Promise<string[]> {
  const { catalogue, reader } = context
  const { table } = catalogue.entity('state')
  const body = await bodyOf(context, record, view.seq)
  return reader.pluck<string>(
    sql`select ${table.id} from ${table} where ${hasMembership(catalogue, body, ['member'], view)} order by 1`,
  )
}

/**
 * The members of the bodies of several records, by their ids: as `membersOf` each, but records of one body are looked up once.
 * @param dayOf the day of a record
 */
export async function membersOfEach(
  context: DocReader,
  records: readonly Doc[],
  seq: number | null,
  dayOf: (record: Doc) => string,
): Promise<Map<string, string[]>> {
  const known = new Map<string, string[]>()
  const members = new Map<string, string[]>()
  for (const record of records) {
    const asOf = dayOf(record)
    const key = JSON.stringify([asOf, ...WAYS_TO_BODY.map(([field]) => record[field] ?? null)])
    const own = known.get(key) ?? (await membersOf(context, record, { asOf, seq }))
    known.set(key, own)
    members.set(record.id, own)
  }
  return members
}

/** The fields by which a record belongs to a body, directly or through another record. */
const WAYS_TO_BODY: readonly [field: string, kind: Kind][] = [
  ['organizationId', 'organization'],
  ['meetingId', 'meeting'],
  ['agreementId', 'agreement'],
  ['addresseeId', 'organization'],
]

/**
 * The nearest body with member states, from the record upwards. Of a record that names no body: the default body; null if it
 * names one of which no state is known to be a member.
 */
async function bodyOf(context: DocReader, record: Doc, seq: number | null): Promise<SQL> {
  const { catalogue, reader } = context
  let isNamed = false
  for (const [field, kind] of WAYS_TO_BODY) {
    const id = record[field]
    if (typeof id !== 'string') continue
    let start: unknown = id
    if (kind !== 'organization') {
      const [doc] = await docsById(context, catalogue.entity(kind), [id], { asOf: null, seq })
      start = doc?.['organizationId']
    }
    isNamed ||= typeof start === 'string'
    const [body] =
      typeof start === 'string' ? await reader.pluck<string>(nearestBody(catalogue, start, seq)) : []
    if (body !== undefined) return sql`${body}`
  }
  return isNamed ? sql`null` : defaultBody(catalogue)
}

/** The organization, or the nearest one above it, of which states are members. */
function nearestBody(catalogue: Catalogue, id: string, seq: number | null): SQL {
  const organization = catalogue.entity('organization')
  const membership = catalogue.entity('membership')
  const [table, memberships] = [organization.table, membership.table]
  const view = { asOf: null, seq }
  return sql`with recursive above(id, depth) as (
      select cast(${id} as text) collate "binary", 0
      union all select ${columnSql(table, 'parentId')}, above.depth + 1 from ${tableAsOf(catalogue, organization, view)} join above on ${table.id} = above.id
      where ${columnSql(table, 'parentId')} is not null and above.depth < 20
    ) select above.id from above where exists (
      select 1 from ${tableAsOf(catalogue, membership, view)} where ${columnSql(memberships, 'organizationId')} = above.id
      and ${columnSql(memberships, 'recordKind')} = 'state'
    ) order by above.depth limit 1`
}

// Reads the versions of a record from the change log.
import { notFound } from '../../core/problems.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Kind } from '../schema/kinds.ts'

/** The maximum size of the documents that are read for a page. It ends before the version that exceeds it. */
const MAX_BYTES = 16_000_000

/** A version of a record, as it is logged. `doc` is null after a deletion or a merge. */
export interface LoggedVersion {
  seq: number
  version: number
  op: string
  at: string
  actorId: string
  actorName: string
  requestId: string | null
  reason: string | null
  doc: string | null
}

/** @throws Problem `not-found` */
export async function wholeVersion(
  reader: Reader,
  kind: string,
  id: string,
  number: number,
): Promise<string> {
  const version = await reader.get<LoggedVersion>(ONE, { id, kind, version: number })
  if (!version?.doc) throw notFound(kind, id, ` at version ${number}`)
  return version.doc
}

/** The versions of a page, and the one before them, which the patch of the oldest needs. */
export async function readVersions(
  engine: Engine,
  reader: Reader,
  kind: string,
  id: string,
  before: number | null,
  limit: number,
): Promise<LoggedVersion[]> {
  const condition = sql`${changes.recordId} = ${id} and ${changes.kind} = ${kind}${before === null ? sql.empty() : sql` and ${changes.version} < ${before}`}`
  // Sizes are summed before documents are read. A version and the one before it are always read.
  const sizes = sql`select ${changes.version}, coalesce(${engine.size(sql`${changes.doc}`)}, 0) as size
    from ${changes}
    where ${condition}
    order by ${changes.version} desc ${sql.limit(limit + 1)}`
  const sums = sql`select version, sum(size) over newest as total, row_number() over newest as nth from (${sizes}) as sizes window newest as (order by version desc)`
  const oldest = sql`select min(version) from (${sums}) as sums where total <= ${MAX_BYTES} or nth <= 2`
  const rows = await reader.all<LoggedVersion>(
    sql`select ${LOGGED} from ${changes} where ${condition} and ${changes.version} >= (${oldest}) order by ${changes.version} desc`,
  )
  if (rows.length === 0 && before === null) throw notFound(kind, id)
  return rows
}

const LOGGED = sql`${changes.seq}, ${changes.version}, ${changes.op}, ${changes.at}, ${changes.actorId}, ${changes.actorName}, ${changes.requestId}, ${changes.reason}, ${changes.doc}`

const ONE = sql`select ${LOGGED}
  from ${changes}
  where ${changes.recordId} = ${sql.placeholder('id')}
    and ${changes.kind} = ${sql.placeholder('kind')}
    and ${changes.version} = ${sql.placeholder('version')}`

/** How many changes of a kind one write made to a record, its parts, or their evidence. */
export interface ChangeCount {
  kind: Kind
  op: string
  count: number
}

/** One write that changed a record or what belongs to it. */
export interface Moment {
  at: string
  actorName: string
  reason: string | null
  counts: ChangeCount[]
}

export interface Moments {
  /** The newest first, from the instant that is shown. */
  data: Moment[]
  /** The instant of the next write after it; null if there is none. */
  next: string | null
  hasMore: boolean
}

/** The writes that changed a record, its parts, or their evidence. @param until an instant; null: now */
export async function readMoments(
  reader: Reader,
  kind: string,
  id: string,
  until: string | null,
  limit: number,
): Promise<Moments> {
  const own = sql`select ${MOMENT} from ${changes} where ${changes.recordId} = ${id} and ${changes.kind} || '' = ${kind}`
  const partIds = sql`select ${changes.recordId} from ${changes} where ${changes.parentId} = ${id}`
  const ofParts = (parent: SQL) =>
    sql`select ${MOMENT} from ${changes} where ${changes.parentId} in (${parent})`
  const all = sql`(${own} union all ${ofParts(sql`${id}`)} union all ${ofParts(partIds)}) as logged`
  const shown = until === null ? sql.empty() : sql` where logged."at" <= ${until}`
  const instants = await reader.pluck<string>(
    sql`select distinct logged."at" from ${all}${shown} order by 1 desc ${sql.limit(limit + 1)}`,
  )
  // No column, so that the index of the records is used, not that of the instants: one write may change many records.
  const rows = await reader.all<ChangeCount & Omit<Moment, 'counts'>>(
    sql`select logged."at", logged."kind", logged."op", count(*) as count, min(logged."actorName") as "actorName", max(logged."reason") as reason
      from ${all} where logged."at" || '' in ${instants.slice(0, limit)} group by logged."at", logged."kind", logged."op" order by 1 desc, 2, 3`,
  )
  const later =
    until === null
      ? undefined
      : await reader.get<{ at: string | null }>(
          sql`select min(logged."at") as at from ${all} where logged."at" > ${until}`,
        )
  return {
    data: [...Map.groupBy(rows, ({ at }) => at)].map(([at, counts]) => ({
      at,
      actorName: counts[0]?.actorName ?? '',
      reason: counts.find(({ reason }) => reason !== null)?.reason ?? null,
      counts,
    })),
    next: later?.at ?? null,
    hasMore: instants.length > limit,
  }
}

const MOMENT = sql`${changes.at}, ${changes.kind}, ${changes.op}, ${changes.actorName}, ${changes.reason}`

// Reads the versions of a record from the change log.
import { notFound } from '../../core/problems.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'

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

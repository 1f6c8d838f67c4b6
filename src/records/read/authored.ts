// Reads what one author changed last, as records: a change of a part is one of its record.
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import { type Kind, kindOfId } from '../schema/kinds.ts'
import type { Resource } from '../schema/resource.ts'
import { parse, type Stored, selectStored } from './record.ts'

/** What an author did to a record and its parts. */
export interface Authored {
  kind: Kind
  id: string
  /** The time and the reason of the last change. */
  at: string
  reason: string | null
  /** How many changes there are among those that were read. */
  count: number
}

/** How many changes are read: an import of many records is one thing among others. */
const MAX_CHANGES = 1000

type Change = Pick<Authored, 'kind' | 'at' | 'reason'> & { recordId: string; parentId: string | null }

/** The records that an author changed last, the latest first. @param author the id of an actor; null: anybody */
export async function authoredRecords(
  reader: Reader,
  catalogue: Catalogue,
  author: string | null,
): Promise<Authored[]> {
  const condition = author === null ? sql.empty() : sql`where ${changes.actorId} = ${author}`
  const logged = await reader.all<Change>(
    sql`select ${changes.kind}, ${changes.recordId}, ${changes.parentId}, ${changes.at}, ${changes.reason}
      from ${changes} ${condition} order by ${changes.seq} desc ${sql.limit(MAX_CHANGES)}`,
  )
  const parents = new Map<string, string | null>()
  const found = new Map<string, Authored>()
  for (const { kind, recordId, parentId, at, reason } of logged) {
    const id = catalogue.findResource(kind) ? recordId : await recordOf(parentId)
    if (id === null) continue
    const earlier = found.get(id)
    if (earlier) earlier.count++
    else found.set(id, { kind: kindOfId(id) ?? 'state', id, at, reason, count: 1 })
  }
  return [...found.values()]

  /** The record that an id is of, or of whose part. Null if the part was deleted. */
  async function recordOf(id: string | null): Promise<string | null> {
    if (id === null) return null
    const kind = kindOfId(id) ?? 'state'
    if (catalogue.findResource(kind)) return id
    const known = parents.get(id)
    if (known !== undefined) return known
    const { table } = catalogue.child(kind)
    const [parent = null] = await reader.pluck<string>(
      sql`select ${table['recordId']} from ${table} where ${table.id} = ${id}`,
    )
    const record = await recordOf(parent)
    parents.set(id, record)
    return record
  }
}

/** The records with these ids that no quote supports, or of which a source disputes something; the last changed first. */
export async function recordsInDoubt(
  reader: Reader,
  { table }: Resource,
  ids: readonly string[],
  limit: number,
): Promise<Doc[]> {
  if (ids.length === 0) return []
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)} where ${table.id} in ${ids} and (${table['support']} = 'unsupported' or ${table['disputed']} = 'true')
      order by ${table.seq} desc ${sql.limit(limit)}`,
  )
  return rows.map(parse)
}

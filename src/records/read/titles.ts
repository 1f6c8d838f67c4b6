// Looks up the names and titles of records by their ids.
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { kindOfId } from '../schema/kinds.ts'
import type { ReadContext } from './context.ts'
import { tableAsOf, type View } from './view.ts'

/** The maximum length of a title, for statements, whose title is their text. In characters. */
const MAX_TITLE = 200

/** How many ids are looked up in one query. */
const BATCH = 5000

/** The titles of records in a view, by id. Parts have none, and records that do not exist in the view are left out. */
export async function titlesOf(
  { catalogue, reader }: ReadContext,
  ids: Iterable<string>,
  { seq }: View,
): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  for (const [kind, ofKind] of Map.groupBy(new Set(ids), (id) => kindOfId(id) ?? 'state')) {
    const resource = catalogue.findResource(kind)
    if (!resource) continue
    const { table, titleField } = resource
    const title = sql`${table.doc} ->> ${sql.raw(`'${titleField}'`)}`
    for (let from = 0; from < ofKind.length; from += BATCH) {
      const some = ofKind.slice(from, from + BATCH)
      const wanted = sql`select distinct ${changes.recordId} as "recordId" from ${changes} where ${changes.recordId} in ${some}`
      const rows = await reader.all<{ id: string; title: string }>(
        sql`select ${table.id} as id, substr(${title}, 1, ${MAX_TITLE}) as title
          from ${tableAsOf(catalogue, resource, { asOf: null, seq }, wanted)}
          where ${table.id} in ${some}`,
      )
      for (const row of rows) titles.set(row.id, row.title)
    }
  }
  return titles
}

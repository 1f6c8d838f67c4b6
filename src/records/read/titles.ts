// Looks up the names and titles of records by their ids.
import { sql } from '../../db/sql.ts'
import { kindOfId } from '../schema/kinds.ts'
import type { ReadContext } from './context.ts'
import { tableAsOf, type View, withChanges } from './view.ts'

/** The maximum length of a title, for statements, whose title is their text. In characters. */
const MAX_TITLE = 200

/** How many ids are looked up in one query. */
const BATCH = 5000

/** The names of a record, and what tells it from others of the same name. */
export interface NamedRecord {
  title: string
  otherNames: { name: string; language: string | null; type: string }[]
  /** The language of a text: of a source or a statement. */
  language: string | null
  /** The first day of a meeting. */
  startDate: string | null
  url: string | null
}

/** The titles of records in a view, by id. Parts have none, and records that do not exist in the view are left out. */
export async function titlesOf(
  context: ReadContext,
  ids: Iterable<string>,
  view: View,
): Promise<Map<string, string>> {
  const rows = await rowsOf<{ title: string }>(context, ids, view, [])
  return new Map(rows.map(({ id, title }) => [id, title]))
}

/** The names of records in a view, by id. */
export async function namesOf(
  context: ReadContext,
  ids: Iterable<string>,
  view: View,
): Promise<Map<string, NamedRecord>> {
  const rows = await rowsOf<Omit<NamedRecord, 'otherNames'> & { otherNames: string | null }>(
    context,
    ids,
    view,
    ['otherNames', 'language', 'startDate', 'url'],
  )
  return new Map(
    rows.map(({ id, otherNames, ...row }) => [id, { ...row, otherNames: JSON.parse(otherNames ?? '[]') }]),
  )
}

/** The titles of records and some other fields, as text. */
async function rowsOf<Row>(
  { catalogue, reader }: ReadContext,
  ids: Iterable<string>,
  { seq }: View,
  fields: readonly string[],
): Promise<(Row & { id: string })[]> {
  const rows: (Row & { id: string })[] = []
  for (const [kind, ofKind] of Map.groupBy(new Set(ids), (id) => kindOfId(id) ?? 'state')) {
    const resource = catalogue.findResource(kind)
    if (!resource) continue
    const { table, titleField } = resource
    const field = (name: string) => sql`${table.doc} ->> ${sql.raw(`'${name}'`)}`
    const others = fields.map((name) => sql`, ${field(name)} as ${sql.identifier(name)}`)
    for (let from = 0; from < ofKind.length; from += BATCH) {
      const some = ofKind.slice(from, from + BATCH)
      rows.push(
        ...(await reader.all<Row & { id: string }>(
          sql`select ${table.id} as id, substr(${field(titleField)}, 1, ${MAX_TITLE}) as title${sql.join(others, sql.empty())}
            from ${tableAsOf(catalogue, resource, { asOf: null, seq }, withChanges(some))}
            where ${table.id} in ${some}`,
        )),
      )
    }
  }
  return rows
}

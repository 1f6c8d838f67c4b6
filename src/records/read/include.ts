// Embeds related records, with one query for each relation.
import { columnNamed, selectColumns } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { type Catalogue, columnOf, referenceAt } from '../schema/catalogue.ts'
import { type Doc, valuesAt } from '../schema/document.ts'
import type { Entity, IncludePath } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { type Row, rowAsOf, tableAsOf, type View } from './view.ts'

/** How many records of a relation are embedded in one record. Relations that were cut are named in `includeTruncated`. */
export const MAX_EMBEDDED = 100

/** The legal values of `include` for a kind: its relations, and from each one step on to a single record or to parts. */
export function includePaths(catalogue: Catalogue, entity: Entity): string[] {
  return Object.entries(catalogue.includesOf(entity)).flatMap(([name, path]) => {
    const target = catalogue.entity(targetOf(path))
    const further = Object.entries(catalogue.includesOf(target)).filter(
      ([, next]) => 'to' in next || 'part' in next,
    )
    return [name, ...further.map(([next]) => `${name}.${next}`)]
  })
}

const targetOf = (path: IncludePath) => ('to' in path ? path.to : 'from' in path ? path.from : path.part)

/** Whether a relation leads to one record at most. */
export function isSingle(entity: Entity, path: IncludePath): boolean {
  return 'to' in path && !referenceAt(entity, path.field).listed
}

/** The members that `include` can add to each shape, for the OpenAPI document. */
export const embeddedIn = (catalogue: Catalogue) =>
  Object.fromEntries(
    [...catalogue.resources, ...catalogue.children].map((entity) => [
      entity.name,
      Object.fromEntries(
        Object.entries(catalogue.includesOf(entity)).map(([name, path]) => [
          name,
          { schema: catalogue.entity(targetOf(path)).name, single: isSingle(entity, path) },
        ]),
      ),
    ]),
  )

/** Embeds the records that the paths lead to into the documents of the rows. */
export async function embedIncludes(
  context: ReadContext,
  entity: Entity,
  rows: Row[],
  paths: readonly string[],
  view: View,
): Promise<void> {
  if (rows.length === 0) return
  const truncated = new Map<Row, string[]>()
  const byName = Map.groupBy(paths, (path) => path.split('.')[0] ?? '')
  for (const [name, pathsFromHere] of byName) {
    const path = context.catalogue.includesOf(entity)[name]
    if (!path) continue
    const target = context.catalogue.entity(targetOf(path))
    const further = [...new Set(pathsFromHere.flatMap((given) => given.split('.').slice(1)))]
    const related =
      'to' in path
        ? await readReferred(context, entity, rows, path.field, target, view, further.length > 0)
        : await readReferring(context, rows, path, target, view)
    await embedIncludes(context, target, [...new Set([...related.values()].flat())], further, view)
    for (const row of rows) {
      const records = related.get(row) ?? []
      if (records.length > MAX_EMBEDDED) truncated.set(row, [...(truncated.get(row) ?? []), name])
      const docs = records.slice(0, MAX_EMBEDDED).map(({ doc }) => doc)
      addMember(row, name, isSingle(entity, path) ? (docs[0] ?? 'null') : `[${docs.join(',')}]`)
    }
  }
  for (const [row, names] of truncated) addMember(row, 'includeTruncated', JSON.stringify(names))
}

/** Adds a member to a document, both as JSON text. */
function addMember(row: Row, name: string, json: string): void {
  row.doc = `${row.doc.slice(0, -1)},${JSON.stringify(name)}:${json}}`
}

/** The records that each row refers to from a field, in the order of the references. */
async function readReferred(
  { catalogue, reader }: ReadContext,
  entity: Entity,
  rows: Row[],
  field: string,
  target: Entity,
  view: View,
  hasFurther: boolean,
): Promise<Map<Row, Row[]>> {
  const { listed, path } = referenceAt(entity, field)
  const column = listed ? null : columnOf(entity.table, field)
  const idsIn = (row: Row): unknown[] => {
    if (column) return [row[column]].filter((id) => id !== null)
    return [...new Set(valuesAt(JSON.parse(row.doc) as Doc, path).map(([, id]) => id))]
  }
  const idsByRow = new Map(rows.map((row) => [row, idsIn(row)]))
  const ids = [...new Set([...idsByRow.values()].flat())]
  if (ids.length === 0) return new Map()
  const { table } = target
  // The other columns are needed to embed further records, or for the day of a view.
  const columns = selectColumns(table, hasFurther || view.asOf !== null ? undefined : ['id', 'doc'])
  const records = await reader.all<Row>(
    sql`select ${columns} from ${tableAsOf(catalogue, target, view)} where ${table.id} in ${ids}`,
  )
  const byId = new Map<unknown, Row>(records.map((row) => [row['id'], rowAsOf(target, row, view)]))
  return new Map([...idsByRow].map(([row, own]) => [row, own.flatMap((id) => byId.get(id) ?? [])]))
}

/** The first records that refer to each row from a single field, or that are parts of it. */
async function readReferring(
  { catalogue, reader }: ReadContext,
  rows: Row[],
  path: Exclude<IncludePath, { to: unknown }>,
  target: Entity,
  view: View,
): Promise<Map<Row, Row[]>> {
  const { table } = target
  const column = 'from' in path ? columnOf(table, path.field) : 'recordId'
  const reference = columnNamed(table, column)
  const order =
    'part' in path && path.orderBy
      ? sql`${columnNamed(table, path.orderBy)} nulls first, ${table.firstSeq}`
      : sql`${table.firstSeq}`
  const nth = sql`row_number() over (partition by ${reference} order by ${order})`
  const ids = rows.map((row) => row['id'])
  const records = await reader.all<Row>(
    sql`select * from (select ${selectColumns(table)}, ${nth} as nth from ${tableAsOf(catalogue, target, view)} where ${reference} in ${ids}) as numbered where nth <= ${MAX_EMBEDDED + 1} order by nth`,
  )
  const byId = Map.groupBy(records, (record) => record[column])
  return new Map(
    rows.map((row) => [
      row,
      (byId.get(row['id'] ?? null) ?? []).map((record) => rowAsOf(target, record, view)),
    ]),
  )
}

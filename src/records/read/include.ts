// Embedding related records beside their ids: one query for each relation, never one for each row.

import { columnNamed, selectColumns } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import {
  type Catalogue,
  columnOf,
  type Doc,
  type Entity,
  type IncludePath,
  type Json,
  referenceAt,
  valuesAt,
} from '../schema/resource.ts'
import type { Records } from '../write/records.ts'
import type { Row } from './list.ts'
import { rowAsOf, tableAsOf, type View } from './view.ts'

/** How many records are embedded in one at most, for each relation. What is cut is named in `includeTruncated`. */
export const MAX_EMBEDDED = 100

/** Every path that `include` takes for a kind: its relations, and one step on from each to a single record or part. */
export function includePaths(catalogue: Catalogue, entity: Entity): string[] {
  return Object.entries(entity.includes ?? {}).flatMap(([name, step]) => {
    const target = catalogue.entity(targetOf(step))
    const further = Object.entries(target.includes ?? {}).filter(([, next]) => 'to' in next || 'part' in next)
    return [name, ...further.map(([next]) => `${name}.${next}`)]
  })
}

const targetOf = (step: IncludePath) => ('to' in step ? step.to : 'from' in step ? step.from : step.part)

/** Whether a relation leads to one record at most. */
export function isSingle(entity: Entity, step: IncludePath): boolean {
  if (!('to' in step)) return false
  return entity.references.some((reference) => reference.field === step.field && !reference.listed)
}

/** What `include` may add to the shape of each kind, for the OpenAPI document. */
export const embeddedIn = (catalogue: Catalogue) =>
  Object.fromEntries(
    [...catalogue.resources, ...catalogue.children].map((entity) => [
      entity.name,
      Object.fromEntries(
        Object.entries(entity.includes ?? {}).map(([name, step]) => [
          name,
          { schema: catalogue.entity(targetOf(step)).name, single: isSingle(entity, step) },
        ]),
      ),
    ]),
  )

/** Embeds what the paths name into the documents of the rows. */
export async function embedIncludes(
  records: Records,
  reader: Reader,
  entity: Entity,
  rows: Row[],
  paths: readonly string[],
  view: View,
): Promise<void> {
  if (rows.length === 0 || paths.length === 0) return
  const truncated = new Map<Row, string[]>()
  for (const [name, further] of byFirstStep(paths)) {
    const step = entity.includes?.[name]
    if (!step) continue
    const target = records.catalogue.entity(targetOf(step))
    const related =
      'to' in step
        ? await referred(records, reader, entity, rows, step.field, target, view, further.length > 0)
        : await referring(records, reader, rows, step, target, view)
    if (further.length > 0)
      await embedIncludes(records, reader, target, [...new Set([...related.values()].flat())], further, view)
    for (const row of rows) {
      const found = related.get(row) ?? []
      if (found.length > MAX_EMBEDDED) truncated.set(row, [...(truncated.get(row) ?? []), name])
      const docs = found.slice(0, MAX_EMBEDDED).map(({ doc }) => doc)
      splice(row, name, isSingle(entity, step) ? (docs[0] ?? 'null') : `[${docs.join(',')}]`)
    }
  }
  for (const [row, names] of truncated) splice(row, 'includeTruncated', JSON.stringify(names))
}

function byFirstStep(paths: readonly string[]): Map<string, string[]> {
  const steps = new Map<string, string[]>()
  for (const path of paths) {
    const [name = '', further] = path.split('.')
    const known = steps.get(name) ?? []
    if (further !== undefined && !known.includes(further)) known.push(further)
    steps.set(name, known)
  }
  return steps
}

/** Adds a member to a document that is JSON text already. */
function splice(row: Row, name: string, json: string): void {
  row.doc = `${row.doc.slice(0, -1)},${JSON.stringify(name)}:${json}}`
}

/** The records that each row refers to from a field, in the order in which it does. */
async function referred(
  records: Records,
  reader: Reader,
  entity: Entity,
  rows: Row[],
  field: string,
  target: Entity,
  view: View,
  further: boolean,
): Promise<Map<Row, Row[]>> {
  const reference = referenceAt(entity, field)
  const column = reference.listed ? null : columnOf(entity.table, field)
  const wanted = new Map(
    rows.map((row) => [
      row,
      column ? [row[column]].filter((id) => id !== null) : idsIn(JSON.parse(row.doc) as Doc, reference.path),
    ]),
  )
  const ids = [...new Set([...wanted.values()].flat())]
  if (ids.length === 0) return new Map()
  const from = tableAsOf(records.catalogue, records.engine, target, view)
  // The columns lead to others, and hold what a day changes; mostly the document is enough.
  const columns = selectColumns(target.table, further || view.asOf !== null ? undefined : ['id', 'doc'])
  const found = await reader.all<Row>(sql`select ${columns} from ${from} where ${target.table.id} in ${ids}`)
  const byId = new Map(found.map((row) => [row['id'], rowAsOf(target, row, view)]))
  return new Map([...wanted].map(([row, list]) => [row, list.flatMap((id) => byId.get(id) ?? [])]))
}

const idsIn = (doc: Json, path: readonly string[]) => [
  ...new Set([...valuesAt(doc, path)].map(([, value]) => value as string)),
]

/** The records that refer to each row from a single field, or that live under it, the first ones of each. */
async function referring(
  records: Records,
  reader: Reader,
  rows: Row[],
  step: Exclude<IncludePath, { to: unknown }>,
  target: Entity,
  view: View,
): Promise<Map<Row, Row[]>> {
  const { table } = target
  const column = 'from' in step ? columnOf(table, step.field) : 'recordId'
  const by = columnNamed(table, column)
  const first =
    'part' in step && step.orderBy ? sql`${columnNamed(table, step.orderBy)} nulls first, ` : sql.empty()
  const place = sql`row_number() over (partition by ${by} order by ${first}${columnNamed(table, 'firstSeq')})`
  const from = tableAsOf(records.catalogue, records.engine, target, view)
  const found = await reader.all<Row>(
    sql`select * from (select ${selectColumns(target.table)}, ${place} as place from ${from} where ${by} in ${rows.map((row) => row['id'])}) as placed where place <= ${MAX_EMBEDDED + 1} order by place`,
  )
  const byId = Map.groupBy(found, (row) => row[column])
  return new Map(
    rows.map((row) => [
      row,
      (byId.get(row['id'] ?? null) ?? []).map((other) => rowAsOf(target, other, view)),
    ]),
  )
}

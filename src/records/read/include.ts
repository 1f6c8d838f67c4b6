// Embeds related records, with one query per relation.
import { columnHolding, columnSql, selectColumns } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { describeTable } from '../../db/tables.ts'
import { type Catalogue, referenceAt } from '../schema/catalogue.ts'
import { type Doc, valuesAt } from '../schema/document.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity, IncludePath } from '../schema/resource.ts'
import type { ReadContext } from './context.ts'
import { columnsBesideDoc } from './plan.ts'
import { type Row, rowAsOf, tableAsOf, type View } from './view.ts'

/** The maximum number of embedded records per relation. Truncated relations are listed in `includeTruncated`. */
export const MAX_EMBEDDED = 100

/** The legal values of `include` for a kind: relations, and paths with a second step to a single record or to parts. */
export function includePaths(catalogue: Catalogue, entity: Entity): string[] {
  return Object.entries(catalogue.includesOf(entity)).flatMap(([name, path]) => {
    if ('record' in path) return [name]
    const target = catalogue.entity(targetOf(path))
    const further = Object.entries(catalogue.includesOf(target)).filter(([, next]) => isSecondStep(next))
    return [name, ...further.map(([next]) => `${name}.${next}`)]
  })
}

const isSecondStep = (path: IncludePath) => 'to' in path || 'part' in path

/** A path to records of one kind. */
type PathToKind = Exclude<IncludePath, { record: unknown }>

export const targetOf = (path: PathToKind) =>
  'to' in path ? path.to : 'from' in path ? path.from : path.part

/** Whether a path yields at most one record. */
export function isSingle(entity: Entity, path: IncludePath): boolean {
  return 'record' in path || ('to' in path && !referenceAt(entity, path.field).listed)
}

/** The members that `include` can add to each shape, for the OpenAPI document. */
export const embeddedIn = (catalogue: Catalogue) =>
  Object.fromEntries(
    [...catalogue.resources, ...catalogue.children].map((entity) => [
      entity.name,
      Object.fromEntries(
        Object.entries(catalogue.includesOf(entity)).map(([name, path]) => [
          name,
          {
            schemas: ('record' in path ? path.record : [targetOf(path)]).map(
              (kind) => catalogue.entity(kind).name,
            ),
            single: isSingle(entity, path),
            hasNext: !('record' in path),
            isNext: isSecondStep(path),
          },
        ]),
      ),
    ]),
  )

/** What embedding may still read and add to the rows, in the size of documents. Beyond it relations are cut. */
interface Budget {
  read: { left: number; isExceeded: boolean }
  added: { left: number }
}

const MAX_INCLUDE_BYTES = 16_000_000
/** How many records of one relation are read for a page. */
const MAX_RELATED = 10_000

/** The records that a relation of a row leads to. */
interface Related {
  records: Row[]
  /** Whether there are more, which were not read. */
  isCut: boolean
}

/**
 * Embeds the records that the paths lead to into the documents of the rows.
 * @returns whether relations were cut because their records exceed the bytes
 */
export async function embedIncludes(
  context: ReadContext,
  entity: Entity,
  rows: Row[],
  paths: readonly string[],
  view: View,
  maxBytes = MAX_INCLUDE_BYTES,
): Promise<boolean> {
  const budget = { read: { left: maxBytes, isExceeded: false }, added: { left: maxBytes } }
  await embed(context, entity, rows, paths, view, budget)
  return budget.read.isExceeded
}

async function embed(
  context: ReadContext,
  entity: Entity,
  rows: Row[],
  paths: readonly string[],
  view: View,
  budget: Budget,
): Promise<void> {
  if (rows.length === 0) return
  const truncated = new Map<Row, string[]>()
  const byName = Map.groupBy(paths, (path) => path.split('.')[0] ?? '')
  for (const [name, pathsFromHere] of byName) {
    const path = context.catalogue.includesOf(entity)[name]
    if (!path) continue
    const further = [...new Set(pathsFromHere.flatMap((each) => each.split('.').slice(1)))]
    const related = await readRelated(context, entity, rows, path, view, further.length > 0, budget)
    if (!('record' in path)) {
      const targets = [...new Set([...related.values()].flatMap(({ records }) => records))]
      // What is added to them counts where they are embedded themselves.
      await embed(context, context.catalogue.entity(targetOf(path)), targets, further, view, {
        read: budget.read,
        added: { left: Number.POSITIVE_INFINITY },
      })
    }
    for (const row of rows) {
      const { records, isCut } = related.get(row) ?? { records: [], isCut: false }
      const docs: string[] = []
      for (const { doc } of records.slice(0, MAX_EMBEDDED)) {
        if (budget.added.left < doc.length) {
          budget.read.isExceeded = true
          break
        }
        budget.added.left -= doc.length
        docs.push(doc)
      }
      if (isCut || docs.length < records.length) truncated.set(row, [...(truncated.get(row) ?? []), name])
      addMember(row, name, isSingle(entity, path) ? (docs[0] ?? 'null') : `[${docs.join(',')}]`)
    }
  }
  for (const [row, names] of truncated) addMember(row, 'includeTruncated', JSON.stringify(names))
}

/** Adds a member to a document, both as JSON text. */
function addMember(row: Row, name: string, json: string): void {
  row.doc = `${row.doc.slice(0, -1)},${JSON.stringify(name)}:${json}}`
}

/** The records that a path leads to from each row. */
async function readRelated(
  context: ReadContext,
  entity: Entity,
  rows: Row[],
  path: IncludePath,
  view: View,
  hasFurther: boolean,
  budget: Budget,
): Promise<Map<Row, Related>> {
  if ('record' in path) return readRecordsOfParts(context, rows, path.record, view, budget)
  const target = context.catalogue.entity(targetOf(path))
  return 'to' in path
    ? readReferred(context, entity, rows, path.field, target, view, hasFurther, budget)
    : readReferring(context, rows, path, target, view, budget)
}

/** The records that parts belong to, with one query for each kind. */
async function readRecordsOfParts(
  context: ReadContext,
  rows: Row[],
  kinds: readonly Kind[],
  view: View,
  budget: Budget,
): Promise<Map<Row, Related>> {
  const parents = new Map(rows.map((row) => [row, JSON.parse(row.doc) as Doc]))
  const related = new Map<Row, Related>()
  for (const kind of kinds) {
    const own = [...parents].filter(([, { recordKind }]) => recordKind === kind)
    const idsByRow = new Map(own.map(([row, { recordId }]): [Row, unknown[]] => [row, [recordId]]))
    const read = await readByIds(context, context.catalogue.entity(kind), idsByRow, view, false, budget)
    for (const [row, records] of read) related.set(row, records)
  }
  return related
}

/** The records that each row refers to from a field, in the order of the references. */
async function readReferred(
  context: ReadContext,
  entity: Entity,
  rows: Row[],
  field: string,
  target: Entity,
  view: View,
  hasFurther: boolean,
  budget: Budget,
): Promise<Map<Row, Related>> {
  const { listed, path } = referenceAt(entity, field)
  const column = listed ? null : columnHolding(entity.table, field)
  const idsIn = (row: Row): unknown[] => {
    if (column) return [row[column]].filter((id) => id !== null)
    return [...new Set(valuesAt(JSON.parse(row.doc) as Doc, path).map(([, id]) => id))]
  }
  const idsByRow = new Map(rows.map((row) => [row, idsIn(row)]))
  return readByIds(context, target, idsByRow, view, hasFurther, budget)
}

/** The records of a kind with the ids of each row. */
async function readByIds(
  context: ReadContext,
  target: Entity,
  idsByRow: ReadonlyMap<Row, readonly unknown[]>,
  view: View,
  hasFurther: boolean,
  budget: Budget,
): Promise<Map<Row, Related>> {
  const ids = [...new Set([...idsByRow.values()].flat())].slice(0, MAX_RELATED)
  if (ids.length === 0) return new Map()
  const { table } = target
  const wanted = sql`select ${table.id}, 1 as nth, ${context.engine.size(sql`${table.doc}`)} as size
    from ${tableAsOf(context.catalogue, target, view)}
    where ${table.id} in ${ids}`
  // The other columns are needed to embed further records, or for the day of a view.
  const columns = hasFurther || view.asOf !== null ? undefined : ['id']
  const records = await readWanted(context, target, view, wanted, budget, columns)
  const wantedIds = new Set(ids)
  const byId = new Map(records.map((row) => [row['id'] as unknown, row]))
  return new Map(
    [...idsByRow].map(([row, own]) => {
      const existing = own.flatMap((id) => byId.get(id) ?? [])
      const read = existing.filter(({ doc }) => doc !== null)
      const isCut = read.length < existing.length || own.some((id) => !wantedIds.has(id))
      return [row, { records: read, isCut }]
    }),
  )
}

/** The first records that refer to each row from a single field, or that are parts of it. */
async function readReferring(
  context: ReadContext,
  rows: Row[],
  path: Exclude<PathToKind, { to: unknown }>,
  target: Entity,
  view: View,
  budget: Budget,
): Promise<Map<Row, Related>> {
  const { table } = target
  const column = 'from' in path ? columnHolding(table, path.field) : 'recordId'
  const reference = columnSql(table, column)
  const order =
    'part' in path && path.orderBy
      ? sql`${columnSql(table, path.orderBy)} nulls first, ${table.firstSeq}`
      : sql`${table.firstSeq}`
  const nth = sql`row_number() over (partition by ${reference} order by ${order})`
  const ids = rows.map((row) => row['id'])
  const numbered = sql`select ${table.id}, ${context.engine.size(sql`${table.doc}`)} as size, ${nth} as nth
    from ${tableAsOf(context.catalogue, target, view)}
    where ${reference} in ${ids}`
  // The first of every row come before the second of any.
  const wanted = sql`select id, nth, size from (${numbered}) as numbered where nth <= ${MAX_EMBEDDED + 1} order by nth, id ${sql.limit(MAX_RELATED)}`
  const records = await readWanted(context, target, view, wanted, budget)
  const byId = Map.groupBy(records, (record) => record[column])
  // Rows that have as many as the last that was read, or one less, may have more.
  if (records.length === MAX_RELATED) budget.read.isExceeded = true
  const full = records.length === MAX_RELATED ? Number(records.at(-1)?.['nth']) - 1 : MAX_EMBEDDED + 1
  return new Map(
    rows.map((row) => {
      const all = byId.get(row['id'] ?? null) ?? []
      const unread = all.findIndex(({ doc }) => doc === null)
      return [
        row,
        { records: unread === -1 ? all : all.slice(0, unread), isCut: unread !== -1 || all.length >= full },
      ]
    }),
  )
}

/** All columns but the document, and those that a view adds. */
const otherColumns = (entity: Entity, view: View) => [
  ...Object.keys(describeTable(entity.table).columns).filter((column) => column !== 'doc'),
  ...columnsBesideDoc(entity, view, []),
]

/**
 * Reads records as long as the budget lasts; the documents of the others are null.
 * @param wanted a query for `id`, `nth` and `size`
 */
async function readWanted(
  { catalogue, reader }: ReadContext,
  target: Entity,
  view: View,
  wanted: SQL,
  budget: Budget,
  columns = otherColumns(target, view),
): Promise<(Row & { size: number })[]> {
  const { table } = target
  // Sizes are summed before documents are read.
  const sums = sql`select id, nth, size, sum(size) over (order by nth, id rows unbounded preceding) as total from (${wanted}) as wanted`
  const doc = sql`case when sums.total <= ${Math.max(0, budget.read.left)} then ${table.doc} end as doc`
  const records = await reader.all<Row & { size: number }>(
    sql`select ${selectColumns(table, columns)}, ${doc}, sums.size as size, sums.nth as nth
      from (${sums}) as sums
      cross join ${tableAsOf(catalogue, target, view)}
      where ${table.id} = sums.id
      order by sums.nth, sums.id`,
  )
  return records.map((row) => {
    if (row.doc === null) {
      budget.read.isExceeded = true
      return row
    }
    budget.read.left -= row.size
    return { ...row, ...rowAsOf(target, row, view) }
  })
}

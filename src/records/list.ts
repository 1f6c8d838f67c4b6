// Lists: a query becomes SQL, and pages follow each other by keyset cursors (never by OFFSET).
import { type SQL, sql } from 'drizzle-orm'
import { type CursorValue, readCursor, signCursor } from '../core/cursor.ts'
import { Problem } from '../core/problems.ts'
import type { Reader } from '../db/engine.ts'
import { links } from '../db/system.ts'
import { describeTable, type Table } from '../db/tables.ts'
import type { ListQuery, SortKey } from './query.ts'
import { columnNamed, type Stored } from './records.ts'
import { type Catalogue, columnOf, type Filter, type Resource } from './resource.ts'

export interface Page {
  rows: Stored[]
  nextCursor: string | null
  total?: number
}

/** One page of a list. @throws Problem `invalid-cursor`, `invalid-parameter` (an unknown topic or state) */
export async function listPage(
  reader: Reader,
  catalogue: Catalogue,
  resource: Resource,
  query: ListQuery,
  secret: Buffer,
): Promise<Page> {
  const { table } = resource
  const order = withId(query.sort)
  const scope = JSON.stringify([resource.path, query.filters, query.sort])
  const where = await conditions(reader, catalogue, resource, query.filters)
  const after = query.cursor === undefined ? undefined : readCursor(secret, scope, query.cursor).after
  const from = after ? [...where, isAfter(table, order, after)] : where
  const keys = order.map(({ column }) => columnNamed(table, column))
  const rows = await reader.all<Stored & Record<string, CursorValue>>(
    sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc, ${sql.join(
      keys.map((key, index) => sql`${key} as ${sql.identifier(`key${index}`)}`),
      sql`, `,
    )} from ${table} ${whereAll(from)} order by ${sql.join(
      order.map((key) => direction(table, key)),
      sql`, `,
    )} limit ${query.limit + 1}`,
  )
  const more = rows.length > query.limit
  const shown = more ? rows.slice(0, query.limit) : rows
  const last = shown.at(-1)
  const page: Page = {
    rows: shown,
    nextCursor:
      more && last
        ? signCursor(secret, scope, { after: order.map((_, index) => last[`key${index}`] ?? null) })
        : null,
  }
  if (query.count === 'exact') {
    const counted = await reader.get<{ total: number }>(
      sql`select count(*) as total from ${table} ${whereAll(where)}`,
    )
    page.total = counted?.total ?? 0
  }
  return page
}

/** The id breaks ties, in the direction of the last key, so that an order is always total. */
const withId = (sort: SortKey[]): SortKey[] => [
  ...sort,
  { column: 'id', descending: sort.at(-1)?.descending ?? false },
]

const whereAll = (parts: SQL[]) =>
  parts.length > 0 ? sql`where ${sql.join(parts, sql` and `)}` : sql.empty()

const nullable = (table: Table, column: string) => !describeTable(table).columns[column]?.notNull

/** NULLs come last, both ways. */
function direction(table: Table, { column, descending }: SortKey): SQL {
  const way = descending ? sql`desc` : sql`asc`
  const last = nullable(table, column) ? sql` nulls last` : sql.empty()
  return sql`${columnNamed(table, column)} ${way}${last}`
}

/** The rows behind a row, in an order: past it in the first key, or level in that and past it in the next … */
function isAfter(table: Table, order: SortKey[], after: CursorValue[]): SQL {
  const [key, ...rest] = order
  const [value, ...values] = after
  if (!key || value === undefined) return sql`false`
  const column = columnNamed(table, key.column)
  const deeper = rest.length > 0 ? isAfter(table, rest, values) : sql`false`
  if (value === null) return sql`(${column} is null and ${deeper})`
  const past = key.descending ? sql`${column} < ${value}` : sql`${column} > ${value}`
  const orNull = nullable(table, key.column) ? sql` or ${column} is null` : sql.empty()
  return sql`(${past}${orNull} or (${column} = ${value} and ${deeper}))`
}

async function conditions(
  reader: Reader,
  catalogue: Catalogue,
  resource: Resource,
  filters: Record<string, string[]>,
): Promise<SQL[]> {
  const parts: SQL[] = []
  for (const [name, values] of Object.entries(filters)) {
    const filter = resource.filters[name]
    if (!filter) continue
    parts.push(
      filter.by === 'column'
        ? sql`${columnNamed(resource.table, filter.column)} in ${values}`
        : refersTo(resource, filter, await knownValues(reader, catalogue, name, filter, values)),
    )
  }
  return parts
}

/** A controlled vocabulary is short enough to say when a value is not in it; slugs become ids. */
async function knownValues(
  reader: Reader,
  catalogue: Catalogue,
  name: string,
  filter: Filter & { by: 'reference' },
  values: string[],
): Promise<string[]> {
  if (filter.kind !== 'topic' && filter.kind !== 'state') return values
  const { table, alias } = catalogue.entity(filter.kind)
  const key = columnNamed(table, alias ?? 'id')
  const known: string[] = []
  for (const value of values) {
    const found = await reader.get<{ id: string }>(
      sql`select ${table.id} as id from ${table} where ${table.id} = ${value} or ${key} = ${value}`,
    )
    if (!found) {
      const all = await reader.all<{ value: string }>(
        sql`select ${key} as value from ${table} order by 1 limit 200`,
      )
      throw new Problem('invalid-parameter', `There is no ${filter.kind} ${JSON.stringify(value)}.`, {
        errors: [{ parameter: name, detail: `Legal values: ${all.map((row) => row.value).join(', ')}.` }],
      })
    }
    known.push(found.id)
  }
  return known
}

/** Records that refer to any of the values from one of the fields, be it a column or a place inside a list. */
function refersTo(resource: Resource, filter: Filter & { by: 'reference' }, values: string[]): SQL {
  const { table } = resource
  const listed = new Set(
    resource.references.filter((reference) => reference.listed).map(({ field }) => field),
  )
  const ways = filter.fields.map((field) =>
    listed.has(field)
      ? sql`${table.id} in (select ${links.fromId} from ${links} where ${links.toId} in ${values} and ${links.field} = ${field})`
      : sql`${columnNamed(table, columnOf(table, field))} in ${values}`,
  )
  return ways.length === 1 && ways[0] ? ways[0] : sql`(${sql.join(ways, sql` or `)})`
}

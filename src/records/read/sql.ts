// Turns list plans into SQL.
import type { CursorValue } from '../../core/cursor.ts'
import { STATUSES } from '../../core/membership-roles.ts'
import { nameSearch } from '../../core/search.ts'
import { columnHolding, columnSql, selectColumns } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { identifiers, links } from '../../db/system-tables.ts'
import { describeTable, type Table } from '../../db/tables.ts'
import { referenceAt } from '../schema/catalogue.ts'
import type { Filter } from '../schema/filters.ts'
import type { Entity, Reference } from '../schema/resource.ts'
import { spanColumns } from '../schema/table.ts'
import type { ReadContext } from './context.ts'
import type { Listable, SortKey } from './parameters.ts'
import type { Condition, CountPlan, GivenFilter, ListPlan, Source } from './plan.ts'
import { changedAfter, changedRecordsAt, defaultBody, hasMembership, tableAsOf, type View } from './view.ts'

type Schema = Pick<ReadContext, 'catalogue' | 'engine' | 'now'>

/** The records of a source that match, as a FROM and a WHERE clause. */
export function matchingRecords(
  schema: Schema,
  { resource, filters, along = null }: CountPlan & Partial<Pick<ListPlan, 'along'>>,
  source: Source,
  range: SQL[] = [],
): SQL {
  const records =
    source.changedAfter === null
      ? tableAsOf(schema.catalogue, resource, source.view)
      : changedRecordsAt(resource, source.changedAfter)
  // SQLite reads tables in this order if the join is a cross join.
  const from = along ? sql`${links} cross join ${records}` : records
  // The range comes first: of two bounds on one column, SQLite enters the index at the first.
  const where = [
    ...(along
      ? [
          sql`${links.toId} = ${along.toId} and ${links.fromKind} = ${resource.kind} and ${links.field} = ${along.field} and ${resource.table.id} = ${links.fromId}`,
        ]
      : []),
    ...range,
    ...filtersSql(schema, resource, source.view, filters),
    ...source.conditions.map((condition) => conditionSql(schema, resource, condition)),
  ]
  return where.length > 0 ? sql`from ${from} where ${sql.join(where, sql` and `)}` : sql`from ${from}`
}

export const countRows = (schema: Schema, plan: CountPlan, source: Source): SQL =>
  sql`select count(*) as total ${matchingRecords(schema, plan, source)}`

/**
 * The rows of a plan in a range of its order, with the size of each document. Documents larger than `maxSize` are null and are
 * not read.
 */
export function selectRows(
  schema: Schema,
  plan: ListPlan,
  range: SQL[],
  limit: number,
  maxSize: number,
): SQL {
  const { order, sources, columns } = plan
  const { table } = plan.resource
  const inOrder = inOrderOf(plan, limit)
  const size = schema.engine.size(sql`${table.doc}`)
  const doc = sql`case when ${size} <= ${maxSize} then ${table.doc} end as doc, ${size} as size`
  const selected = (names: readonly string[]) =>
    names.length > 0 ? sql`, ${selectColumns(table, names)}` : sql.empty()
  const [only] = sources
  if (sources.length === 1 && only)
    return sql`select ${doc}${selected(columns)} ${matchingRecords(schema, plan, only, range)} ${inOrder}`
  const withKeys = selected([...columns, ...order.map(({ column }) => column)])
  const each = sources.map(
    (source) =>
      sql`select * from (select ${doc}${withKeys} ${matchingRecords(schema, plan, source, range)} ${inOrder}) as source`,
  )
  return sql`select doc, size${selected(columns)} from (${sql.join(each, sql` union all `)}) as ${table} ${inOrder}`
}

/** The ids of a plan without a cursor, whose records come from one source, in a range of its order. */
export function selectIds(schema: Schema, plan: ListPlan, range: SQL[], limit: number): SQL {
  const [source] = plan.sources
  if (!source || plan.sources.length > 1) throw new Error('The first page of a list has one source.')
  return sql`select ${plan.resource.table.id} ${matchingRecords(schema, plan, source, range)} ${inOrderOf(plan, limit)}`
}

function inOrderOf(plan: ListPlan, limit: number): SQL {
  const keys = plan.order.map((key, index) => orderBy(plan, key, index > 0))
  return sql`order by ${sql.join(keys, sql`, `)} ${sql.limit(limit)}`
}

/**
 * The ranges of an order to read, each a list of conditions. SQL scans an index either over values or over nulls, so rows
 * whose first key is null are a separate range.
 */
export function rangesOf(plan: ListPlan): SQL[][] {
  const { resource, order, after } = plan
  const { table } = resource
  const [first] = order
  if (!first) throw new Error('A list has an order.')
  const column = keyColumn(plan, first.column)
  if (!nullable(table, first.column)) return [after ? [startAfter(plan, order, after)] : []]
  const values = after ? startAfter(plan, order, after) : sql`${column} is not null`
  const nulls = sql`${column} is null`
  if (after?.[0] !== null) return [[values], [nulls]]
  return [[nulls, rowsAfter(plan, order.slice(1), after.slice(1))]]
}

/** Where rows are read along, with the columns of the order. */
type Along = Pick<ListPlan, 'resource' | 'along'>

/** A column of the order, in the index that is read along. */
function keyColumn({ resource, along }: Along, column: string): SQL {
  if (along && column === resource.listOrder) return sql`${links.sortKey}`
  return along && column === 'id' ? sql`${links.fromId}` : columnSql(resource.table, column)
}

const nullable = (table: Table, column: string) => !describeTable(table).columns[column]?.notNull

/** Nulls come last in both directions. The first key needs no clause for it, since its nulls are a separate range. */
function orderBy(along: Along, { column, descending }: SortKey, nullsLast: boolean): SQL {
  const direction = descending ? sql`desc` : sql`asc`
  const nulls = nullsLast && nullable(along.resource.table, column) ? sql` nulls last` : sql.empty()
  return sql`${keyColumn(along, column)} ${direction}${nulls}`
}

/**
 * The rows after a row whose first key is not null, so that an index can be entered there: a comparison of row values if all keys
 * have one direction, else a bound on the first key and the whole condition.
 */
function startAfter(along: Along, order: readonly SortKey[], after: readonly CursorValue[]): SQL {
  const [first, ...rest] = order
  if (!first) return sql`false`
  const columns = order.map(({ column }) => keyColumn(along, column))
  const oneDirection = rest.every(
    ({ column, descending }) => descending === first.descending && !nullable(along.resource.table, column),
  )
  if (oneDirection) {
    const values = after.map((value) => sql`${value}`)
    return sql`(${sql.join(columns, sql`, `)}) ${first.descending ? sql`<` : sql`>`} (${sql.join(values, sql`, `)})`
  }
  return sql`(${columns[0]} ${first.descending ? sql`<=` : sql`>=`} ${after[0]} and ${rowsAfter(along, order, after)})`
}

/** The rows after a row: after it by the first key, or equal in that and after it by the next, and so on. */
function rowsAfter(along: Along, order: readonly SortKey[], after: readonly CursorValue[]): SQL {
  const [key, ...rest] = order
  const [value, ...values] = after
  if (!key || value === undefined) return sql`false`
  const column = keyColumn(along, key.column)
  const byNextKeys = rest.length > 0 ? rowsAfter(along, rest, values) : sql`false`
  if (value === null) return sql`(${column} is null and ${byNextKeys})`
  const later = key.descending ? sql`${column} < ${value}` : sql`${column} > ${value}`
  const orNull = nullable(along.resource.table, key.column) ? sql` or ${column} is null` : sql.empty()
  return sql`(${later}${orNull} or (${column} = ${value} and ${byNextKeys}))`
}

function conditionSql(schema: Schema, resource: Listable, condition: Condition): SQL {
  const { search } = schema.engine
  const { id, seq } = resource.table
  switch (condition.by) {
    case 'ids': {
      // One JSON parameter, so that the SQL text does not depend on the number of ids.
      const ids = schema.engine.items(sql`${JSON.stringify(condition.ids)}`, sql`wanted`, 'texts')
      return sql`${id} in (select wanted.value from ${ids})`
    }
    case 'text':
      return sql`${id} in (${search.matching(condition.query)})`
    case 'textAt': {
      const changed = conditionSql(schema, resource, { by: 'ids', ids: condition.changedIds })
      const text = conditionSql(schema, resource, condition.text)
      return sql`(${changed} or (${text} and ${id} not in (${changedAfter(resource, condition.seq)})))`
    }
    case 'unchanged':
      return sql`${seq} <= ${condition.since}`
  }
}

const BOUNDS = { from: sql`>=`, to: sql`<=` }

function filtersSql(schema: Schema, resource: Listable, view: View, filters: readonly GivenFilter[]): SQL[] {
  const onParts = filters.flatMap(({ filter, values }) => (filter.by === 'part' ? [{ filter, values }] : []))
  const valuesOf = (by: Filter['by']) => filters.find(({ filter }) => filter.by === by)?.values
  const [statuses, [organization] = []] = [valuesOf('membership'), valuesOf('membershipOf')]
  const conditions = filters.flatMap(({ filter, values }): SQL[] =>
    filter.by === 'part' || filter.by === 'membership' || filter.by === 'membershipOf'
      ? []
      : [filterSql(schema, resource, view, filter, values)],
  )
  if (statuses || organization) {
    const { catalogue, now } = schema
    const body = organization ? sql`${organization}` : defaultBody(catalogue)
    const day = { ...view, asOf: view.asOf ?? now.toISOString().slice(0, 10) }
    conditions.push(hasMembership(catalogue, body, statuses ?? STATUSES, day))
  }
  return [
    ...conditions,
    ...[...Map.groupBy(onParts, ({ filter }) => filter.part).values()].map((group) =>
      hasPart(schema, resource, view, group),
    ),
  ]
}

type PartFilter = Extract<Filter, { by: 'part' }>

/** Whether a record has a part that meets all these filters, which are on parts of one kind. */
function hasPart(
  { catalogue }: Schema,
  resource: Listable,
  view: View,
  filters: readonly { filter: PartFilter; values: readonly string[] }[],
): SQL {
  const [first] = filters
  if (!first) return sql`true`
  const part = catalogue.entity(first.filter.part)
  const { name } = describeTable(part.table)
  const conditions = filters.map(({ filter: { column, bound }, values }) => {
    const value = sql`${sql.identifier(name)}.${sql.identifier(column)}`
    return bound ? sql`${value} ${BOUNDS[bound]} ${values[0]}` : sql`${value} in ${values}`
  })
  const exists = sql`${resource.table.id} in (select ${sql.identifier(name)}."recordId" from ${tableAsOf(catalogue, part, view)}
    where ${sql.join(conditions, sql` and `)})`
  const { orField } = first.filter
  if (filters.length > 1 || !orField) return exists
  return sql`(${exists} or ${columnSql(resource.table, columnHolding(resource.table, orField))} in ${first.values})`
}

type RecordFilter = Exclude<GivenFilter['filter'], { by: 'part' | 'membership' | 'membershipOf' }>

function filterSql(
  schema: Schema,
  resource: Listable,
  view: View,
  filter: RecordFilter,
  values: readonly string[],
): SQL {
  const { catalogue, engine } = schema
  const { table } = resource
  const [value = ''] = values
  switch (filter.by) {
    case 'column': {
      const column = columnSql(table, filter.column)
      if (filter.match !== 'prefix') return sql`${column} in ${values}`
      // `0` is the character after `/`.
      const ranges = values.map(
        (path) => sql`${column} = ${path} or (${column} >= ${`${path}/`} and ${column} < ${`${path}0`})`,
      )
      return sql`(${sql.join(ranges, sql` or `)})`
    }
    case 'names':
      return sql`${table.id} in (${engine.search.matching(nameSearch(values))})`
    case 'range':
      return rangeCondition(table, view, filter, value)
    case 'reference': {
      if (filter.through) {
        const records = filter.through.map((kind) => {
          const entity = catalogue.entity(kind)
          const ways = filter.fields.map((field) => refersTo(schema, entity, view, field, values))
          return sql`select ${entity.table.id} from ${tableAsOf(catalogue, entity, { ...view, asOf: null })} where ${sql.join(ways, sql` or `)}`
        })
        return sql`${columnSql(table, 'recordId')} in (${sql.join(records, sql` union all `)})`
      }
      const ways = filter.fields.map((field) => refersTo(schema, resource, view, field, values))
      if (filter.orRecord) ways.push(sql`${columnSql(table, 'recordId')} in ${values}`)
      return sql`(${sql.join(ways, sql` or `)})`
    }
    case 'condition':
      return filter.condition({
        values,
        table,
        recordsOf: (kind) => tableAsOf(catalogue, catalogue.entity(kind), view),
        day: view.asOf ?? schema.now.toISOString().slice(0, 10),
      })
    case 'stalled':
      return stalledCondition(schema, resource, view, value)
    case 'evidence': {
      const evidence = tableAsOf(catalogue, catalogue.entity('evidence'), { ...view, asOf: null })
      const exists = sql`exists (select 1 from ${evidence} where "evidence"."recordId" = ${table.id})`
      return value === 'true' ? exists : sql`not ${exists}`
    }
    case 'identifier': {
      const [scheme, identifier] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)]
      return sql`${table.id} in (
        select ${identifiers.recordId} from ${identifiers} where ${identifiers.kind} = ${resource.kind}
        and ${identifiers.scheme} = ${scheme} and ${identifiers.identifier} = ${identifier})`
    }
  }
}

/**
 * A filter by the span of a date is also a range of its sort key, so that an index in order of the key is entered there: the span of a
 * date is in the year of its key, but for those in the column `wide`.
 */
function rangeCondition(
  table: Table,
  { seq }: View,
  { column, orColumn, bound, dateKey }: Extract<Filter, { by: 'range' }>,
  value: string,
): SQL {
  const own = columnSql(table, column)
  const compared = orColumn === undefined ? own : sql`coalesce(${own}, ${columnSql(table, orColumn)})`
  const condition = sql`${compared} ${BOUNDS[bound]} ${value}`
  if (dateKey === undefined || seq !== null) return condition
  const [extreme, limit] = bound === 'from' ? [sql`min`, `${value.slice(0, 4)}-01-01`] : [sql`max`, value]
  const wideKey = columnSql(table, spanColumns(dateKey).wide)
  // Its index has no nulls.
  const wide = sql`select ${extreme}(${wideKey}) from ${table} where ${wideKey} is not null`
  return sql`(${columnSql(table, dateKey)} ${BOUNDS[bound]} (select ${extreme}(bound.value)
    from (select cast(${limit} as text) collate "binary" as value union all ${wide}) as bound) and ${condition})`
}

/** Records in an open status, not settled, without an event of any kind since a day. */
function stalledCondition(
  { catalogue }: Schema,
  { table, lifecycle, settled }: Listable,
  view: View,
  since: string,
): SQL {
  const status = columnSql(table, 'status')
  const isFinal = (settled?.by ?? []).map(
    ({ column, values, statuses }) =>
      sql`(coalesce(${columnSql(table, column)} in ${values}, false) and ${status} in ${statuses})`,
  )
  if (settled) {
    const { column, status: unknown } = settled.unknown
    isFinal.push(sql`(${columnSql(table, column)} is null and ${status} = ${unknown})`)
  }
  const events = tableAsOf(catalogue, catalogue.entity('event'), view)
  const conditions = [
    // No column, so that the rows are read in the order of the list: most records may be open.
    sql`${status} || '' in ${lifecycle?.open ?? []}`,
    ...isFinal.map((condition) => sql`not ${condition}`),
    sql`not exists (select 1 from ${events} where "events"."recordId" = ${table.id} and "events"."occurredOn" >= ${since})`,
  ]
  return sql`(${sql.join(conditions, sql` and `)})`
}

/** Records that refer to one of the ids from a field: a column, or a property inside a list. */
function refersTo(schema: Schema, entity: Entity, view: View, field: string, ids: readonly string[]): SQL {
  const { table } = entity
  const reference = referenceAt(entity, field)
  if (!reference.listed) return sql`${columnSql(table, columnHolding(table, field))} in ${ids}`
  // Links are those of current records.
  if (view.seq !== null) return refersToInDoc(schema, table, reference, ids)
  return sql`${table.id} in (select ${links.fromId} from ${links}
    where ${links.toId} in ${ids} and ${links.fromKind} = ${entity.kind} and ${links.field} = ${field})`
}

function refersToInDoc(schema: Schema, table: Table, reference: Reference, ids: readonly string[]): SQL {
  const { lists, value } = valuesInDoc(schema, table, reference)
  return sql`exists (select 1 from ${lists} where ${value} in ${ids})`
}

/** The values of a field inside lists in the documents of a table: the lists as table expressions, and the value in them. */
export function valuesInDoc(
  { engine }: Pick<Schema, 'engine'>,
  table: Table,
  { path }: Reference,
): { lists: SQL; value: SQL } {
  const lists: SQL[] = []
  let value: SQL = sql`${table.doc}`
  for (const [index, segment] of path.entries()) {
    const last = index === path.length - 1
    if (segment === '*') {
      const item = sql.raw(`item${index}`)
      lists.push(engine.items(value, item, last ? 'texts' : 'objects'))
      value = sql`${item}.value`
    } else value = sql`${value} ${sql.raw(last ? '->>' : '->')} ${sql.raw(`'${segment}'`)}`
  }
  return { lists: sql.join(lists, sql`, `), value }
}

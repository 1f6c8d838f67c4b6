// Recognises meetings: by their number in a series, or by body, name and days.
import { type Span, spanOf } from '../../core/dates.ts'
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Table } from '../../db/tables.ts'
import { namesOf } from '../../records/read/matching.ts'
import { parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Likeness, Resource } from '../../records/schema/resource.ts'
import { hasOther, withSameName } from '../../records/write/match.ts'

type Fields = Record<string, unknown>

/** Meetings of one body and classification are candidates if they are at most so many days apart. */
const NEAR_DAYS = 14

/** How long a meeting may last to be found by its body, in days. */
const MAX_LENGTH = 60

export async function meetingsAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
  among?: readonly Doc[],
): Promise<Likeness[]> {
  const byNumber = among ? undefined : await withNumber(resource, tx, fields)
  if (byNumber) return [{ doc: byNumber, degree: 'certain' }]
  if (typeof fields['startDate'] !== 'string') return []
  const found = among ?? [
    ...(await ofBody(resource, tx, fields)),
    ...(await withSameName(tx, resource, fields)),
  ]
  return found.flatMap((doc) => {
    const degree = degreeOf(resource, fields, doc)
    return degree ? [{ doc, degree }] : []
  })
}

/** The meeting with the number of these fields in their series: a body and a classification. */
export async function withNumber(
  { table }: Resource,
  tx: CatalogueReader,
  { organizationId, classification, ordinal }: Fields,
): Promise<Doc | undefined> {
  if (typeof organizationId !== 'string' || typeof ordinal !== 'number') return undefined
  const stored = await tx.get<Stored>(
    sql`${selectStored(table)}
      where ${columnSql(table, 'organizationId')} = ${organizationId} and ${columnSql(table, 'ordinal')} = ${ordinal}
        and coalesce(${columnSql(table, 'classification')}, '') = ${String(classification ?? '')}`,
  )
  return stored && parse(stored)
}

/** The meetings of the body of these fields near their days. */
async function ofBody({ table }: Resource, tx: CatalogueReader, fields: Fields): Promise<Doc[]> {
  const { organizationId } = fields
  if (typeof organizationId !== 'string') return []
  const { first, last } = daysOf(fields)
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)}
      where ${columnSql(table, 'organizationId')} = ${organizationId}
        and ${columnSql(table, 'startDateFirst')} <= ${shifted(last, NEAR_DAYS)}
        and ${columnSql(table, 'startDateLast')} >= ${shifted(first, -MAX_LENGTH)}${isNotOther(table, fields)}
      order by ${table.firstSeq} ${sql.limit(200)}`,
  )
  return rows.map(parse)
}

/** Leaves out, in SQL, meetings of other series and with other numbers. */
const isNotOther = (table: Table, fields: Fields): SQL =>
  sql.join(
    ['classification', 'ordinal'].flatMap((field) => {
      const value = fields[field] ?? null
      const column = columnSql(table, field)
      return value === null ? [] : [sql` and (${column} is null or ${column} = ${value})`]
    }),
    sql.empty(),
  )

function degreeOf(resource: Resource, fields: Fields, doc: Doc): Likeness['degree'] | null {
  const telling = ['organizationId', 'classification', 'ordinal', 'parentId']
  if (telling.some((field) => hasOther(fields, doc, field))) return null
  if (fields['parentId'] === doc.id || doc['parentId'] === fields['id']) return null
  const names = namesOf(resource, doc)
  const isNamesake = namesOf(resource, fields).some((name) => names.includes(name))
  const isOfBody =
    typeof fields['organizationId'] === 'string' && fields['organizationId'] === doc['organizationId']
  const [own, other] = [daysOf(fields), daysOf(doc)]
  if (overlap(own, other) && (isOfBody || isNamesake))
    return isNamesake && hasSameDays(fields, doc) ? 'same' : 'candidate'
  const isOfSeries =
    isOfBody && fields['classification'] && fields['classification'] === doc['classification']
  if (!isOfSeries || numbersDiffer(fields, doc)) return null
  const near = { first: shifted(own.first, -NEAR_DAYS), last: shifted(own.last, NEAR_DAYS) }
  return overlap(near, other) ? 'candidate' : null
}

/** Two meetings of a series that both have a number are told apart by it. */
const numbersDiffer = (fields: Fields, doc: Doc) =>
  typeof fields['ordinal'] === 'number' && typeof doc['ordinal'] === 'number'

/** The days that a meeting can include. */
function daysOf({ startDate, endDate }: Fields): Span {
  const start = spanOf(String(startDate))
  return { first: start.first, last: typeof endDate === 'string' ? spanOf(endDate).last : start.last }
}

const overlap = (one: Span, other: Span) => one.first <= other.last && other.first <= one.last

/** Whether the dates of both can mean the same days; a missing end says nothing. */
function hasSameDays(fields: Fields, doc: Doc): boolean {
  return ['startDate', 'endDate'].every((field) => {
    const [one, other] = [fields[field] ?? null, doc[field]]
    if (typeof one !== 'string' || typeof other !== 'string') return true
    return overlap(spanOf(one), spanOf(other))
  })
}

/** An open end of a span stays open. */
const shifted = (day: string, days: number) =>
  day.startsWith('0000') || day.startsWith('9999')
    ? day
    : Temporal.PlainDate.from(day).add({ days }).toString()

// Recognises statements: by author, text, and day or meeting.
import { compatible } from '../../core/dates.ts'
import { fold } from '../../core/fold.ts'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { links } from '../../db/system-tables.ts'
import { phraseOf } from '../../records/read/matching.ts'
import { parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Likeness, Resource } from '../../records/schema/resource.ts'
import { commonContributor } from '../../records/write/contributors.ts'

type Fields = Record<string, unknown>

/** How many statements are compared. */
const MAX_COMPARED = 1_000

export async function statementsAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
  among?: readonly Doc[],
): Promise<Likeness[]> {
  if (typeof fields['text'] !== 'string') return []
  const text = wordsOf(fields['text'])
  return (among ?? (await nearby(resource, tx, fields)))
    .filter((doc) => wordsOf(doc['text']) === text && sameOccasion(fields, doc))
    .filter((doc) => commonContributor(fields['contributors'], doc['contributors']) === true)
    .map((doc) => ({ doc, degree: 'same' }))
}

/** The words of a text, as they are compared; a text without words is compared as it is. */
const wordsOf = (text: unknown) => fold(String(text)) || String(text)

/** The statements with words of the text; without words, those of the same meeting, or of the same authors without a meeting. */
async function nearby({ table, kind }: Resource, tx: CatalogueReader, fields: Fields): Promise<Doc[]> {
  const { meetingId = null, contributors = [] } = fields
  const authors = (contributors as Fields[]).flatMap(({ speakerId, stateCode, organizationId }) =>
    [speakerId, stateCode, organizationId].filter((id) => typeof id === 'string'),
  )
  // The participants of a meeting, jointly, are no record.
  if (authors.length === 0 && meetingId === null) return []
  const query = phraseOf(String(fields['text']))
  const meeting = columnSql(table, 'meetingId')
  const where =
    query.length > 0
      ? sql`${table.id} in (${tx.engine.search.matching(query)})`
      : meetingId === null
        ? sql`${meeting} is null and ${table.id} in (select ${links.fromId} from ${links}
            where ${links.toId} in ${authors} and ${links.fromKind} = ${kind} and ${links.field} like 'contributors.%')`
        : sql`${meeting} = ${meetingId}`
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)} where ${where} order by ${table.firstSeq} desc ${sql.limit(MAX_COMPARED)}`,
  )
  return rows.map(parse)
}

/** Whether two statements can have been made on the same occasion: at one meeting, or on one day. */
function sameOccasion(fields: Fields, doc: Doc): boolean {
  const [meeting, other] = [fields['meetingId'] ?? null, doc['meetingId']]
  if (meeting !== null && meeting === other) return true
  const [day, otherDay] = [fields['date'] ?? null, doc['date']]
  if (typeof day === 'string' && typeof otherDay === 'string') return compatible(day, otherDay)
  return meeting === null && other === null && day === otherDay
}

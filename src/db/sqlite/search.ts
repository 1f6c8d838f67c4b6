// Full-text search with FTS5. The index is contentless: it stores words, and the records store the texts.
import { closerQueries, type SearchQuery, type Term } from '../../core/search.ts'
import type { SearchEntry, SearchHit, SearchIndex } from '../engine.ts'
import { type SQL, sql } from '../sql.ts'
import { insertInto } from '../statements.ts'
import { searchDocs } from '../system-tables.ts'

/** bm25 weights: a word in the title weighs ten times one in the body. */
const TITLE_WEIGHT = 10
const BODY_WEIGHT = 1

export const fts5: SearchIndex = {
  async put(writer, { docId, kind, recordId, date, title, body }: SearchEntry) {
    await writer.run(INSERT_DOC, { docId, kind, recordId, date })
    await writer.run(INSERT_WORDS, { docId, title, body })
  },
  async remove(writer, recordId) {
    const row = await writer.get<{ docId: number }>(DELETE_DOC, { recordId })
    if (row) await writer.run(DELETE_WORDS, { docId: row.docId })
  },
  matching(query) {
    const match = wholeExpression(query)
    return match === null
      ? sql`select ${searchDocs.recordId} from ${searchDocs} where ${matches(query)}`
      : sql`select ${searchDocs.recordId} from ${WORDS_FIRST} where "searchWords" match ${match}`
  },
  async estimateMatches(reader, query, maxIds, many) {
    const ids = await reader.pluck<string>(sql`${fts5.matching(query)} ${sql.limit(maxIds + 1)}`)
    if (ids.length <= maxIds) return ids
    return (await fts5.exceeds(reader, query, await many())) ? 'many' : 'some'
  },
  async exceeds(reader, query, max) {
    if (query.length === 0) return false
    const match = wholeExpression(query)
    const some =
      match === null
        ? sql`select 1 from ${searchDocs} where ${matches(query)}`
        : sql`select 1 from "searchWords" where "searchWords" match ${match}`
    const row = await reader.get<{ found: number }>(
      sql`select count(*) as found from (${some} ${sql.limit(max + 1)})`,
    )
    return (row?.found ?? 0) > max
  },
  async latest(reader, query, kinds, limit, offset) {
    const match = wholeExpression(query)
    const from =
      match === null
        ? sql`${searchDocs} where ${matches(query)}${ofKinds(kinds)} order by ${searchDocs.docId} desc`
        : sql`${WORDS_FIRST} where "searchWords" match ${match}${ofKinds(kinds)} order by "searchWords".rowid desc`
    return reader.all<SearchHit>(
      sql`select ${HIT}, 0 as score from ${from} ${sql.limit(limit)} offset ${offset}`,
    )
  },
  async ranked(reader, query, kinds, limit, offset) {
    if (query.length === 0) return []
    const match = matchExpression(query)
    const scores =
      match === null
        ? sql`select null as docId, null as score where false`
        : sql`select rowid as docId, -bm25("searchWords", ${sql.raw(`${TITLE_WEIGHT}.0, ${BODY_WEIGHT}.0`)}) as score from "searchWords" where "searchWords" match ${match}`
    // A record that matches only by an exclusion has no score.
    const scoreless = exclusions(query).length > 0
    const on = sql`scored.docId = ${searchDocs.docId}`
    // SQLite reads a cross join in the order in which it is written: the matches first.
    const from = scoreless
      ? sql`${searchDocs} left join (${scores}) as scored on ${on}`
      : sql`(${scores}) as scored cross join ${searchDocs} on ${on}`
    const where = scoreless ? matches(query) : sql`true`
    return reader.all<SearchHit>(
      sql`select ${HIT}, ${closeness(query)} + coalesce(scored.score / (1 + scored.score), 0) as score
        from ${from}
        where ${where}${ofKinds(kinds)}
        order by 4 desc, ${searchDocs.recordId} ${sql.limit(limit)} offset ${offset}`,
    )
  },
  async count(reader, query, kinds) {
    if (query.length === 0) return 0
    const match = kinds ? null : wholeExpression(query)
    if (match !== null) {
      const words = await reader.get<{ total: number }>(
        sql`select count(*) as total from "searchWords" where "searchWords" match ${match}`,
      )
      return words?.total ?? 0
    }
    const row = await reader.get<{ total: number }>(
      sql`select count(*) as total from ${searchDocs} where ${matches(query)}${ofKinds(kinds)}`,
    )
    return row?.total ?? 0
  },
  async countByKind(reader, query) {
    if (query.length === 0) return []
    return reader.all(
      sql`select ${searchDocs.kind}, count(*) as total from ${searchDocs} where ${matches(query)} group by 1`,
    )
  },
}

/** SQLite reads a cross join in the order in which it is written. */
const WORDS_FIRST = sql`"searchWords" cross join ${searchDocs} on ${searchDocs.docId} = "searchWords".rowid`

/** The groups that only exclude words. */
const exclusions = (query: SearchQuery) => query.filter(({ all }) => all.length === 0)

/** The number of closer queries that a record matches. */
const closeness = (query: SearchQuery): SQL =>
  sql.join([sql`0`, ...closerQueries(query).map((closer) => sql`(${matches(closer)})`)], sql` + `)

/** The columns of a hit without its score. */
const HIT = sql`${searchDocs.recordId}, ${searchDocs.kind}, ${searchDocs.date}`

const ofKinds = (kinds: readonly string[] | null) =>
  kinds ? sql` and ${searchDocs.kind} in ${[...kinds]}` : sql.empty()

/** A condition for matching records, including those that match only by an exclusion. */
function matches(query: SearchQuery): SQL {
  const alternatives: SQL[] = []
  const expression = matchExpression(query)
  if (expression !== null) alternatives.push(rowsOf(expression))
  for (const { not } of exclusions(query)) alternatives.push(sql`not ${rowsOf(anyOf(not))}`)
  return alternatives.length > 0 ? sql`(${sql.join(alternatives, sql` or `)})` : sql`false`
}

const rowsOf = (expression: string) =>
  sql`${searchDocs.docId} in (select rowid from "searchWords" where "searchWords" match ${expression})`

/** The whole query in the syntax of FTS5; null if FTS5 cannot express it. */
const wholeExpression = (query: SearchQuery) => (exclusions(query).length > 0 ? null : matchExpression(query))

/** The query in the syntax of FTS5 without groups that only exclude, since NOT needs a left side; null if none is left. */
function matchExpression(query: SearchQuery): string | null {
  const groups = query
    .filter(({ all }) => all.length > 0)
    .map(
      ({ all, not }) => `(${all.map(quoted).join(' AND ')})${not.length > 0 ? ` NOT (${anyOf(not)})` : ''}`,
    )
  return groups.length > 0 ? groups.map((group) => `(${group})`).join(' OR ') : null
}

const anyOf = (terms: Term[]) => terms.map(quoted).join(' OR ')

/** Words of the index contain no quotation marks, so they need no escaping. */
function quoted({ words, prefix, forms = [], inTitle }: Term): string {
  const phrase = `"${words.join(' ')}"`
  if (prefix || inTitle) return `${inTitle ? 'title : ' : ''}${phrase}${prefix ? '*' : ''}`
  return `(${[...new Set([phrase, ...forms.map((form) => `"${form}"`)])].join(' OR ')})`
}

const INSERT_DOC = insertInto(searchDocs)

const DELETE_DOC = sql`delete from ${searchDocs} where "recordId" = ${sql.placeholder('recordId')} returning "docId"`

const INSERT_WORDS = sql`insert into "searchWords" (rowid, title, body) values (${sql.placeholder('docId')}, ${sql.placeholder('title')}, ${sql.placeholder('body')})`

const DELETE_WORDS = sql`delete from "searchWords" where rowid = ${sql.placeholder('docId')}`

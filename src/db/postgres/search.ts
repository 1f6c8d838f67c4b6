// Full-text search with tsvector. Words are folded in core/search.ts, without a dictionary of PostgreSQL. The index matches
// single words; phrases are matched in the folded text.
import { closerQueries, type SearchQuery, type Term, withoutForms } from '../../core/search.ts'
import type { SearchHit, SearchIndex } from '../engine.ts'
import { type SQL, sql } from '../sql.ts'
import { insertInto } from '../statements.ts'
import { searchDocs } from '../system-tables.ts'

/** In code points. A lexeme is limited to 2,046 bytes: longer words are truncated in the index and matched in the text. */
const MAX_WORD_LENGTH = 500
/** A tsvector is limited to 1 MiB, including some bytes for each word. */
const PART_BYTES = 700_000
/** Limits of PostgreSQL: positions of a word, and the last position. */
const MAX_POSITIONS = 255
const LAST_POSITION = 16_383

export const tsvector: SearchIndex = {
  async put(writer, { docId, kind, recordId, date, title, body }) {
    await writer.run(INSERT_DOC, { docId, kind, recordId, date })
    await writer.run(INSERT_TEXT, { docId, title: ` ${title} `, body: ` ${body} ` })
    for (const [part, words] of partsOf(title, body).entries()) {
      await writer.run(INSERT_WORDS, { docId, part, words })
    }
  },
  async remove(writer, recordId) {
    await writer.run(DELETE_DOC, { recordId })
  },
  matching(query) {
    return sql`select ${searchDocs.recordId} from ${searchDocs} where ${matches(query)}`
  },
  async estimateMatches(reader, query, maxIds, manyOf) {
    const many = await manyOf()
    // One query: with a smaller limit the planner would scan all records, although a rare word never reaches the limit.
    const row = await reader.get<{ found: number; ids: string | null }>(
      sql`with found as materialized (${tsvector.matching(query)} ${sql.limit(many + 1)})
        select count(*) as found, case when count(*) <= ${maxIds} then cast(json_agg("recordId") as text) end as ids from found`,
    )
    const matchCount = row?.found ?? 0
    if (matchCount <= maxIds) return row?.ids ? (JSON.parse(row.ids) as string[]) : []
    return matchCount > many ? 'many' : 'some'
  },
  async exceeds(reader, query, max) {
    const row = await reader.get<{ found: number }>(
      sql`select count(*) as found from (select 1 from ${searchDocs} where ${matches(query)} ${sql.limit(max + 1)}) as matched`,
    )
    return (row?.found ?? 0) > max
  },
  async latest(reader, query, kinds, limit, offset) {
    return reader.all<SearchHit>(
      sql`select ${HIT}, 0 as score
        from ${searchDocs} where ${matches(query)}${ofKinds(kinds)}
        order by ${searchDocs.docId} desc ${sql.limit(limit)} offset ${offset}`,
    )
  },
  async ranked(reader, query, kinds, limit, offset) {
    if (query.length === 0) return []
    const words = [...new Set(query.flatMap(({ all }) => all.flatMap(rankedLexemes)))]
    // A record that matches only by an exclusion has no score. Weights: A (title) is ten times D (body).
    const scores =
      words.length === 0
        ? sql`select 0 as "docId", 0 as score`
        : sql`select "docId", sum(ts_rank("words", ${asQuery(words, ' | ')}, 1)) as score from "searchWords" where "words" @@ ${asQuery(words, ' | ')} group by "docId"`
    return reader.all<SearchHit>(
      sql`select ${HIT}, ${closeness(query)} + coalesce(scored.score / (1 + scored.score), 0) as score
        from ${searchDocs} left join (${scores}) as scored on scored."docId" = ${searchDocs.docId}
        where ${matches(query)}${ofKinds(kinds)}
        order by 4 desc, ${searchDocs.recordId} ${sql.limit(limit)} offset ${offset}`,
    )
  },
  async count(reader, query, kinds) {
    if (query.length === 0) return 0
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

/** The number of closer queries that a record matches. */
const closeness = (query: SearchQuery): SQL =>
  sql.join(
    [sql`0`, ...closerQueries(query).map((closer) => sql`cast(${matches(closer)} as integer)`)],
    sql` + `,
  )

/** The columns of a hit without its score. */
const HIT = sql`${searchDocs.recordId}, ${searchDocs.kind}, ${searchDocs.date}`

const ofKinds = (kinds: readonly string[] | null) =>
  kinds ? sql` and ${searchDocs.kind} in ${[...kinds]}` : sql.empty()

function matches(query: SearchQuery): SQL {
  const alternatives = query.map(({ all, not }) => {
    const conditions = [...all.map(contains), ...not.map((term) => sql`not ${contains(term)}`)]
    return sql`(${sql.join(conditions, sql` and `)})`
  })
  return alternatives.length > 0 ? sql`(${sql.join(alternatives, sql` or `)})` : sql`false`
}

/** A condition for records that contain a term: single short words use the index, other terms also the text. */
function contains(term: Term): SQL {
  const { words, prefix, forms, inTitle } = term
  const { docId } = searchDocs
  if (words.length === 1 && cut(words[0] ?? '') === words[0]) return hasAny(rankedLexemes(term))
  if (forms) return sql`(${contains(withoutForms(term))} or ${hasAny(formLexemes(term))})`
  const all = asQuery(lexemes(term), ' & ')
  const text = ` ${words.join(' ')}${prefix ? '' : ' '}`
  const inBody = inTitle ? sql.empty() : sql` or strpos("body", ${text}) > 0`
  // The subquery makes the planner use the index before it reads texts.
  const candidates = sql`(
    select "docId" from "searchWords" where "words" @@ ${all}
    union select "docId" from "searchWords" where "part" > 0 offset 0) as candidates`
  return sql`${docId} in (select "docId" from ${candidates} where (
    select strpos("title", ${text}) > 0${inBody} from "searchTexts" where "searchTexts"."docId" = candidates."docId"))`
}

const hasAny = (words: string[]) =>
  sql`${searchDocs.docId} in (select "docId" from "searchWords" where "words" @@ ${asQuery(words, ' | ')})`

const formLexemes = ({ forms = [] }: Term) => forms.map((form) => `'${form}'`)

const rankedLexemes = (term: Term) => [...lexemes(term), ...formLexemes(term)]

/** The words of a term in the syntax of tsquery. Words of the index contain no quotation marks, so they need no escaping. */
const lexemes = ({ words, prefix, inTitle }: Term): string[] =>
  words.map((word, index) => {
    const label = `${prefix && index === words.length - 1 ? '*' : ''}${inTitle ? 'A' : ''}`
    return `'${cut(word)}'${label && `:${label}`}`
  })

const asQuery = (words: string[], operator: string) => sql`cast(${words.join(operator)} as tsquery)`

const cut = (word: string): string =>
  word.length <= MAX_WORD_LENGTH ? word : [...word].slice(0, MAX_WORD_LENGTH).join('')

/** The words of a record with their positions as one tsvector, or several if one would be too long. */
function partsOf(title: string, body: string): string[] {
  const positions = new Map<string, string[]>()
  let position = 0
  for (const [text, weight] of [
    [title, 'A'],
    [body, ''],
  ] as const) {
    for (const word of text.split(' ')) {
      if (word === '') continue
      position = Math.min(position + 1, LAST_POSITION)
      const key = cut(word)
      const ofWord = positions.get(key)
      if (!ofWord) positions.set(key, [`${position}${weight}`])
      else if (ofWord.length < MAX_POSITIONS) ofWord.push(`${position}${weight}`)
    }
  }
  const parts: string[] = []
  let words: string[] = []
  let bytes = 0
  for (const [word, at] of positions) {
    const size = Buffer.byteLength(word) + 2 * at.length + 4
    if (bytes + size > PART_BYTES) {
      parts.push(words.join(' '))
      words = []
      bytes = 0
    }
    words.push(`'${word}':${at.join(',')}`)
    bytes += size
  }
  return [...parts, words.join(' ')]
}

const INSERT_DOC = insertInto(searchDocs)

const DELETE_DOC = sql`delete from ${searchDocs} where "recordId" = ${sql.placeholder('recordId')}`

const INSERT_TEXT = insertInto('searchTexts', ['docId', 'title', 'body'])

const INSERT_WORDS = insertInto('searchWords', ['docId', 'part', 'words'])

// The origins of sources: those that say the same words, or that are based on each other, are one origin.
import { LATER_EDITION, SAME_ORIGIN, type Standing } from '../../core/relation-types.ts'
import { columnSql } from '../../db/columns.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { Catalogue } from '../schema/catalogue.ts'

/** The tables, and how the engine reads lists. */
interface Schema {
  readonly engine: Pick<Engine, 'items'>
  readonly catalogue: Catalogue
}

interface SourceRow {
  id: string
  publisherId: string | null
  standing: Standing
}

export interface OriginSource extends SourceRow {
  /** The same for all sources of one origin. */
  origin: string
  /** The sources of the origin of which this is a later edition. */
  earlier: ReadonlySet<string>
}

/** Sources by id, with all others of their origins. */
export type Origins = ReadonlyMap<string, OriginSource>

interface Edge {
  type: string
  from: string
  to: string
}

/**
 * The origins of sources: the connected components under equal texts, relations such as `translation-of`, and `corrects` between
 * sources of one publisher. A chain may lead through sources that were not asked for.
 */
export async function readOrigins(reader: Reader, schema: Schema, ids: readonly string[]): Promise<Origins> {
  const rows = new Map<string, SourceRow>()
  const edges = new Map<string, Edge>()
  let frontier = [...new Set(ids)]
  while (frontier.length > 0) {
    for (const row of await sourceRows(reader, schema, frontier)) rows.set(row.id, row)
    const found = await edgesAt(reader, schema, frontier)
    for (const edge of found) edges.set(`${edge.type} ${edge.from} ${edge.to}`, edge)
    frontier = [...new Set(found.flatMap(({ from, to }) => [from, to]))].filter((id) => !rows.has(id))
  }
  return withOrigins(rows, [...edges.values()])
}

function sourceRows(reader: Reader, schema: Schema, ids: readonly string[]): Promise<SourceRow[]> {
  const { table } = schema.catalogue.entity('source')
  return reader.all<SourceRow>(
    sql`select ${table.id}, ${columnSql(table, 'publisherId')}, ${columnSql(table, 'standing')} from ${table} where ${table.id} in ${among(schema, ids)}`,
  )
}

/** What connects these sources with others. */
async function edgesAt(reader: Reader, schema: Schema, ids: readonly string[]): Promise<Edge[]> {
  const sources = schema.catalogue.entity('source').table
  const relations = schema.catalogue.entity('relation').table
  const [recordId, targetId, type] = ['recordId', 'targetId', 'type'].map((name) =>
    columnSql(relations, name),
  ) as [SQL, SQL, SQL]
  const digest = columnSql(sources, 'sha256')
  const related = (end: SQL) =>
    sql`select ${type} as type, ${recordId} as "from", ${targetId} as "to"
      from ${relations}
      join ${sources} as one on one."id" = ${recordId}
      join ${sources} as other on other."id" = ${targetId}
      where ${end} in ${among(schema, ids)}
        and (${type} in ${SAME_ORIGIN} or (${type} = 'corrects' and one."publisherId" = other."publisherId"))`
  const sameText = sql`select 'same-text' as type, wanted_source."id" as "from", ${sources.id} as "to"
    from ${sources} as wanted_source
    join ${sources} on ${digest} = wanted_source."sha256"
    where wanted_source."id" in ${among(schema, ids)} and ${sources.id} <> wanted_source."id"`
  return reader.all<Edge>(sql`${related(recordId)} union ${related(targetId)} union all ${sameText}`)
}

/** One JSON parameter, however many ids there are. */
const among = ({ engine }: Schema, ids: readonly string[]): SQL =>
  sql`(select wanted.value from ${engine.items(sql`${JSON.stringify(ids)}`, sql`wanted`, 'texts')})`

function withOrigins(rows: ReadonlyMap<string, SourceRow>, edges: readonly Edge[]): Origins {
  const neighbours = linksOf(
    edges.flatMap(({ from, to }): [string, string][] => [
      [from, to],
      [to, from],
    ]),
  )
  const originOf = new Map<string, string>()
  for (const id of rows.keys())
    if (!originOf.has(id)) for (const member of reachable(id, neighbours)) originOf.set(member, id)
  const editions = linksOf(
    edges.flatMap(({ type, from, to }): [string, string][] =>
      (LATER_EDITION as readonly string[]).includes(type) ? [[from, to]] : [],
    ),
  )
  return new Map(
    [...rows].map(([id, row]) => {
      const earlier = reachable(id, editions)
      earlier.delete(id)
      return [id, { ...row, origin: originOf.get(id) ?? id, earlier }]
    }),
  )
}

function linksOf(pairs: readonly [string, string][]): Map<string, string[]> {
  const links = new Map<string, string[]>()
  for (const [from, to] of pairs) links.getOrInsertComputed(from, () => []).push(to)
  return links
}

function reachable(start: string, links: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set([start])
  // A set is iterated in order of insertion, over what is added meanwhile too.
  for (const id of found) for (const next of links.get(id) ?? []) found.add(next)
  return found
}

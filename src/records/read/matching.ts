// Finds existing records that match fields: by identifier, key, text or name.
import { hash } from 'node:crypto'
import { fold } from '../../core/fold.ts'
import { parseSearch, type SearchQuery } from '../../core/search.ts'
import { sha256 } from '../../core/text.ts'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { changes, names } from '../../db/system-tables.ts'
import type { Doc } from '../schema/document.ts'
import type { Entity, Resource } from '../schema/resource.ts'
import {
  findByIdentifier,
  findRecord,
  findSurvivor,
  identifiersOf,
  mergedDocs,
  parse,
  type Stored,
  selectStored,
  withMergedIds,
} from './record.ts'

type Fields = Record<string, unknown>

/**
 * The names of a record, or of a record to be created, as they are compared: folded, with the symbols that tell names apart.
 */
export const namesOf = (entity: Pick<Entity, 'names'>, fields: Fields): string[] =>
  rawNames(entity, fields).map(comparable).filter(Boolean)

/** The key of a name in the table of names. @param name as returned by `namesOf` */
export const hashOfName = (name: string): string => hash('sha256', name, 'base64url')

/** The names of a record without those of the type `search`, which only serve to find it. */
function rawNames({ names }: Pick<Entity, 'names'>, fields: Fields): string[] {
  const others = Array.isArray(fields['otherNames']) ? fields['otherNames'] : []
  return [
    ...names.map((field) => fields[field]),
    ...others.filter((other) => other?.type !== 'search').map((other) => other?.name),
  ].filter((name) => typeof name === 'string')
}

/** `Group C+`, `Group C#` and `Group C` are three names, which full-text search cannot tell apart. */
export const comparable = (name: string): string =>
  [fold(name), ...(name.match(/[\p{S}#]/gu) ?? [])].join(' ').trim()

/** Of several records with alike names, those with exactly this one, if there are any. */
export function preferExact(resource: Resource, docs: readonly Doc[], name: string): readonly Doc[] {
  const exact = docs.filter((doc) =>
    rawNames(resource, doc).some((one) => one.normalize() === name.normalize()),
  )
  return exact.length > 0 ? exact : docs
}

/** The well-formed identifiers among unchecked fields. */
export const identifiersIn = ({ identifiers }: Fields): { scheme: string; identifier: string }[] =>
  (Array.isArray(identifiers) ? identifiers : []).filter(
    (one) => typeof one?.scheme === 'string' && typeof one.identifier === 'string',
  )

/** The id of the record with the same identifier, the same key (code or slug), or the same text, now or before. */
export const recognise = async (reader: Reader, resource: Resource, fields: Fields): Promise<string | null> =>
  (await recogniseByKey(reader, resource, fields)) ?? (await recogniseByText(reader, resource, fields))

/** The id of the record with the same identifier or the same key: no two records have it. */
export async function recogniseByKey(
  reader: Reader,
  resource: Resource,
  fields: Fields,
): Promise<string | null> {
  const { alias, prefix } = resource
  for (const { scheme, identifier } of identifiersIn(fields)) {
    const id = await findByIdentifier(reader, resource, scheme, identifier)
    if (id) return id
  }
  const key = fields[alias ?? 'code']
  if ((!alias && prefix !== null) || typeof key !== 'string') return null
  return (await findRecord(reader, resource, key))?.id ?? null
}

async function recogniseByText(reader: Reader, resource: Resource, fields: Fields): Promise<string | null> {
  const { table, digest, kind } = resource
  const text = digest && fields[digest.of]
  if (!digest || typeof text !== 'string') return null
  const value = sha256(text)
  const isCurrent = sql`${columnSql(table, digest.field)} = ${value}`
  // The log also has the texts that it had before. It has an index of these digests, with the kind as a constant.
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)}
      where ${table.id} in (select ${changes.recordId} from ${changes}
        where ${changes.kind} = ${sql.raw(`'${kind}'`)} and ${changes.doc} ->> ${sql.raw(`'${digest.field}'`)} = ${value})
      order by ${isCurrent} desc, ${table.firstSeq}`,
  )
  const found = rows.map(parse).find((doc) => !contradicts(resource, doc, fields))
  if (found) return found.id
  const had = sql`before."doc" ->> ${sql.raw(`'${digest.field}'`)} = ${value}`
  const merged = (await mergedDocs(reader, resource, had)).find((doc) => !contradicts(resource, doc, fields))
  return merged ? ((await findSurvivor(reader, resource, merged.id))?.id ?? null) : null
}

/** Whether a record, or one that was merged into it, has or had this text. */
export async function hadText(
  reader: Reader,
  resource: Resource,
  id: string,
  text: string,
): Promise<boolean> {
  const { digest, kind } = resource
  if (!digest) return false
  const row = await reader.get(
    sql`select 1 from ${changes}
      where ${changes.recordId} in ${withMergedIds(resource, id)} and ${changes.kind} = ${kind} and ${changes.doc} ->> ${sql.raw(`'${digest.field}'`)} = ${sha256(text)} limit 1`,
  )
  return row !== undefined
}

/** Whether fields describe another record than this one, since an identifier of a scheme that both have differs. */
export function isIdentifiedOther(doc: Doc, fields: Fields): boolean {
  const own = new Map(identifiersOf(doc).map(({ scheme, identifier }) => [scheme, identifier]))
  return identifiersIn(fields).some(
    ({ scheme, identifier }) => own.has(scheme) && own.get(scheme) !== identifier,
  )
}

/** Whether fields describe another record than this one, although the text is the same: a field that tells such records apart differs. */
function contradicts({ digest }: Resource, doc: Doc, fields: Fields): boolean {
  const isOther = (field: string) =>
    typeof fields[field] === 'string' && doc[field] !== null && doc[field] !== fields[field]
  return isIdentifiedOther(doc, fields) || (digest?.unless ?? []).some(isOther)
}

/** How many words of a text are searched in others. */
const PHRASE_WORDS = 12

/** A full-text query for some words from the middle of a text: texts that contain it, or equal it, have them. Empty if it has no words. */
export function phraseOf(text: string): SearchQuery {
  const words = text.split(/\s+/)
  const middle = Math.max(0, Math.floor((words.length - PHRASE_WORDS) / 2))
  const phrase = words.slice(middle, middle + PHRASE_WORDS).join(' ')
  return parseSearch(`"${phrase.replaceAll('"', ' ')}"`)
}

/** The records with this name. @param name as returned by `namesOf` @param condition further SQL, which begins with `and` */
export async function namesakes(
  reader: Reader,
  resource: Resource,
  name: string,
  condition: SQL = sql.empty(),
): Promise<Doc[]> {
  const { table, kind } = resource
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)} where ${table.id} in (
      select ${names.recordId} from ${names} where ${names.kind} = ${kind} and ${names.hash} = ${hashOfName(name)})${condition}
      order by ${table.firstSeq}`,
  )
  return rows.map(parse)
}

// Finds existing records that match fields: by identifier, key, text or name.
import { fold, parseSearch } from '../../core/search.ts'
import { sha256 } from '../../core/text.ts'
import { columnSql } from '../../db/columns.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import type { Doc } from '../schema/document.ts'
import type { Resource } from '../schema/resource.ts'
import { findByIdentifier, findRecord, parse, type Stored, selectStored } from './record.ts'

type Fields = Record<string, unknown>

/** The folded names of a record, or of a record to be created. */
export const namesOf = (resource: Resource, fields: Fields): string[] =>
  resource.names.flatMap((field) => namesIn(fields[field]))

const namesIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value])
    .filter((name) => typeof name === 'string')
    .map(fold)
    .filter(Boolean)

/** The well-formed identifiers among unchecked fields. */
export const identifiersIn = ({ identifiers }: Fields): { scheme: string; identifier: string }[] =>
  (Array.isArray(identifiers) ? identifiers : []).filter(
    (one) => typeof one?.scheme === 'string' && typeof one.identifier === 'string',
  )

/** The id of the record with the same identifier, the same key (code or slug) or the same text. */
export async function recognise(reader: Reader, resource: Resource, fields: Fields): Promise<string | null> {
  const { table, alias, prefix, digest } = resource
  for (const { scheme, identifier } of identifiersIn(fields)) {
    const id = await findByIdentifier(reader, resource, scheme, identifier)
    if (id) return id
  }
  const key = fields[alias ?? 'code']
  if ((alias || prefix === null) && typeof key === 'string') {
    const record = await findRecord(reader, resource, key)
    if (record) return record.id
  }
  const text = digest && fields[digest.of]
  if (!digest || typeof text !== 'string') return null
  const [id = null] = await reader.pluck<string>(
    sql`select ${table.id} from ${table} where ${columnSql(table, digest.field)} = ${sha256(text)} order by ${table.firstSeq} limit 1`,
  )
  return id
}

/** The records with this name. @param name as returned by `namesOf` */
export async function namesakes(
  { search }: Pick<Engine, 'search'>,
  reader: Reader,
  resource: Resource,
  name: string,
): Promise<Doc[]> {
  const { table } = resource
  const rows = await reader.all<Stored>(
    sql`${selectStored(table)} where ${table.id} in (${search.matching(parseSearch(`"${name}"`))})`,
  )
  return rows.map(parse).filter((doc) => namesOf(resource, doc).includes(name))
}

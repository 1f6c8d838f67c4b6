// Which known record is meant: by what other systems call it, by its key in the vocabulary, by its text, by its names.
import { fold, parseSearch } from '../../core/search.ts'
import { sha256 } from '../../core/text.ts'
import { columnNamed } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { findByIdentifier, findRecord, parse, type Stored } from '../read/record.ts'
import type { Kind } from '../schema/fields.ts'
import type { Doc, Resource } from '../schema/resource.ts'
import type { Records } from '../write/records.ts'

type Fields = Record<string, unknown>

/** Fields beside its title that hold names of a record. */
const OTHER_NAMES: Partial<Record<Kind, string[]>> = {
  topic: ['slug'],
  organization: ['otherNames', 'abbreviation'],
  speaker: ['otherNames'],
  agreement: ['shortTitle'],
  state: ['officialName'],
}

/** The normalised names of a record, or of what is to become one. */
export const namesOf = (resource: Resource, fields: Fields): string[] =>
  [resource.titleField, ...(OTHER_NAMES[resource.kind] ?? [])].flatMap((field) => namesIn(fields[field]))

const namesIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value])
    .filter((name) => typeof name === 'string')
    .map(fold)
    .filter(Boolean)

/** What other systems call it, as far as that has the right form; the rest is left to the check of the record. */
export const identifiersIn = ({ identifiers }: Fields): { scheme: string; identifier: string }[] =>
  (Array.isArray(identifiers) ? identifiers : []).filter(
    (one) => typeof one?.scheme === 'string' && typeof one.identifier === 'string',
  )

/** The id of the record that the fields speak of, by what is unique: identifiers, a key of the vocabulary, the text of a source. */
export async function recognise(reader: Reader, resource: Resource, fields: Fields): Promise<string | null> {
  const { table, alias, prefix } = resource
  for (const { scheme, identifier } of identifiersIn(fields)) {
    const known = await findByIdentifier(reader, resource, scheme, identifier)
    if (known) return known
  }
  const key = fields[alias ?? 'code']
  if ((alias || prefix === null) && typeof key === 'string') {
    const known = await findRecord(reader, resource, key)
    if (known) return known.id
  }
  if (resource.kind !== 'source' || typeof fields['text'] !== 'string') return null
  const known = await reader.get<{ id: string }>(
    sql`select ${table.id} as id from ${table} where ${columnNamed(table, 'sha256')} = ${sha256(fields['text'])} order by ${table.firstSeq} limit 1`,
  )
  return known?.id ?? null
}

/** The records that have a name among theirs. @param name normalised, as `namesOf` has it */
export async function namesakes(
  records: Records,
  reader: Reader,
  resource: Resource,
  name: string,
): Promise<Doc[]> {
  const { table } = resource
  const rows = await reader.all<Stored>(
    sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.id} in (${records.engine.search.matching(parseSearch(`"${name}"`))})`,
  )
  return rows.map(parse).filter((doc) => namesOf(resource, doc).includes(name))
}

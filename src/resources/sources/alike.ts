// Recognises sources: by URL and language, or because one text contains the other. Equal texts are found before, by their hash.
import { urlKey } from '../../core/url-key.ts'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { phraseOf } from '../../records/read/matching.ts'
import { parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Likeness, Resource } from '../../records/schema/resource.ts'

type Fields = Record<string, unknown>

/** How many sources are compared with a text. */
const MAX_COMPARED = 50

export async function sourcesAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
  among?: readonly Doc[],
): Promise<Likeness[]> {
  if (among)
    return among.filter((doc) => hasSameUrl(fields, doc)).map((doc) => ({ doc, degree: 'candidate' }))
  const related = new Set(((fields['relations'] ?? []) as Fields[]).map(({ targetId }) => targetId))
  const found = [...(await withSameUrl(resource, tx, fields)), ...(await overlapping(resource, tx, fields))]
  return found
    .filter((doc) => !related.has(doc.id) && doc['text'] !== fields['text'])
    .map((doc) => ({
      doc,
      degree: 'candidate',
      ...(overlap(doc['text'], fields['text']) && { suggests: 'excerpt-of' }),
    }))
}

const hasSameUrl = ({ url, language }: Fields, doc: Doc) =>
  typeof url === 'string' && doc['url'] === url && doc['language'] === language

async function withSameUrl({ table }: Resource, tx: CatalogueReader, fields: Fields): Promise<Doc[]> {
  const { url, language } = fields
  if (typeof url !== 'string') return []
  const rows = await tx.all<Stored>(
    sql`${selectStored(table)} where ${columnSql(table, 'url')} = ${urlKey(url)} ${sql.limit(MAX_COMPARED)}`,
  )
  return rows.map(parse).filter((doc) => doc['language'] === language)
}

/** Sources of which the text contains that of the fields, or is contained in it; the latter only of the same publisher. */
async function overlapping({ table }: Resource, tx: CatalogueReader, fields: Fields): Promise<Doc[]> {
  const { text, publisherId } = fields
  if (typeof text !== 'string') return []
  const query = phraseOf(text)
  const conditions = [
    ...(query.length > 0 ? [sql`${table.id} in (${tx.engine.search.matching(query)})`] : []),
    ...(typeof publisherId === 'string' ? [sql`${columnSql(table, 'publisherId')} = ${publisherId}`] : []),
  ]
  const found: Doc[] = []
  for (const condition of conditions) {
    const rows = await tx.all<Stored>(
      sql`${selectStored(table)} where ${condition} order by ${table.firstSeq} desc ${sql.limit(MAX_COMPARED)}`,
    )
    found.push(...rows.map(parse).filter((doc) => overlap(doc['text'], text)))
  }
  return found
}

/** Whether one of two texts contains the other. */
const overlap = (one: unknown, other: unknown) =>
  typeof one === 'string' && typeof other === 'string' && (one.includes(other) || other.includes(one))

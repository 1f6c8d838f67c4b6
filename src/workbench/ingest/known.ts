// Finds sources that have a text already: the same one, a part or the whole of it, or a reprint.
import { wordsOf } from '../../core/fold.ts'
import { sha256 } from '../../core/text.ts'
import { urlKey } from '../../core/url-key.ts'
import { columnSql } from '../../db/columns.ts'
import { type SQL, sql } from '../../db/sql.ts'
import type { ReadContext } from '../../records/read/context.ts'
import { parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { Doc } from '../../records/schema/document.ts'

/**
 * How the text of a stored source is related to a new one. `contains`: the new one is a part of it. `contained`: it is a part of the
 * new one. `similar`: both have many of their words in common. `address`: only the address is the same.
 */
export type Likeness = 'same' | 'contains' | 'contained' | 'similar' | 'address'

export interface KnownSource {
  doc: Doc
  likeness: Likeness
  /** How much of the new text it has, from 0 to 1. */
  share: number
}

/** The shares of two texts, of which one is enough, from which they are similar. */
const MIN_SHARE = 0.3

const MAX_SHOWN = 5

/** The stored sources that have a text, or are of its address, those with the most of it first. */
export async function findKnown(
  context: Pick<ReadContext, 'reader' | 'engine' | 'catalogue'>,
  { text, url }: { text: string; url: string | null },
): Promise<KnownSource[]> {
  const { table } = context.catalogue.resource('source')
  const select = async (condition: SQL) =>
    (
      await context.reader.all<Stored>(
        sql`${selectStored(table)} where ${condition} order by ${table.firstSeq} ${sql.limit(MAX_COMPARED)}`,
      )
    ).map(parse)
  const ids = await idsWithPhrases(context, text)
  const docs = [
    ...(await select(sql`${columnSql(table, 'sha256')} = ${sha256(text)}`)),
    ...(url === null ? [] : await select(sql`${columnSql(table, 'url')} = ${urlKey(url)}`)),
    ...(ids.length === 0 ? [] : await select(sql`${table.id} in ${ids}`)),
  ]
  const own = new Shingles(text)
  const known = new Map(docs.map((doc) => [doc.id, compare(doc, { text, url, own })]))
  return [...known.values()]
    .filter((one) => one !== null)
    .toSorted((one, other) => other.share - one.share)
    .slice(0, MAX_SHOWN)
}

function compare(
  doc: Doc,
  { text, url, own }: { text: string; url: string | null; own: Shingles },
): KnownSource | null {
  const other = doc['text']
  const address: KnownSource | null =
    url !== null && typeof doc['url'] === 'string' && urlKey(doc['url']) === urlKey(url)
      ? { doc, likeness: 'address', share: 0 }
      : null
  if (typeof other !== 'string') return address
  if (other === text) return { doc, likeness: 'same', share: 1 }
  if (other.includes(text)) return { doc, likeness: 'contains', share: 1 }
  const shingles = new Shingles(other)
  const share = own.shareIn(shingles)
  if (text.includes(other)) return { doc, likeness: 'contained', share }
  return Math.max(share, shingles.shareIn(own)) >= MIN_SHARE ? { doc, likeness: 'similar', share } : address
}

/** How many sources are compared with a text. */
const MAX_COMPARED = 20

/** The length of a phrase in words, and how many are searched. */
const PHRASE_WORDS = 8
const MAX_PHRASES = 12

/** A phrase that more sources have, such as a form of address, says nothing. */
const MAX_WITH_PHRASE = 5

/** The ids of sources with phrases of a text that few have. */
async function idsWithPhrases(
  { reader, engine }: Pick<ReadContext, 'reader' | 'engine'>,
  text: string,
): Promise<string[]> {
  const found = new Map<string, number>()
  for (const words of phrasesOf(text)) {
    const query = [{ all: [{ words, prefix: false }], not: [] }]
    const hits = await engine.search.latest(reader, query, ['source'], MAX_WITH_PHRASE + 1, 0)
    if (hits.length > MAX_WITH_PHRASE) continue
    for (const { recordId } of hits) found.set(recordId, (found.get(recordId) ?? 0) + 1)
  }
  return [...found]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, MAX_COMPARED)
    .map(([id]) => id)
}

/** Phrases from the middle of sentences that are spread over a text; of a short text, all its words. */
function phrasesOf(text: string): string[][] {
  const sentences = text.split(/[\n.!?。！？۔]+/).map(wordsOf)
  const long = sentences.filter((words) => words.length >= PHRASE_WORDS)
  if (long.length === 0) return [wordsOf(text).slice(0, PHRASE_WORDS)].filter((words) => words.length > 0)
  const step = Math.max(1, long.length / MAX_PHRASES)
  const chosen = Array.from(
    { length: Math.min(long.length, MAX_PHRASES) },
    (_, index) => long[Math.floor(index * step)],
  )
  return chosen.flatMap((words) => {
    if (!words) return []
    const start = Math.floor((words.length - PHRASE_WORDS) / 2)
    return [words.slice(start, start + PHRASE_WORDS)]
  })
}

const SHINGLE_WORDS = 5

/** The runs of words of a text, by which texts are compared whatever their case, marks and line breaks. */
class Shingles {
  readonly #all: ReadonlySet<string>

  constructor(text: string) {
    const words = wordsOf(text)
    const count = Math.max(1, words.length - SHINGLE_WORDS + 1)
    this.#all = new Set(
      Array.from({ length: count }, (_, at) => words.slice(at, at + SHINGLE_WORDS).join(' ')),
    )
  }

  /** How many of them others have, from 0 to 1. */
  shareIn(other: Shingles): number {
    let shared = 0
    for (const one of this.#all) if (other.#all.has(one)) shared++
    return shared / this.#all.size
  }
}

// Reads what the controls of a form offer: states and topics, posts of a person, and the records that are found by words.
import type { ReadContext } from '../../records/read/context.ts'
import { partsIn } from '../../records/read/docs.ts'
import { listPage } from '../../records/read/page.ts'
import { listQuery } from '../../records/read/parameters.ts'
import { findSurvivor, parse } from '../../records/read/record.ts'
import { searchPage } from '../../records/read/search.ts'
import type { Doc } from '../../records/schema/document.ts'
import { type Kind, kindOfId, refPattern } from '../../records/schema/kinds.ts'
import type { Language } from '../../web/languages.ts'
import { type Names, namesIn } from '../../web/names.ts'
import { beside, entriesOf, type Fields } from './fields.ts'
import type { Node, Scalar } from './nodes.ts'

/** Kinds with few records, which are offered in a list. */
export type Vocabulary = 'state' | 'topic'

export const vocabularyOf = ({ kinds }: Scalar): Vocabulary | undefined => {
  const [kind, ...others] = kinds
  return others.length === 0 && (kind === 'state' || kind === 'topic') ? kind : undefined
}

/** A record that was found, with its parts that tell it from others. */
export interface FoundRecord {
  doc: Doc
  kind: Kind
  memberships: readonly Doc[]
}

/** What a search found, and whether there is more. */
export interface FoundRecords {
  records: readonly FoundRecord[]
  more: boolean
}

export interface FormOptions {
  /** All records of a vocabulary; undefined if they are too many for a list. */
  vocabularies: Readonly<Record<Vocabulary, readonly Doc[] | undefined>>
  /** The posts of people, by the id of the person. */
  posts: ReadonlyMap<string, readonly Doc[]>
  /** The records that were found, by the name of the field. */
  found: ReadonlyMap<string, FoundRecords>
  names: Names
  /** Records that are offered without a search: cards of the same draft, which are not stored yet. */
  drafted?: readonly FoundRecord[]
  /** The names of fields for which no new record can be made. */
  onlyStored?: readonly string[]
}

const NOW = { asOf: null, seq: null }

/** The names of the fields of scalars, with their nodes. */
export function scalarsOf(node: Node, fields: Fields, name = ''): [string, Scalar][] {
  if (node.is === 'scalar') return [[name, node]]
  if (node.is === 'list')
    return entriesOf(fields, name).flatMap((index) => scalarsOf(node.item, fields, `${name}.${index}`))
  return Object.entries(node.members).flatMap(([key, member]) =>
    scalarsOf(member, fields, name === '' ? key : `${name}.${key}`),
  )
}

/** @param docs that the page shows too, whose names it needs */
export async function readOptions(
  context: ReadContext,
  node: Node,
  fields: Fields,
  language: Language,
  docs: readonly Doc[] = [],
): Promise<FormOptions> {
  const references = scalarsOf(node, fields).filter(([, { input }]) => input === 'reference')
  const vocabularies = {
    state: await vocabulary(context, 'state', references),
    topic: await vocabulary(context, 'topic', references),
  }
  const found = new Map<string, FoundRecords>()
  const people = new Set<string>()
  for (const [name, { kinds }] of references) {
    const words = (fields.get(beside(name, 'find')) ?? '').trim()
    if (words !== '') found.set(name, await findRecords(context, kinds, words))
    const person = kinds.includes('membership') && fields.get(holderOf(name))
    if (person) people.add(person)
  }
  const held = await partsIn(context, context.catalogue.child('membership'), [...people], NOW)
  const posts = new Map([...people].map((id) => [id, held.filter(({ recordId }) => recordId === id)]))
  const shown = [
    ...docs,
    ...Object.values(vocabularies).flatMap((each) => each ?? []),
    ...[...posts.values()].flat(),
    ...[...found.values()].flatMap(({ records }) =>
      records.flatMap(({ doc, memberships }) => [doc, ...memberships]),
    ),
  ]
  const names = await namesIn(context, [...shown, ...fields.values()], NOW, language)
  return { vocabularies, posts, found, names }
}

/** The field with the person whose post a field refers to. */
export const holderOf = (name: string) => name.replace(/[^.]+$/, 'speakerId')

/** More records, and more options on a page, are searched, not listed. */
const MAX_LISTED = 200
const MAX_OPTIONS = 20_000

async function vocabulary(
  context: ReadContext,
  kind: Vocabulary,
  references: readonly [string, Scalar][],
): Promise<readonly Doc[] | undefined> {
  const controls = references.filter(([, scalar]) => vocabularyOf(scalar) === kind).length
  if (controls === 0) return []
  const resource = context.catalogue.resource(kind)
  const query = { ...listQuery(resource, {}, NOW_CLOCKS), limit: MAX_LISTED }
  const { rows, nextCursor } = await listPage(context, resource, query)
  return nextCursor === null && rows.length * controls <= MAX_OPTIONS ? rows.map(parse) : undefined
}

const NOW_CLOCKS = { asOf: null, knownAt: null }

const MAX_FOUND = 10

/** The records of some kinds that words describe, the best first; or the one whose id or address is among the words. */
export async function findRecords(
  context: ReadContext,
  kinds: readonly Kind[],
  words: string,
): Promise<FoundRecords> {
  const id = words.match(/[a-z]{3}_[0-9a-z]{26}/)?.[0] ?? words
  const named = kinds.find(
    (kind) => kindOfId(id) === kind || (kindOfId(id) === undefined && refPattern(kind).test(id)),
  )
  const stored = named && (await findSurvivor(context.reader, context.catalogue.entity(named), id))
  if (stored) return { records: await withPosts(context, [parse(stored)]), more: false }
  const q = plainWords(words)
  const search = (q: string) => searchPage(context, { q, kind: [...kinds], limit: MAX_FOUND })
  const whole = await search(q)
  // The last word may be the beginning of one.
  const { hits, page } = whole.hits.length > 0 || q === '' ? whole : await search(`${q}*`)
  const docs = hits.map(({ doc }) => doc)
  return { records: await withPosts(context, docs), more: page.nextCursor !== null }
}

/** Words without the signs of the query language. */
const plainWords = (words: string) =>
  words
    .replace(/["*“”„«»]/g, ' ')
    .replace(/(?<=^|\s)[-‐–—|]+/g, ' ')
    .replace(/\bOR\b/g, 'or')
    .trim()

async function withPosts(context: ReadContext, docs: readonly Doc[]): Promise<FoundRecord[]> {
  const { catalogue } = context
  const people = docs.filter(({ id }) => kindOfId(id) === 'speaker').map(({ id }) => id)
  const posts = await partsIn(context, catalogue.child('membership'), people, NOW)
  return docs.map((doc) => ({
    doc,
    kind: kindOfId(doc.id) ?? 'state',
    memberships: posts.filter(({ recordId }) => recordId === doc.id),
  }))
}

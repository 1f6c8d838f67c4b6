// The kinds of records and the formats of their ids.
import { idPattern } from '../../core/ids.ts'

/** The prefix of the ids of each kind. States are identified by their ISO 3166-1 alpha-2 code instead. */
export const PREFIXES = {
  meeting: 'mtg',
  speaker: 'spk',
  proposal: 'prp',
  agreement: 'agr',
  statement: 'stm',
  organization: 'org',
  source: 'src',
  topic: 'top',
  evidence: 'evd',
  event: 'evt',
  position: 'pos',
  relation: 'rel',
} as const

export type Kind = keyof typeof PREFIXES | 'state'

export const STATE_CODE = /^[A-Z]{2}$/
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** A well-formed id for examples that no record has. */
export const exampleId = (kind: keyof typeof PREFIXES) => `${PREFIXES[kind]}_01gb6jc400ezz8kdnweefcy4dk`

/** A kind with few records: a filter that names none of them is refused with their list. */
export const isVocabulary = (kind: Kind) => kind === 'topic' || kind === 'state'

/** The kind of the record with this id, by its prefix. */
export const kindOfId = (id: string) =>
  Object.entries(PREFIXES).find(([, prefix]) => id.startsWith(`${prefix}_`))?.[0] as Kind | undefined

/** The format of a reference to a kind: an id, the code of a state, or the id or slug of a topic. */
export function refPattern(kind: Kind): RegExp {
  if (kind === 'state') return STATE_CODE
  if (kind === 'topic') return new RegExp(`${idPattern(PREFIXES.topic).source}|${SLUG.source}`)
  return idPattern(PREFIXES[kind])
}

export const withArticle = (kind: string) =>
  kind === 'evidence' ? kind : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`

/** The message for a text that is not a reference to a kind. */
export function wrongReference(kind: Kind, value: string): string {
  if (kind === 'state') return 'Must be the ISO 3166-1 alpha-2 code of a state, such as RU.'
  const expected = `Must be the id of ${withArticle(kind)} (${PREFIXES[kind]}_…)`
  const actualKind = kindOfId(value)
  return actualKind && actualKind !== kind
    ? `${expected}; this is the id of ${withArticle(actualKind)}.`
    : `${expected}.`
}

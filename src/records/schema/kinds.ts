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
  membership: 'mbr',
} as const

export type Kind = keyof typeof PREFIXES | 'state'

export const STATE_CODE = /^[A-Z]{2}$/
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** The ids of records of the seed, for examples; it has no positions. */
const EXAMPLES: Partial<Record<Kind, string>> = {
  meeting: 'mtg_01gb6jc400e2etq4tax4jyms25',
  speaker: 'spk_01gb6jc400f3jvw4vjq1313fg2',
  proposal: 'prp_01gb6jc400egbsbzx9etj88v69',
  agreement: 'agr_01gb6jc400f608sbjerh9mnfkg',
  statement: 'stm_01gb6jc400ekb8s8p2h2w59e7n',
  organization: 'org_01gb6jc400f7na45p200v7zp9m',
  source: 'src_01gb6jc400fycan90mth81g8js',
  topic: 'top_01gb6jc400f6tvqy7rgjtptjgy',
  state: 'RU',
  evidence: 'evd_01gb6jc400e1zsxpzgtpczdeex',
  event: 'evt_01gb6jc400f8jb44pg3mzhnf9m',
  membership: 'mbr_01gb6jc400faja2swwb3t14mqx',
  relation: 'rel_01gb6jc400e2kayqf1c3r72adk',
}

export const exampleId = (kind: Kind) =>
  EXAMPLES[kind] ?? `${PREFIXES[kind as keyof typeof PREFIXES]}_01gb6jc400ezz8kdnweefcy4dk`

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

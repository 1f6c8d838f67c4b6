// The types of relations between records: from which kinds to which each may lead, and which must not form cycles.

interface Row {
  type: string
  from: readonly string[]
  to: readonly string[]
  /** Whether relations of this type between these kinds must not form cycles. */
  acyclic?: true
}

const TEXTS = ['proposal', 'agreement'] as const
const AGREEMENT = ['agreement'] as const
const ORGANIZATION = ['organization'] as const
const SOURCE = ['source'] as const

/** A type has several rows if its cycles are legal between some kinds only. */
export const RELATION_ROWS = [
  { type: 'restates', from: TEXTS, to: TEXTS },
  { type: 'elaborates', from: TEXTS, to: TEXTS },
  { type: 'supersedes', from: TEXTS, to: TEXTS, acyclic: true },
  { type: 'incorporated-into', from: TEXTS, to: TEXTS, acyclic: true },
  { type: 'refers-to', from: TEXTS, to: TEXTS },
  { type: 'based-on', from: TEXTS, to: TEXTS },
  { type: 'implements', from: [...TEXTS, 'meeting', 'organization'], to: TEXTS },
  { type: 'became', from: ['proposal'], to: AGREEMENT },
  { type: 'amends', from: AGREEMENT, to: AGREEMENT, acyclic: true },
  { type: 'approves', from: AGREEMENT, to: AGREEMENT },
  { type: 'annexed-to', from: AGREEMENT, to: AGREEMENT, acyclic: true },
  { type: 'established-by', from: ORGANIZATION, to: AGREEMENT },
  { type: 'succeeds', from: ORGANIZATION, to: ORGANIZATION },
  { type: 'translation-of', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'reprint-of', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'excerpt-of', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'version-of', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'based-on', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'corrects', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'retracts', from: SOURCE, to: SOURCE, acyclic: true },
  { type: 'questions', from: SOURCE, to: SOURCE, acyclic: true },
] as const satisfies readonly Row[]

export type RelationType = (typeof RELATION_ROWS)[number]['type']

const ROWS: readonly Row[] = RELATION_ROWS

/** All types, in the order of the table. */
export const RELATION_TYPES = [...new Set(RELATION_ROWS.map(({ type }) => type))] as [
  RelationType,
  ...RelationType[],
]

/** The types of relations that a kind of record can have, in the order of the table; none: it has no relations. */
export const relationTypesFrom = (kind: string): RelationType[] => [
  ...new Set(ROWS.filter(({ from }) => from.includes(kind)).map(({ type }) => type as RelationType)),
]

/** The kinds to which relations of a kind of record may lead, by one type or by any. */
export const relationTargets = (kind: string, type?: string): string[] => [
  ...new Set(
    ROWS.filter((row) => row.from.includes(kind) && (type === undefined || row.type === type)).flatMap(
      ({ to }) => to,
    ),
  ),
]

/** Whether relations of a type from a kind of record must not form cycles. */
export const isAcyclic = (type: string, kind: string): boolean =>
  ROWS.some((row) => row.type === type && row.from.includes(kind) && row.acyclic)

/** The types that make two sources one origin, in either direction. */
export const SAME_ORIGIN: readonly RelationType[] = [
  'translation-of',
  'reprint-of',
  'excerpt-of',
  'version-of',
  'based-on',
]

/** The types that lead from a later edition of a source to an earlier one. */
export const LATER_EDITION: readonly RelationType[] = ['version-of', 'corrects']

export const STANDINGS = ['current', 'corrected', 'questioned', 'retracted'] as const

export type Standing = (typeof STANDINGS)[number]

/** The standing that each relation to a source gives it, the strongest first. */
const STANDING_BY: readonly [RelationType, Standing][] = [
  ['retracts', 'retracted'],
  ['questions', 'questioned'],
  ['corrects', 'corrected'],
]

/** The standing of a source. @param incoming the types of the relations that lead to it */
export const standingOf = (incoming: readonly string[]): Standing =>
  STANDING_BY.find(([type]) => incoming.includes(type))?.[1] ?? 'current'

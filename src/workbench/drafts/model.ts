// A draft: a report that is being written, as a source and cards, each for a record or part with the quotes that it rests on.
import { z } from 'zod'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Ingested } from '../ingest/ingest.ts'

type Values = Record<string, Json>

/** A quote from the text of the draft. Positions are code points, the end exclusive. */
export interface Quote {
  start: number
  end: number
  exact: string
  /** The other fields of evidence: `field`, `value`, `motivation`, `assertion`, `note` … */
  fields: Values
}

/** A record or part to be written. Fields may refer to those of other cards, as `=key`. */
export interface Card {
  /** By which other cards refer to it. */
  key: string
  kind: Kind
  /** Of a part: the record that it belongs to, as `=key` of another card or as an id. */
  of: string | null
  /** The stored record that it describes, if that was chosen. */
  id: string | null
  /** Stored records that look the same and are not. */
  distinctFrom: string[]
  fields: Values
  /** All fields of its form as they were typed, if some could not be read. */
  typed: Record<string, string> | null
  quotes: Quote[]
}

/** A record that was written. */
export interface SavedRecord {
  key: string | null
  kind: Kind
  id: string
  outcome: 'created' | 'matched' | 'updated'
}

export interface DraftContent {
  /** The card of the source, whose key is `source`. Its text is `text`. */
  source: Card
  text: string
  cards: Card[]
  /** The number of the next card. */
  next: number
  /** Whether the text replaces that of the stored source, which is an excerpt of it. */
  completes: boolean
  /** What was said of the text when it was taken. */
  origin: Origin | null
  /** What became of it; null until it is saved. */
  saved: { at: string; sourceId: string; records: SavedRecord[] } | null
}

/** Where a text comes from, and what was changed in it. */
export type Origin = Pick<
  Ingested,
  'publisher' | 'changes' | 'encoding' | 'encodingGuessed' | 'languageGuessed' | 'whole' | 'pagesLeftOut'
> & {
  /** Whether the day of publication is the first one that the text names. */
  dayGuessed: boolean
}

export const SOURCE_KEY = 'source'

const fields = z.record(z.string(), z.unknown()) as unknown as z.ZodType<Values>

const card = z.object({
  key: z.string(),
  kind: z.string() as unknown as z.ZodType<Kind>,
  of: z.string().nullable(),
  id: z.string().nullable(),
  distinctFrom: z.array(z.string()),
  fields,
  typed: z.record(z.string(), z.string()).nullable(),
  quotes: z.array(z.object({ start: z.int(), end: z.int(), exact: z.string(), fields })),
})

const content = z.object({
  source: card,
  text: z.string(),
  cards: z.array(card),
  next: z.int(),
  completes: z.boolean(),
  origin: z.looseObject({}).nullable(),
  saved: z
    .object({
      at: z.string(),
      sourceId: z.string(),
      records: z.array(
        z.object({
          key: z.string().nullable(),
          kind: z.string() as unknown as z.ZodType<Kind>,
          id: z.string(),
          outcome: z.enum(['created', 'matched', 'updated']),
        }),
      ),
    })
    .nullable(),
})

/** @throws Error if it is not the content of a draft */
export const parseContent = (text: string): DraftContent =>
  content.parse(JSON.parse(text)) as unknown as DraftContent

/** A card without fields. */
export const emptyCard = (key: string, kind: Kind, of: string | null = null): Card => ({
  key,
  kind,
  of,
  id: null,
  distinctFrom: [],
  fields: {},
  typed: null,
  quotes: [],
})

/** A draft without cards. @param id of the source, if it is stored */
export const newDraft = (text: string, source: Values, id: string | null = null): DraftContent => ({
  source: { ...emptyCard(SOURCE_KEY, 'source'), fields: source, id },
  text,
  cards: [],
  next: 1,
  completes: false,
  origin: null,
  saved: null,
})

/** The language of the text. */
export const languageOf = ({ source }: DraftContent): string => String(source.fields['language'] ?? 'en')

/** The card of the source and all others. */
export const cardsOf = ({ source, cards }: DraftContent): Card[] => [source, ...cards]

export const cardWith = (draft: DraftContent, key: string): Card | undefined =>
  cardsOf(draft).find((each) => each.key === key)

/** The draft with a new card at its end. The key is the next number. */
export function withCard(
  draft: DraftContent,
  make: (key: string) => Card,
): { draft: DraftContent; card: Card } {
  const added = make(`c${draft.next}`)
  return { draft: { ...draft, cards: [...draft.cards, added], next: draft.next + 1 }, card: added }
}

/** The draft with another card in place of the one with its key. */
export const withChanged = (draft: DraftContent, changed: Card): DraftContent => ({
  ...draft,
  source: draft.source.key === changed.key ? changed : draft.source,
  cards: draft.cards.map((each) => (each.key === changed.key ? changed : each)),
})

/** The draft without a card, the parts that belong to it, and the references to either. */
export function withoutCard(draft: DraftContent, key: string): DraftContent {
  const removed = new Set([key, ...draft.cards.filter(({ of }) => of === `=${key}`).map((part) => part.key)])
  const references = new Set([...removed].map((each) => `=${each}`))
  const cleared = (each: Card): Card => ({
    ...each,
    fields: withoutReferences(each.fields, references) as Values,
    quotes: each.quotes.map((quote) => ({
      ...quote,
      fields: withoutReferences(quote.fields, references) as Values,
    })),
  })
  return {
    ...draft,
    source: cleared(draft.source),
    cards: draft.cards.filter((each) => !removed.has(each.key)).map(cleared),
  }
}

/** A value in which references are null, and left out of lists. */
function withoutReferences(value: Json, references: ReadonlySet<string>): Json {
  const isGone = (inner: Json) => typeof inner === 'string' && references.has(inner)
  if (Array.isArray(value))
    return value.filter((inner) => !isGone(inner)).map((inner) => withoutReferences(inner, references))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, withoutReferences(inner, references)]),
    )
  return isGone(value) ? null : value
}

/** The keys of the cards that a card refers to, and of the one that it belongs to. */
export function referencesOf({ of, fields, quotes, distinctFrom }: Card): Set<string> {
  const found = new Set<string>()
  const visit = (value: Json): void => {
    if (typeof value === 'string') {
      const key = /^=([\w.-]+)$/.exec(value)?.[1]
      if (key !== undefined) found.add(key)
    } else if (value !== null && typeof value === 'object')
      for (const inner of Object.values(value)) visit(inner)
  }
  visit([of, fields, distinctFrom, quotes.map((quote) => quote.fields)])
  return found
}

/** The kinds of cards: all records but sources, their parts, and `evidence`, which adds quotes to a stored record. */
export const cardKinds = ({ resources, children }: Catalogue): Kind[] =>
  [...resources, ...children].map(({ kind }) => kind).filter((kind) => kind !== 'source')

/** The kinds of records that a part, or evidence, can belong to. */
export const ownersOf = (catalogue: Catalogue, kind: Kind): readonly Kind[] => {
  const { of = [] } = catalogue.children.find((child) => child.kind === kind) ?? {}
  return of.filter((owner) => owner !== 'source' && catalogue.findResource(owner))
}

/** Whether a part belongs to no record yet. */
export const isLoose = (catalogue: Catalogue, { kind, of }: Card): boolean =>
  of === null && catalogue.findResource(kind) === undefined

/** The title of a card: that of its record, the role of a post, or the beginning of its first quote. */
export function titleOfCard(catalogue: Catalogue, { kind, fields, quotes }: Card): string {
  const title = fields[catalogue.findResource(kind)?.titleField ?? 'role']
  return typeof title === 'string' && title !== '' ? title : (quotes[0]?.exact ?? '')
}

// Turns a draft into the body of a report, and the places of a report back into cards.
import type { Item, Report, Section } from '../../features/reports/write.ts'
import { SECTIONS } from '../../features/reports/write.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { type Kind, kindOfId } from '../../records/schema/kinds.ts'
import { type Card, type DraftContent, type Quote, referencesOf, SOURCE_KEY, withoutCard } from './model.ts'

type Fields = Record<string, unknown>

/** Where a card or one of its quotes is in a report. */
export interface Place {
  /** A JSON Pointer into the report. */
  pointer: string
  key: string
  /** The index of a quote of the card. */
  quote: number | null
}

const sectionOf = (kind: Kind): Section | undefined =>
  (Object.keys(SECTIONS) as Section[]).find((section) => SECTIONS[section] === kind)

/**
 * The report of a draft. Cards that belong to nothing that can be in it are left out.
 * @param without the keys of cards to leave out, whose parts are left out with them
 */
export function toReport(
  catalogue: Catalogue,
  draft: DraftContent,
  without: ReadonlySet<string> = new Set(),
): { report: Report; places: Place[] } {
  const places: Place[] = []
  const cards = inOrder(draft.cards.filter(({ key }) => !without.has(key)))
  const add = (pointer: string, card: Card, item: Fields): Fields => {
    places.push({ pointer, key: card.key, quote: null })
    const evidence = card.quotes.map((quote, index) => {
      places.push({ pointer: `${pointer}/evidence/${index}`, key: card.key, quote: index })
      return evidenceOf(quote)
    })
    return { ...item, ...(evidence.length > 0 && { evidence }) }
  }
  /** The parts of a record, by their lists. */
  const partsOf = (pointer: string, owner: string): Fields => {
    const lists: Record<string, Fields[]> = {}
    for (const card of cards.filter(({ of, kind }) => of === owner && kind !== 'evidence')) {
      const { path } = catalogue.entity(card.kind)
      const list = lists[path] ?? []
      lists[path] = list
      list.push(add(`${pointer}/${path}/${list.length}`, card, { key: card.key, ...card.fields }))
    }
    return lists
  }
  const itemOf = (pointer: string, card: Card): Item =>
    add(pointer, card, {
      ...(card.key !== SOURCE_KEY && { key: card.key }),
      ...(card.id !== null && { id: card.id }),
      ...card.fields,
      ...(card.distinctFrom.length > 0 && { distinctFrom: card.distinctFrom }),
      ...partsOf(pointer, `=${card.key}`),
    }) as Item

  const { source } = withoutMissing(draft, without)
  const report: Report = {
    source: { ...itemOf('/source', source), ...(source.id === null && { text: draft.text }) },
  }
  const items = (section: Section) => (report[section] ??= [])
  for (const card of cards) {
    const section = sectionOf(card.kind)
    if (!section) continue
    items(section).push(itemOf(`/${section}/${items(section).length}`, card))
  }
  for (const [owner, ofOwner] of Map.groupBy(cards, ({ of }) => of ?? '')) {
    const section = owner.startsWith('=') ? undefined : sectionOf(kindOfId(owner) ?? 'state')
    if (owner === '' || !section) continue
    const pointer = `/${section}/${items(section).length}`
    const quoting = ofOwner.filter(({ kind }) => kind === 'evidence')
    const evidence = quoting.flatMap((card) => card.quotes.map((quote, index) => ({ card, quote, index })))
    for (const [at, { card, index }] of evidence.entries())
      places.push({ pointer: `${pointer}/evidence/${at}`, key: card.key, quote: index })
    for (const card of quoting) places.push({ pointer, key: card.key, quote: null })
    items(section).push({
      id: owner,
      ...partsOf(pointer, owner),
      ...(evidence.length > 0 && { evidence: evidence.map(({ quote }) => evidenceOf(quote)) }),
    })
  }
  return { report, places }
}

/** The draft whose source refers to no card that is left out. */
const withoutMissing = (draft: DraftContent, missing: ReadonlySet<string>): DraftContent =>
  [...missing].reduce((rest, key) => withoutCard(rest, key), draft)

const evidenceOf = ({ start, end, exact, fields }: Quote): Fields => ({ exact, start, end, ...fields })

/** The card that a pointer leads to, and the rest of the pointer. */
export function placeOf(places: readonly Place[], pointer: string): (Place & { rest: string }) | undefined {
  const around = places.filter(
    (place) => pointer === place.pointer || pointer.startsWith(`${place.pointer}/`),
  )
  const [closest] = around.toSorted((one, other) => other.pointer.length - one.pointer.length)
  return closest && { ...closest, rest: pointer.slice(closest.pointer.length) }
}

/** The keys of cards that cannot be written without others: their parts, and those that refer to them; with these. */
export function withDependents(draft: DraftContent, missing: Iterable<string>): Set<string> {
  const all = new Set(missing)
  for (let before = -1; before !== all.size; ) {
    before = all.size
    for (const card of draft.cards) if ([...referencesOf(card)].some((key) => all.has(key))) all.add(card.key)
  }
  return all
}

/** Cards in an order in which each follows those of its kind that it refers to. */
function inOrder(cards: readonly Card[]): Card[] {
  const ordered = new Set<Card>()
  const open = new Set<Card>()
  const add = (card: Card): void => {
    if (ordered.has(card) || open.has(card)) return
    open.add(card)
    const keys = referencesOf(card)
    for (const other of cards) if (other.kind === card.kind && keys.has(other.key)) add(other)
    ordered.add(card)
  }
  for (const card of cards) add(card)
  return [...ordered]
}

// Makes cards of words of the text, and adds words to cards.
import { wordsOf } from '../../core/fold.ts'
import { IndexedText, type Located, locateQuote, type TextRange } from '../../core/quotes.ts'
import type { ReadContext } from '../../records/read/context.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { cardWith, type DraftContent, ownersOf, type Quote, withCard, withChanged } from './model.ts'
import { fillCard, proposedEvent, quoteAt } from './prefill.ts'

/**
 * The place of words: where they were selected, or where the text has them.
 * @param place such as `163-210`, in code points; empty: none was selected
 */
export function locateWords(text: IndexedText, words: string, place: string): Located {
  const [start, end] = (/^(\d{1,7})-(\d{1,7})$/.exec(place)?.slice(1) ?? []).map(Number)
  if (start !== undefined && end !== undefined) {
    const exact = text.text.slice(text.toUnit(start), text.toUnit(end))
    if (exact !== '') return locateQuote(text, { exact, start, end })
  }
  const found = locateQuote(text, { exact: words })
  const trimmed = words.trim()
  return found.found || trimmed === words ? found : locateQuote(text, { exact: trimmed })
}

/**
 * The draft with words as a new card, or as a further quote of one.
 * @param as a kind, or `=key` of a card
 * @returns it, and the key of the card
 */
export async function withMarked(
  context: Pick<ReadContext, 'reader' | 'catalogue'>,
  content: DraftContent,
  as: string,
  range: TextRange,
): Promise<{ key: string; content: DraftContent }> {
  const text = new IndexedText(content.text)
  const present = as.startsWith('=') ? cardWith(content, as.slice(1)) : undefined
  if (present) {
    const quotes = [...present.quotes, quoteAt(text, range, { motivation: 'quote' })]
    return { key: present.key, content: withChanged(content, { ...present, quotes }) }
  }
  const kind = as as Kind
  const of = ownerFor(context.catalogue, content, kind, quoteAt(text, range))
  const filled = await fillCard(context, content, { key: `c${content.next}`, kind, of, range })
  const { draft } = withCard(content, () => filled)
  if (kind !== 'proposal') return { key: filled.key, content: draft }
  const event = await proposedEvent(context, draft, { key: `c${draft.next}`, proposal: filled, range })
  return { key: filled.key, content: event ? withCard(draft, () => event).draft : draft }
}

/**
 * The card that a new part belongs to: of those that can have it the one that shares most words with the quote, then the one that
 * the text has last before it.
 */
function ownerFor(
  catalogue: Catalogue,
  { cards }: DraftContent,
  kind: Kind,
  { exact, start }: Quote,
): string | null {
  if (kind === 'evidence') return null
  const owners = ownersOf(catalogue, kind)
  const words = longWords(exact)
  const [best] = cards
    .filter((card) => owners.includes(card.kind))
    .map((card) => ({
      key: card.key,
      shared: longWords(card.quotes.map((quote) => quote.exact).join(' ')).intersection(words).size,
      before: Math.max(-1, ...card.quotes.flatMap((quote) => (quote.start <= start ? quote.start : []))),
    }))
    .reverse()
    .toSorted((one, other) => other.shared - one.shared || other.before - one.before)
  return best ? `=${best.key}` : null
}

/** Words that say more than those of few letters. */
const longWords = (text: string) => new Set(wordsOf(text).filter((word) => word.length > 4))

/** What was marked in one window, in a draft that another window has changed meanwhile: its cards get new keys. */
export function rebased(current: DraftContent, before: DraftContent, after: DraftContent): DraftContent {
  let draft = current
  for (const { key, quotes } of before.cards) {
    const added = cardWith(after, key)?.quotes.slice(quotes.length) ?? []
    const theirs = cardWith(draft, key)
    if (theirs && added.length > 0)
      draft = withChanged(draft, { ...theirs, quotes: [...theirs.quotes, ...added] })
  }
  const renamed = new Map<string, string>()
  for (const card of after.cards.filter(({ key }) => !cardWith(before, key))) {
    const of = (card.of && renamed.get(card.of)) ?? card.of
    const { draft: next, card: made } = withCard(draft, (key) => ({ ...card, key, of }))
    renamed.set(`=${card.key}`, `=${made.key}`)
    draft = next
  }
  return draft
}

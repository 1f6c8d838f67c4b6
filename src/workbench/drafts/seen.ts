// What a form showed of a card, so that a change in another window is noticed, and only what was typed here goes before it.
import { hash } from 'node:crypto'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { type Html, html } from '../../web/html.ts'
import type { Page } from '../../web/page.ts'
import { hiddenField } from '../controls.ts'
import type { Fields } from '../forms/fields.ts'
import { dateWriter } from '../forms/form-page.ts'
import { fieldsOfCard, QUOTES } from './card-form.ts'
import type { Card, DraftContent } from './model.ts'

/** Identifies the state of a card. */
export const seenOf = (card: Card): string => hash('sha256', JSON.stringify(card), 'base64url').slice(0, 16)

/** The fields of a form that say what it showed. */
export function seenFields(page: Page, catalogue: Catalogue, draft: DraftContent, card: Card): Html {
  const fields = [...fieldsOfCard(catalogue, draft, card, dateWriter(page))]
  const shown = Object.fromEntries([...fields.filter(([, text]) => text !== ''), [QUOTES, placesOf(card)]])
  return html`${hiddenField('seen', seenOf(card))}${hiddenField('shown', JSON.stringify(shown))}`
}

const placesOf = ({ quotes }: Card) => quotes.map(({ start, end }) => `${start}-${end},`).join('')

/** What a form showed; null if it does not say so, or if the quotes that it showed are others now. */
export function shownIn(sent: Fields, card: Card): Fields | null {
  try {
    const shown = new Map<string, string>(Object.entries(JSON.parse(sent.get('shown') ?? '')))
    return placesOf(card).startsWith(String(shown.get(QUOTES))) ? shown : null
  } catch {
    return null
  }
}

/** What fields change as one: those of a list or group, and of a quote each. */
const unitOf = (name: string): string => {
  const [first = '', ...rest] = name.split('.')
  return first === QUOTES ? [first, ...rest.slice(0, 2)].join('.') : first
}

/** The fields of a form in which what was not changed in it is as another window saved it. */
export function combined(shown: Fields, typed: Fields, theirs: Fields): Map<string, string> {
  const units = (fields: Fields) =>
    Map.groupBy(
      [...fields].filter(([, text]) => text !== ''),
      ([name]) => unitOf(name),
    )
  const [before, own] = [units(shown), units(typed)]
  const text = (entries: readonly [string, string][] | undefined) =>
    JSON.stringify((entries ?? []).toSorted(([one], [two]) => (one < two ? -1 : 1)))
  const isOwn = (name: string) => text(own.get(unitOf(name))) !== text(before.get(unitOf(name)))
  return new Map([
    ...[...theirs].filter(([name]) => !isOwn(name)),
    ...[...typed].filter(([name]) => isOwn(name)),
  ])
}

// The facts of a record: each field with its value, and why it is said.
import { z } from 'zod'
import type { Claim } from '../records/read/claims.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Entity, Resource } from '../records/schema/resource.ts'
import { isAtOrBelow, NOT_FACTS, placesOf } from '../records/schema/values.ts'
import { leadField } from './heading.ts'
import { type Html, html } from './html.ts'
import { listed } from './languages.ts'
import type { Page } from './page.ts'
import { showValue, valueIn } from './values.ts'
import { type Backing, furtherEvidence, isBare, why } from './why.ts'
import { fieldWord } from './words.ts'

/** Fields that every page shows elsewhere, and names that only addresses have. They are facts too if there is evidence of them. */
const ELSEWHERE = ['slug', 'status', 'statusSince', 'distinctFrom', 'settled', 'parties']

/** A record with the evidence of its fields. */
export interface Backed {
  resource: Resource
  doc: Doc
  claims: readonly Claim[]
  backing: Backing
}

/** The facts, and the evidence that is about no field. @param left fields that the page shows elsewhere */
export function facts(page: Page, backed: Backed, left: readonly string[] = []): Html {
  const { resource, doc, claims, backing } = backed
  const fields = Object.keys(resource.record.shape).filter(
    (key) => !left.includes(key) && !NOT_FACTS.includes(key),
  )
  // The title of a statement is its text, which is a fact.
  const title = resource.kind === 'statement' ? null : resource.titleField
  const onTop = [...ELSEWHERE, title, leadField(doc)]
  const own = (backing.evidence.get(doc.id) ?? []).filter(
    ({ field }) => !left.some((key) => isAtOrBelow(String(field), `/${key}`)),
  )
  const whole = claims.find(({ field }) => field === '')
  const reason = whole && why(page, resource, whole, own, backing.shown)
  const rows = fields.flatMap((key) => {
    const own = claims.filter(({ field }) => isAtOrBelow(field, `/${key}`))
    if (onTop.includes(key) && own.every(isBare)) return []
    const shown = factOf(page, backed, key, own)
    return shown ? [html`<div id="fact-${key}"><dt>${fieldWord(page, key)}</dt><dd>${shown}</dd></div>`] : []
  })
  return html`${
    reason &&
    html`<div class="whole" id="fact-"><span class="label">${page.messages.record.wholeRecord}</span> ${reason}</div>`
  }${rows.length > 0 && html`<dl class="facts">${rows}</dl>`}${furtherEvidence(page, own, backing.shown)}`
}

function factOf(page: Page, backed: Backed, key: string, claims: readonly Claim[]): Html | null {
  const { resource, doc, backing } = backed
  const value = doc[key] ?? null
  const own = claims.filter(({ field }) => field === `/${key}`)
  if (Array.isArray(value) && own.length > 0) return entriesOf(page, backed, key)
  const shown = valueIn(page, resource.record.shape, doc, key, { language: textLanguage(doc) })
  const reasons = claims.flatMap((claim) => {
    const reason = why(page, resource, claim, backing.evidence.get(doc.id) ?? [], backing.shown)
    if (!reason) return []
    const [, , ...below] = claim.field.split('/')
    const label = listed(
      page.language,
      below.map((each) => fieldWord(page, each)),
    )
    return [below.length === 0 ? reason : html`<div><span class="label">${label}</span> ${reason}</div>`]
  })
  if (!shown && reasons.length === 0) return null
  if (reasons.length === 0 && isQuoted(backed) && claims.length > 0) reasons.push(unsupported(page))
  return html`<div class="prose" dir="auto">${shown ?? html`<span class="muted">${page.messages.record.unnamed}</span>`}</div>${reasons}`
}

/** The language of the text of a statement; other texts are in English. */
const textLanguage = (doc: Doc) =>
  'contributors' in doc && 'text' in doc ? (doc['language'] as string | null) : 'en'

/** Says of a fact that nothing is quoted for it, on a record for which something else is. */
const unsupported = (page: Page) => html`<small class="muted">${page.messages.record.unsupported}</small>`

/** Whether each fact needs a quote: one of the whole record may be about any of them. */
const isQuoted = ({ resource, doc, claims }: Backed) =>
  ['single-source', 'corroborated'].includes(String(doc['support'])) &&
  resource.kind !== 'source' &&
  !claims.some(({ field }) => field === '')

/** An entry of a list; null where only sources have one. */
export interface Entry {
  value: Json
  shown: Html | null
  reason: Html | null
}

/** The entries of a list with their evidence. What only sources have is the last one. */
export function entries(page: Page, { resource, doc, claims, backing }: Backed, key: string): Entry[] {
  const place = placesOf(resource as Entity).get(`/${key}`)
  const element = place instanceof z.ZodArray ? (place.element as z.ZodType) : z.unknown()
  const own = claims.filter(({ field }) => field === `/${key}`)
  const list = (doc[key] ?? []) as Json[]
  // Lists without claims of their own, such as identifiers, are shown too.
  return (own.length > 0 ? own : list.map(() => null)).map((claim, index) => {
    const value = list[index] ?? null
    return {
      value,
      shown: value === null ? null : showValue(page, element, value, key),
      reason: claim && why(page, resource, claim, backing.evidence.get(doc.id) ?? [], backing.shown),
    }
  })
}

function entriesOf(page: Page, backed: Backed, key: string): Html | null {
  const all = entries(page, backed, key).filter(({ shown, reason }) => shown ?? reason)
  if (all.length === 0) return null
  const bare = isQuoted(backed) && unsupported(page)
  const none = all.every(({ reason }) => !reason)
  return html`<ul>${all.map(({ shown, reason }) => html`<li>${shown} ${reason ?? (!none && bare)}</li>`)}</ul>${none && bare}`
}

/** The evidence of a field that none of its entries has. */
export const restOf = (page: Page, { doc, backing }: Backed, key: string): Html =>
  furtherEvidence(
    page,
    (backing.evidence.get(doc.id) ?? []).filter(({ field }) => isAtOrBelow(String(field), `/${key}`)),
    backing.shown,
  )

// The facts of a record: each field with its value, and why it is said.
import { z } from 'zod'
import type { Claim } from '../records/read/claims.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Entity } from '../records/schema/resource.ts'
import { NOT_FACTS, placesOf } from '../records/schema/values.ts'
import { type Html, html } from './html.ts'
import { fill, plural } from './languages.ts'
import type { Page } from './page.ts'
import { quotesBehind, type Shown } from './quotes.ts'
import { showValue, valueIn } from './values.ts'
import { fieldWord } from './words.ts'

/** Fields that the page shows elsewhere, or that are about the stored record. */
const ELSEWHERE = [...NOT_FACTS, 'status', 'statusSince', 'place', 'distinctFrom', 'certain']

/** What the facts are made from. */
export interface Backed {
  entity: Entity
  doc: Doc
  claims: readonly Claim[]
  evidence: ReadonlyMap<string, Doc>
  /** Whether origins are counted: only in the present, as relations of sources change. */
  counted: boolean
  shown: Shown
}

/** @param left fields that are left out; the title is left out unless there is evidence of it */
export function facts(page: Page, backed: Backed, left: readonly string[], titleField: string | null): Html {
  const { entity, doc, claims } = backed
  const language = textLanguage(doc)
  const rows = Object.keys(entity.record.shape).flatMap((key) => {
    if (left.includes(key) || (ELSEWHERE.includes(key) && !(key === 'place' && entity.kind === 'source')))
      return []
    const own = claims.filter(({ field }) => field === `/${key}` || field.startsWith(`/${key}/`))
    if (key === titleField && own.every(isBare)) return []
    const shown = factOf(page, backed, key, doc[key] ?? null, own, language)
    return shown ? [html`<div id="fact-${key}"><dt>${fieldWord(page, key)}</dt><dd>${shown}</dd></div>`] : []
  })
  return html`<dl class="facts">${rows}</dl>`
}

/** The language of the text of a statement; other texts are in English. */
const textLanguage = (doc: Doc) =>
  'contributors' in doc && 'text' in doc ? (doc['language'] as string | null) : 'en'

const isBare = ({ evidenceIds, alternatives, disputedBy }: Claim) =>
  evidenceIds.length + alternatives.length + disputedBy.length === 0

function factOf(
  page: Page,
  backed: Backed,
  key: string,
  value: Json,
  claims: readonly Claim[],
  language: string | null,
): Html | null {
  const { entity, doc } = backed
  const own = claims.filter(({ field }) => field === `/${key}`)
  if (Array.isArray(value) && own.length > 0) return listFact(page, backed, key, value, own)
  const shown = valueIn(page, entity.record.shape, doc, key, { language })
  const reasons = claims.flatMap((claim) => {
    const reason = why(page, backed, claim)
    if (!reason) return []
    const below = claim.field.split('/')[2]
    return [
      below === undefined
        ? reason
        : html`<div><span class="label">${fieldWord(page, below)}</span> ${reason}</div>`,
    ]
  })
  if (!shown && reasons.length === 0) return null
  if (reasons.length === 0) reasons.push(...unsupported(page, backed, claims))
  return html`<div class="prose" dir="auto">${shown ?? html`<span class="muted">${page.messages.record.unnamed}</span>`}</div>${reasons}`
}

/** Says of a fact that nothing is quoted for it, on a record for which something else is. */
function unsupported(page: Page, { entity, doc }: Backed, claims: readonly Claim[]): Html[] {
  const isQuoted =
    ['single-source', 'corroborated'].includes(String(doc['support'])) && entity.kind !== 'source'
  return isQuoted && claims.length > 0
    ? [html`<small class="muted">${page.messages.record.unsupported}</small>`]
    : []
}

/** Each entry with its evidence; claims are in the order of the entries, and a last one may have what only sources have. */
function listFact(
  page: Page,
  backed: Backed,
  key: string,
  value: Json[],
  claims: readonly Claim[],
): Html | null {
  const place = placesOf(backed.entity).get(`/${key}`)
  const element = place instanceof z.ZodArray ? (place.element as z.ZodType) : z.unknown()
  const entries = claims.flatMap((claim, index) => {
    const shown = index < value.length ? showValue(page, element, value[index] ?? null, key) : null
    const reason = why(page, backed, claim)
    if (!shown && !reason) return []
    return [html`<li>${shown} ${reason ?? unsupported(page, backed, [claim])}</li>`]
  })
  return entries.length === 0 ? null : html`<ul>${entries}</ul>`
}

/** Why a fact is said: the quotes for it, other values, and denials. Null if nothing is quoted about it. */
export function why(page: Page, { entity, evidence, counted, shown }: Backed, claim: Claim): Html | null {
  if (isBare(claim)) return null
  const { language, messages } = page
  const { record, counts } = messages
  const found = (ids: readonly string[]) => ids.flatMap((id) => evidence.get(id) ?? [])
  const supporting = found(claim.evidenceIds)
  const summary =
    counted && claim.origins > 0
      ? html`${record.why} <small>${plural(language, counts.sources, claim.origins)} ·</small>`
      : html`${record.why}`
  const schema = placesOf(entity).get(claim.field) ?? z.unknown()
  const key = claim.field.slice(claim.field.lastIndexOf('/') + 1)
  const others = claim.alternatives.map((other) => {
    const value = showValue(
      page,
      schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema,
      other.value,
      key,
    )
    const disputes = found(other.evidenceIds).some(({ direction }) => direction === 'disputes')
    return html`<div class="${disputes ? 'dispute' : 'other'}"><div>${fill(record.otherValue, { value })}</div>${quotesBehind(page, record.why, found(other.evidenceIds), shown)}</div>`
  })
  const denials = found(claim.disputedBy)
  return html`${quotesBehind(page, summary, supporting, shown)}${others}${
    denials.length > 0 &&
    html`<div class="dispute">${quotesBehind(page, record.denied, denials, shown)}</div>`
  }`
}

// Why something is said: the quotes for a fact or a part, other values that sources have, and denials.
import { z } from 'zod'
import { type Claim, claimsOf } from '../records/read/claims.ts'
import type { Origins } from '../records/read/origins.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Entity } from '../records/schema/resource.ts'
import { placesOf } from '../records/schema/values.ts'
import { type Html, html } from './html.ts'
import { fill, plural } from './languages.ts'
import type { Page } from './page.ts'
import { quotesBehind, type Shown } from './quotes.ts'
import { showValue } from './values.ts'
import { fieldWord } from './words.ts'

/** The evidence that a page shows. */
export interface Backing {
  /** By the id of the record or the part that it is about. */
  evidence: ReadonlyMap<string, readonly Doc[]>
  origins: Origins
  shown: Shown
}

export const isBare = ({ evidenceIds, alternatives, disputedBy }: Claim): boolean =>
  evidenceIds.length + alternatives.length + disputedBy.length === 0

/** Why a fact is said. Null if nothing is quoted about it. @param own the evidence of the record */
export function why(
  page: Page,
  entity: Entity,
  claim: Claim,
  own: readonly Doc[],
  shown: Shown,
): Html | null {
  if (isBare(claim)) return null
  const supporting = among(own, claim.evidenceIds)
  return html`${quotesBehind(page, summaryOf(page, claim.origins), supporting, shown)}${contradictions(page, entity, claim, own, shown)}`
}

/** Why a part is recorded: the quotes for any of its fields together, and what contradicts them. Null without evidence. */
export function whyPart(
  page: Page,
  kind: Kind,
  part: Doc,
  { evidence, origins, shown }: Backing,
): Html | null {
  const own = evidence.get(part.id) ?? []
  if (own.length === 0) return null
  const entity = page.catalogue.entity(kind)
  const claims = claimsOf(entity, part, own, origins)
  const supporting = among(own, new Set(claims.flatMap(({ evidenceIds }) => evidenceIds)))
  const summary = summaryOf(page, Number(part['origins'] ?? 0))
  return html`${quotesBehind(page, summary, supporting, shown, true)}${claims.map((claim) => contradictions(page, entity, claim, own, shown, true))}${furtherEvidence(page, own, shown)}`
}

/** The evidence that no fact has shown, and what does not count. */
export function furtherEvidence(page: Page, own: readonly Doc[], shown: Shown): Html {
  const { record } = page.messages
  const unused = own.filter(({ id }) => !shown.evidence.has(id))
  const [retracted, others] = [true, false].map((is) =>
    unused.filter(({ standing }) => (standing === 'retracted') === is),
  )
  return html`${quotesBehind(page, record.otherEvidence, others ?? [], shown, true)}${quotesBehind(page, record.retracted, retracted ?? [], shown, true)}`
}

/** Sources are counted only in the present, as their relations change. */
function summaryOf(page: Page, origins: number): Html {
  const { record, counts } = page.messages
  return page.clocks.knownAt !== null || origins === 0
    ? html`${record.why}`
    : html`${record.why} <small>${plural(page.language, counts.sources, origins)} ·</small>`
}

/** The other values that sources have for a fact, and those that deny it. @param named whether the field is named */
function contradictions(
  page: Page,
  entity: Entity,
  claim: Claim,
  own: readonly Doc[],
  shown: Shown,
  named = false,
): Html {
  const { record } = page.messages
  const schema = placesOf(entity).get(claim.field) ?? z.unknown()
  const key = claim.field.slice(claim.field.lastIndexOf('/') + 1)
  const element = schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema
  const label = named && key !== '' && html`<span class="label">${fieldWord(page, key)}.</span> `
  const others = claim.alternatives.map((other) => {
    const value = showValue(page, element, other.value, key)
    const evidence = among(own, other.evidenceIds)
    const disputes = evidence.some(({ direction }) => direction === 'disputes')
    return html`<div class="${disputes ? 'dispute' : 'other'}"><div>${label}${fill(record.otherValue, { value })}</div>${quotesBehind(page, record.why, evidence, shown)}</div>`
  })
  const denials = among(own, claim.disputedBy)
  return html`${others}${denials.length > 0 && html`<div class="dispute">${label}${quotesBehind(page, record.denied, denials, shown)}</div>`}`
}

function among(evidence: readonly Doc[], ids: Iterable<string>): Doc[] {
  const wanted = new Set(ids)
  return evidence.filter(({ id }) => wanted.has(id))
}

// The positions of states and bodies on a record: who supports and who opposes it, and of whom nothing is recorded.

import { z } from 'zod'
import type { Standing, Standings } from '../records/read/standings.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import { type Field, fieldOf } from '../records/schema/fields.ts'
import { dateHtml } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { formatNumber, inBrackets, label, listed } from './languages.ts'
import { section } from './layout.ts'
import { byName } from './names.ts'
import type { Page } from './page.ts'
import { remarks } from './parts.ts'
import { locatorText } from './quotes.ts'
import { reference } from './values.ts'
import type { Backing } from './why.ts'
import { capital, valueWord } from './words.ts'

/** States that need no position, since they proposed or signed the record. */
export interface Acted {
  title: string
  ids: readonly string[]
}

export function positions(
  page: Page,
  { data, records }: Standings,
  acted: Acted,
  backing: Backing,
): Html | null {
  const words = page.messages.positions
  if (data.length === 0) return null
  const silent = data.filter(({ position }) => position === null)
  const hasActed = ({ stateCode }: Standing) => acted.ids.includes(String(stateCode))
  const proposed = silent.filter(hasActed)
  const unknown = silent.filter((standing) => !hasActed(standing))
  const groups = stances(page).flatMap((stance) => {
    const own = data.filter(({ position }) => position === stance)
    if (own.length === 0) return []
    const items = byName(page, own, idOf).map((standing) => standingItem(page, standing, records, backing))
    return [group(page, capital(valueWord(page, stance)), own.length, html`<ul class="parts">${items}</ul>`)]
  })
  const names = (all: readonly Standing[]) =>
    listed(
      page.language,
      byName(page, all, idOf).map((each) => reference(page, idOf(each))),
    )
  const content = html`<dl class="facts positions">${groups}${proposed.length > 0 && group(page, acted.title, proposed.length, names(proposed))}${unknown.length > 0 && group(page, words.unknown, unknown.length, html`${names(unknown)}<br><small class="muted">${words.unknownAbout}</small>`)}</dl>`
  return section('positions', words.title, content)
}

/** The positions in the order of the vocabulary. */
function stances({ catalogue }: Page): readonly string[] {
  const { value } = fieldOf(catalogue.child('position').record.shape['position'] as z.ZodType) as Field
  return value instanceof z.ZodEnum ? value.options.map(String) : []
}

const idOf = ({ stateCode, organizationId }: Standing): string => stateCode ?? organizationId ?? ''

const group = (page: Page, title: string, count: number, content: Html): Html =>
  html`<div><dt>${title}<small>${inBrackets(page.language, formatNumber(page.language, count))}</small></dt><dd>${content}</dd></div>`

/** A state or a body, its position, and the ones that it had before. */
function standingItem(page: Page, standing: Standing, records: readonly Doc[], backing: Backing): Html {
  const { stateCode, organizationId, locator, positionId } = standing
  const own = records.filter(
    (one) =>
      one['stateCode'] === stateCode &&
      one['organizationId'] === organizationId &&
      sameLocator(one['locator'] ?? null, locator),
  )
  const current = own.find(({ id }) => id === positionId)
  const earlier = own.filter(({ id }) => id !== positionId).toReversed()
  const name = reference(page, idOf(standing))
  return html`<li${current && html` id="${current.id}"`}><p>${join([name, ...details(page, current)], ' · ')}</p>${current && remarks(page, 'position', current, backing)}${earlier.length > 0 && html`<ul>${earlier.map((one) => html`<li id="${one.id}"><p>${label(page.language, page.messages.positions.earlier)}${join([valueWord(page, String(one['position'])), ...details(page, one)], ' · ')}</p>${remarks(page, 'position', one, backing)}</li>`)}</ul>`}</li>`
}

const sameLocator = (one: Json, other: Json) => JSON.stringify(one) === JSON.stringify(other)

/** When, by whom and where a position was stated, and on which part of the document. */
function details(page: Page, position: Doc | undefined): Html[] {
  if (!position) return []
  const { statedOn, speakerId, meetingId, locator } = position
  return [
    typeof statedOn === 'string' ? dateHtml(page.language, statedOn) : null,
    typeof speakerId === 'string' ? reference(page, speakerId) : null,
    typeof meetingId === 'string' ? reference(page, meetingId) : null,
    locatorText(page, locator ?? null),
  ].filter((one) => one !== null)
}

// Memberships and relations of a record as lists, each with its evidence.
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { dateHtml, period } from './dates.ts'
import { type Content, type Html, html, join } from './html.ts'
import { fill } from './languages.ts'
import { section } from './layout.ts'
import type { Page } from './page.ts'
import { prose, reference } from './values.ts'
import { type Backing, whyPart } from './why.ts'
import { valueHtml, valueWord } from './words.ts'

/** The kinds of parts that a page shows. */
export const PART_KINDS = ['event', 'position', 'membership', 'relation'] as const satisfies readonly Kind[]

/** The note of a part and the evidence for it. */
export const remarks = (page: Page, kind: Kind, part: Doc, backing: Backing): Html =>
  html`${prose(page, part['note'])}${whyPart(page, kind, part, backing)}`

/** Posts and memberships, the latest first. */
export const memberships = (page: Page, all: readonly Doc[], backing: Backing): Html | null =>
  partList(page, 'membership', page.messages.record.memberships, all.toReversed(), backing, (membership) => {
    const { role, organizationId, stateCode, startDate, endDate } = membership
    return join(
      [
        html`<strong>${valueHtml(page, String(role))}</strong>`,
        typeof organizationId === 'string' && reference(page, organizationId),
        typeof stateCode === 'string' && reference(page, stateCode),
        typeof startDate === 'string' && endDate === null
          ? fill(page.messages.list.since, { date: dateHtml(page.language, startDate, 'genitive') })
          : period(page.language, startDate as string | null, endDate as string | null),
      ].filter(Boolean),
      ' · ',
    )
  })

/** Relations from the record, and to it. */
export const relations = (page: Page, id: string, all: readonly Doc[], backing: Backing): Html | null =>
  partList(page, 'relation', page.messages.record.relations, all, backing, (relation) => {
    const { type, recordId, targetId } = relation
    const word = valueWord(page, String(type))
    return recordId === id
      ? html`${word}${page.messages.punctuation.colon}${reference(page, String(targetId))}`
      : html`${fill(page.messages.record.incoming, { type: word })}${page.messages.punctuation.colon}${reference(page, String(recordId))}`
  })

function partList(
  page: Page,
  kind: Kind,
  title: string,
  all: readonly Doc[],
  backing: Backing,
  line: (part: Doc) => Content,
): Html | null {
  if (all.length === 0) return null
  const items = all.map(
    (part) => html`<li id="${part.id}"><p>${line(part)}</p>${remarks(page, kind, part, backing)}</li>`,
  )
  return section(`${kind}s`, title, html`<ul class="parts">${items}</ul>`)
}

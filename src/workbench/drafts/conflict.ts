// A form of a card that another window has changed since: it is shown again as it was typed, beside what the other window saved.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { type Html, html } from '../../web/html.ts'
import { fieldTitle } from '../forms/faults.ts'
import type { Fields } from '../forms/fields.ts'
import { dateWriter } from '../forms/form-page.ts'
import type { Visit } from '../visit.ts'
import { fieldsOfCard, readCard } from './card-form.ts'
import type { Card, DraftContent } from './model.ts'

/** Fields of a form that are not those of its card. */
const OWN = ['seen', 'do', 'text']

/** What the page says and shows. @param card as it is now; undefined: it was removed */
export function conflictOf(
  visit: Visit,
  catalogue: Catalogue,
  content: DraftContent,
  card: Card | undefined,
  sent: Fields,
): { remark: Html; fields?: Map<string, string>; status: 409 } {
  const { work } = visit.words.drafts
  const list = (fields: Iterable<[string, string]>) =>
    html`<dl>${[...fields].map(([name, text]) => html`<dt>${fieldTitle(visit, name)}</dt><dd><bdi>${text}</bdi></dd>`)}</dl>`
  const alert = (message: string, about: Html) =>
    html`<div class="errors" role="alert"><p>${message}</p>${about}</div>`
  if (!card) {
    const typed = [...sent].filter(([name, text]) => !OWN.includes(name) && text !== '')
    return { remark: alert(work.gone, list(typed)), status: 409 }
  }
  const { fields } = readCard(catalogue, content, card, sent)
  const theirs = fieldsOfCard(catalogue, content, card, dateWriter(visit.page))
  const others = [...theirs].filter(([name, text]) => text !== (fields.get(name) ?? ''))
  const remark = alert(work.conflict, html`<p>${work.theirs}</p>${list(others)}`)
  return { remark, fields, status: 409 }
}

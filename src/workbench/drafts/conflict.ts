// A form of a card that another window has changed since: it is shown again with what was typed in it, and with what the other window
// saved in other fields.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { type Html, html } from '../../web/html.ts'
import { fieldTitle } from '../forms/faults.ts'
import type { Fields } from '../forms/fields.ts'
import { dateWriter } from '../forms/form-page.ts'
import type { Visit } from '../visit.ts'
import { fieldsOfCard, readCard } from './card-form.ts'
import type { Card, DraftContent } from './model.ts'
import { combined, shownIn } from './seen.ts'

/** Fields of a form that are not those of its card. */
const OWN = ['seen', 'shown', 'do', 'text']

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
  const { fields: typed } = readCard(catalogue, content, card, sent)
  const theirs = fieldsOfCard(catalogue, content, card, dateWriter(visit.page))
  const shown = shownIn(sent, card)
  const fields = shown ? combined(shown, typed, theirs) : typed
  const before = shown ?? typed
  const others = [...theirs].filter(([name, text]) => text !== (before.get(name) ?? ''))
  const remark = alert(work.conflict, html`<p>${work.theirs}</p>${list(others)}`)
  return { remark, fields, status: 409 }
}

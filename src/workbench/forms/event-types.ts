// The types of an event: those that the lifecycle allows there are offered, the others listed with the reason.
import {
  isStep,
  type Lifecycle,
  legalTypes,
  neighbours,
  type Step,
  statusesOf,
} from '../../core/lifecycle.ts'
import { writtenDates } from '../../core/written-dates.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { dateInWords } from '../../web/dates.ts'
import { type Html, html } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import { capital, valueWord } from '../../web/words.ts'
import { type FormView, faultAttributes, faultOf, labelOf } from './render.ts'

/** @param siblings the other events of the record */
export function eventTypeControl(
  view: FormView,
  name: string,
  about: Entity,
  siblings: readonly Doc[],
): Html {
  const { page, words, fields } = view
  const { lifecycle } = about as Resource
  if (!lifecycle) return html``
  const { events } = words.forms
  const steps = siblings.filter((event) => isStep(lifecycle, event as never)) as unknown as Step[]
  const [day] = writtenDates(fields.get('occurredOn') ?? '')
  const value = fields.get(name) ?? ''
  const legal = legalAt(lifecycle, steps, day)
  const statuses = statusesOf(lifecycle)
  const group = (label: string, types: readonly string[]) =>
    types.length > 0 &&
    html`<optgroup label="${label}">${types.map(
      (type) =>
        html`<option value="${type}"${type === value && html` selected`}>${capital(valueWord(page, type))}</option>`,
    )}</optgroup>`
  const offered = statuses.filter((type) => legal.includes(type))
  const impossible = statuses.filter((type) => !legal.includes(type))
  const remarks = lifecycle.remarks.filter((type) => !offered.includes(type))
  // What is possible for the whole may also be the step of a party.
  const party = lifecycle.ofParty.filter((type) => !offered.includes(type) && !remarks.includes(type))
  const others = [...offered, ...remarks, ...party].includes(value) || value === '' ? [] : [value]
  return html`<div class="field"><label for="${name}">${labelOf(view, view.node.members[name], name)}</label>${faultOf(view, name)}<select id="${name}" name="${name}"${faultAttributes(view, name)}><option value="">${words.forms.choose}</option>${group(events.whole, offered)}${group(events.remarks, remarks)}${group(events.party, party)}${group(events.impossible, others)}</select></div>${
    impossible.length > 0 &&
    html`<details class="impossible"><summary>${events.impossible}</summary><ul>${impossible.map((type) => html`<li>${whyNot(view, type, steps, day)}</li>`)}</ul></details>`
  }`
}

/** The statuses that are possible on a day; without one, on any day. */
function legalAt(lifecycle: Lifecycle, steps: readonly Step[], day: string | undefined): string[] {
  const days = day === undefined ? [null, ...steps.map(({ occurredOn }) => occurredOn), '9999'] : [day]
  return [...new Set(days.flatMap((occurredOn) => legalTypes(lifecycle, steps, { type: '', occurredOn })))]
}

function whyNot(
  { page, words }: FormView,
  type: string,
  steps: readonly Step[],
  day: string | undefined,
): Html {
  const { events } = words.forms
  const { before, after } = neighbours(steps, { type, occurredOn: day ?? '9999' })
  const word = (step: Step | undefined) => (step ? valueWord(page, step.type) : '')
  const date = (step: Step | undefined) =>
    step?.occurredOn ? ` (${dateInWords(page.language, step.occurredOn)})` : ''
  const message =
    before && after ? events.impossibleThere : before ? events.impossibleAfter : events.impossibleBefore
  return fill(message, {
    type: capital(valueWord(page, type)),
    before: word(before),
    after: word(after),
    date: date(before ?? after),
  })
}

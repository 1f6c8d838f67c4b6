// Who did something: a person, a state, a body, or several of these together.
import type { Json } from '../records/schema/document.ts'
import { type Html, html } from './html.ts'
import { fill, foreign, inBrackets, listed } from './languages.ts'
import { nameHtml } from './names.ts'
import { linkTo, type Page } from './page.ts'
import { valueWord } from './words.ts'

type Fields = { [key: string]: Json }

/** Whether an object is a contributor or a participant. */
export const isActor = (value: Fields): boolean =>
  'role' in value && ('speakerId' in value || 'stateCode' in value || 'organizationId' in value)

/** The person, whom they acted for, and the role. */
export function actor(page: Page, value: Fields): Html | null {
  const who = actorName(page, value)
  if (!who) return null
  const { role, attributionText } = value
  const named =
    typeof attributionText === 'string' ? html` “${foreign(attributionText, null, page.language)}”` : null
  return typeof role === 'string'
    ? html`${who}${named}<small>${inBrackets(page.language, roleWord(page, value))}</small>`
    : html`${who}${named}`
}

/** The role of an actor. A state in the chair is no chairman. */
export const roleWord = (page: Page, { role, speakerId, stateCode }: Fields): string =>
  role === 'chair' && typeof stateCode === 'string' && typeof speakerId !== 'string'
    ? page.messages.record.chairState
    : valueWord(page, String(role))

/** The names of an actor, without the role. */
export function actorName(page: Page, value: Fields, links = true): Html | null {
  const { speakerId, stateCode, organizationId, collective, attributionText } = value
  const [person, state, body] = [speakerId, stateCode, organizationId].map((id) =>
    typeof id === 'string' ? nameOf(page, id, links) : null,
  )
  const { record } = page.messages
  if (collective === 'members' && body) return fill(record.collectiveMembers, { name: body })
  if (collective === 'participants') return html`${record.collectiveParticipants}`
  const others = [state, body].filter((one) => one !== null && one !== undefined)
  const names = listed(page.language, others)
  if (person) return others.length > 0 ? fill(record.onBehalf, { person, others: names }) : person
  if (others.length > 0) return names
  return typeof attributionText === 'string' ? foreign(attributionText, null, page.language) : null
}

function nameOf(page: Page, id: string, links: boolean): Html | null {
  const name = page.names.get(id)
  if (!name) return null
  const shown = nameHtml(name, page.language)
  return links ? linkTo(page, `/${page.catalogue.entity(name.kind).path}/${id}`, shown) : shown
}

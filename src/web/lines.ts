// A record as a line of a list: its name, its status since when, and what tells it from its neighbours.
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Entity, Resource } from '../records/schema/resource.ts'
import { actorName } from './actors.ts'
import { dateHtml, period } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, listed } from './languages.ts'
import { shortened } from './names.ts'
import { linkTo, type Page } from './page.ts'
import { LASTING } from './status.ts'
import { reference, valueIn } from './values.ts'
import { capital, knownWord, valueHtml, valueWord } from './words.ts'

/** The fields of a line, after the status. */
const FIELDS: Partial<Record<Kind, readonly string[]>> = {
  meeting: ['city', 'countryCode', 'organizationId'],
  proposal: ['contributors', 'proposedOn', 'topicIds'],
  agreement: ['kind', 'organizationId', 'topicIds'],
  statement: ['contributors', 'date', 'meetingId', 'topicIds'],
  organization: ['abbreviation', 'classification', 'countryCode', 'parentId'],
  state: ['code', 'officialName'],
  topic: ['definition', 'broaderId'],
  source: ['publishedOn', 'publisherId', 'classification', 'language'],
}

/** The most entries of a list that a line has. */
const MAX_ENTRIES = 3

export function line(page: Page, entity: Entity, doc: Doc): Html {
  const details = lineDetails(page, entity, doc)
  return html`<li><p class="title">${lineTitle(page, entity, doc)}</p>${details.length > 0 && html`<p class="details">${join(details, ' · ')}</p>`}</li>`
}

/** What tells a record from its neighbours. */
export const lineDetails = (page: Page, entity: Entity, doc: Doc): Html[] =>
  isResource(entity) ? recordDetails(page, entity, doc) : partDetails(page, entity, doc)

/** What a line is about, as a link to its page. */
export const lineTitle = (page: Page, entity: Entity, doc: Doc): Html =>
  isResource(entity) ? recordTitle(page, entity, doc) : partTitle(page, entity, doc)

export const lines = (page: Page, entity: Entity, docs: readonly Doc[]): Html =>
  html`<ul class="records">${docs.map((doc) => line(page, entity, doc))}</ul>`

const isResource = (entity: Entity): entity is Resource => 'titleField' in entity

/** The name of the record, as a link to its page. */
function recordTitle(page: Page, entity: Resource, doc: Doc): Html {
  const text = page.names.has(doc.id) ? reference(page, doc.id) : null
  return text ?? linkTo(page, `/${entity.path}/${doc.id}`, shortened(String(doc[entity.titleField])))
}

/** What tells a record from its neighbours. */
export function recordDetails(page: Page, entity: Entity, doc: Doc): Html[] {
  const { shape } = entity.record
  const fields = (FIELDS[entity.kind] ?? []).map((key) => {
    const value = doc[key]
    const brief = Array.isArray(value) ? { ...doc, [key]: value.slice(0, MAX_ENTRIES) } : doc
    if (key === 'proposedOn' && typeof value === 'string')
      return value === doc['statusSince'] ? null : proposedOn(page, value)
    if (key === 'contributors' || key === 'participants') return actors(page, brief[key])
    return valueIn(page, shape, brief, key, { brief: true })
  })
  return [standing(page, entity, doc), ...fields].filter((one) => one !== null)
}

/** The second date of a proposal, beside that of its status. */
const proposedOn = ({ language, messages }: Page, date: string): Html =>
  fill(messages.list.proposed, { date: dateHtml(language, date) })

/** The names of contributors or participants. */
export const actors = (page: Page, list: Doc[string] | undefined): Html | null => {
  const names = (Array.isArray(list) ? list : []).flatMap((one) => actorName(page, one as Doc, false) ?? [])
  return names.length === 0 ? null : listed(page.language, names)
}

/** The status and since when, in words. */
function standing(page: Page, { kind }: Entity, doc: Doc): Html | null {
  const { language, messages } = page
  if (kind === 'meeting') {
    const days = period(language, doc['startDate'] as string | null, doc['endDate'] as string | null)
    return doc['status'] === 'held'
      ? days
      : html`<b>${capital(valueWord(page, String(doc['status'])))}</b>${messages.punctuation.comma}${days}`
  }
  if (typeof doc['status'] !== 'string') return null
  const word = html`<b>${capital(valueWord(page, doc['status']))}</b>`
  const since = doc['statusSince']
  if (typeof since !== 'string') return word
  const isLasting = LASTING.includes(doc['status'])
  const date = dateHtml(language, since, isLasting ? 'genitive' : 'nominative')
  return isLasting
    ? fill(messages.list.statusSince, { status: word, date })
    : html`${word}${messages.punctuation.comma}${date}`
}

/** What a part says, in a word, or its quote. */
export function partWord(page: Page, { kind }: Entity, doc: Doc): Html {
  const value = String(doc['type'] ?? doc['position'] ?? doc['role'] ?? doc['exact'] ?? kind)
  const known = knownWord(page, value)
  return known === undefined ? valueHtml(page, value) : html`${capital(known)}`
}

/** A part is on the page of its record. */
function partTitle(page: Page, entity: Entity, doc: Doc): Html {
  const word = partWord(page, entity, doc)
  const name = page.names.get(String(doc['recordId']))
  if (!name) return word
  const path = `/${page.catalogue.entity(name.kind).path}/${doc['recordId']}#${doc.id}`
  return linkTo(page, path, html`${word}${page.messages.punctuation.colon}${shortened(name.text)}`)
}

function partDetails(page: Page, entity: Entity, doc: Doc): Html[] {
  const days = ['occurredOn', 'statedOn', 'startDate'].flatMap((key) => {
    const value = doc[key]
    return typeof value === 'string' ? [dateHtml(page.language, value)] : []
  })
  const others = ['targetId', 'organizationId', 'stateCode', 'meetingId', 'sourceId'].flatMap(
    (key) => valueIn(page, entity.record.shape, doc, key, { brief: true }) ?? [],
  )
  return [...days, ...others]
}

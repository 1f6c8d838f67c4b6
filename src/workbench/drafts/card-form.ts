// The form of a card: its fields and those of its quotes as controls, and back from what was sent.
import type { z } from 'zod'
import type { ReadContext } from '../../records/read/context.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import type { Language } from '../../web/languages.ts'
import type { Name, Names } from '../../web/names.ts'
import { entriesOf, type Fields, type Flaw, fieldsOf, isBlank, readFields, tidied } from '../forms/fields.ts'
import { formOf, type Group, type Node } from '../forms/nodes.ts'
import { type FormOptions, type FoundRecord, readOptions } from '../forms/options.ts'
import { evidenceNodes, scalar, withoutBlanks } from '../forms/subject.ts'
import { type Card, type DraftContent, ownersOf, SOURCE_KEY, titleOfCard } from './model.ts'
import { kindOf } from './prefill.ts'

type Values = Record<string, Json>

type Document = Values & { id: string; createdAt: string; updatedAt: string; version: number }

/** The group of the fields of the quotes, by their index. */
export const QUOTES = 'quotes'

/** Fields of the source that are decided with its text. */
const WITHOUT = ['distinctFrom', 'text', 'textStatus', 'relations']

/** The entity that the quotes of a card are about. */
export function aboutOf(catalogue: Catalogue, draft: DraftContent, { kind, of }: Card): Entity | null {
  if (kind !== 'evidence') return catalogue.entity(kind)
  const owner = of === null ? null : kindOf(draft, of)
  return owner === null ? null : catalogue.entity(owner)
}

/** @param fields as they are now: what a quote is about decides which value it can have */
export function nodeOfCard(catalogue: Catalogue, draft: DraftContent, card: Card, fields: Fields): Group {
  const quotes = card.quotes.map((_, index): [string, Node] => {
    const pointer = fields.get(`${QUOTES}.${index}.field`) ?? ''
    return [String(index), quoteNode(catalogue, aboutOf(catalogue, draft, card), pointer)]
  })
  const owners = ownersOf(catalogue, card.kind)
  return {
    ...groupOf({}),
    members: {
      [QUOTES]: groupOf(Object.fromEntries(quotes)),
      ...(owners.length > 0 && { of: scalar({ input: 'reference', required: true, kinds: owners }) }),
      ...ownFields(catalogue, draft, card).members,
    },
  }
}

const groupOf = (members: Record<string, Node>): Group => ({
  is: 'group',
  members,
  empty: undefined,
})

function ownFields(catalogue: Catalogue, draft: DraftContent, { kind, of }: Card): Group {
  const resource = catalogue.findResource(kind)
  if (resource) return formOf(resource.writable, { without: kind === 'source' ? WITHOUT : ['distinctFrom'] })
  if (kind === 'evidence') return groupOf({})
  const child = catalogue.child(kind)
  const [first = 'proposal'] = child.of
  const owner = (of === null ? null : kindOf(draft, of)) ?? first
  return formOf(child.createShape(catalogue.entity(owner)))
}

/** The fields of a quote, without what is known: the source and the words. */
function quoteNode(catalogue: Catalogue, about: Entity | null, pointer: string): Group {
  const { shape } = catalogue.child('evidence').createShape(about ?? catalogue.entity('proposal'))
  const { field, value, motivation, assertion, direction, note, locator, translation } = shape
  const ordered = { field, value, motivation, assertion, direction, note, locator, translation }
  const nodes = evidenceNodes(about ?? catalogue.entity('proposal'), pointer)
  const whole = scalar({ input: 'choice', options: [''], empty: '' })
  const replaced = about ? nodes : { ...nodes, field: whole }
  const form = formOf({ shape: ordered as z.ZodRawShape }, { replaced })
  return { ...form, empty: undefined }
}

/** The fields that most cards of a kind have. The others are shown on request as long as they are empty. */
const USUAL: Partial<Record<Kind, readonly string[]>> = {
  meeting: ['startDate', 'endDate', 'organizationId', 'city', 'countryCode'],
  speaker: [],
  organization: ['classification', 'parentId', 'countryCode'],
  topic: ['broaderId', 'definition'],
  proposal: ['summary', 'contributors', 'meetingId', 'topicIds'],
  agreement: ['contributors', 'organizationId', 'topicIds'],
  statement: ['contributors', 'date', 'meetingId', 'topicIds'],
  event: ['occurredOn', 'stateCode', 'meetingId'],
  position: ['stateCode', 'organizationId', 'statedOn', 'meetingId'],
  membership: ['organizationId', 'stateCode', 'startDate'],
  source: ['publisherId', 'publishedOn', 'classification', 'url', 'archivedUrl'],
}

/** The fields of a card that are shown on request. */
export const rareFields = ({ kind }: Card, node: Group, fields: Fields): string[] =>
  Object.entries(node.members).flatMap(([key, member]) => {
    const isUsual =
      key === QUOTES || (member.is === 'scalar' && member.required) || USUAL[kind]?.includes(key)
    return isUsual || !isBlank(member, fields, key) || entriesOf(fields, key).length > 0 ? [] : [key]
  })

/** The fields of the form of a card: as they were typed, if they could not all be read. */
export function fieldsOfCard(
  catalogue: Catalogue,
  draft: DraftContent,
  card: Card,
  showDate: (date: string) => string,
): Map<string, string> {
  if (card.typed) return new Map(Object.entries(card.typed))
  const pointers = card.quotes.map((quote, index): [string, string] => [
    `${QUOTES}.${index}.field`,
    String(quote.fields['field'] ?? ''),
  ])
  const node = nodeOfCard(catalogue, draft, card, new Map(pointers))
  const quotes = Object.fromEntries(card.quotes.map(({ fields }, index) => [String(index), fields]))
  return fieldsOf(node, { ...card.fields, of: card.of, [QUOTES]: quotes }, showDate)
}

/** What was sent for a card: the card with it, the fields as they were typed, and what could not be read. */
export function readCard(
  catalogue: Catalogue,
  draft: DraftContent,
  card: Card,
  sent: Fields,
): { card: Card; fields: Map<string, string>; flaws: Flaw[] } {
  const of = sent.get('of') || card.of
  const node = nodeOfCard(catalogue, draft, { ...card, of }, sent)
  const fields = tidied(node, sent)
  const { value, flaws: all } = readFields(node, fields)
  // What is missing is said by the check, since a record that is stored already needs less.
  const flaws = all.filter(({ is }) => is !== 'missing')
  const { of: owner = card.of, [QUOTES]: quotes, ...own } = value
  return {
    card: {
      ...card,
      of: typeof owner === 'string' && owner !== '' ? owner : null,
      fields: { ...kept(card), ...(withoutBlanks(own) as Values) },
      typed: flaws.length > 0 ? Object.fromEntries(fields) : null,
      quotes: card.quotes.map((quote, index) => ({
        ...quote,
        fields: evidenceFields((quotes as Record<string, Values> | undefined)?.[index] ?? {}),
      })),
    },
    fields,
    flaws,
  }
}

/** The fields of the source that have no controls here. */
const kept = ({ key, fields }: Card): Values =>
  key === SOURCE_KEY
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => WITHOUT.includes(name)))
    : {}

/** The fields of evidence that are not blank. A value with nothing in it is that of the record. */
function evidenceFields(fields: Values): Values {
  const { value, ...others } = withoutBlanks(fields) as Values
  const own = value === undefined ? undefined : withoutBlanks(value)
  const isBlank = own === undefined || JSON.stringify(own) === '{}'
  return { ...(others['field'] === '' ? omit(others, 'field') : others), ...(!isBlank && { value: own }) }
}

const omit = (values: Values, name: string): Values =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key !== name))

/** A card as a record that can be chosen: its id is `=key`. */
const asDoc = ({ key, fields }: Card): Document => ({
  ...fields,
  id: `=${key}`,
  createdAt: '',
  updatedAt: '',
  version: 1,
})

/** What the controls of a card offer: records that are stored, and those of other cards. */
export async function optionsOfCard(
  context: ReadContext,
  draft: DraftContent,
  card: Card,
  { node, fields }: { node: Group; fields: Fields },
  language: Language,
): Promise<FormOptions> {
  const { catalogue } = context
  const options = await readOptions(context, node, fields, language)
  const others = draft.cards.filter(({ key }) => key !== card.key)
  const drafted = others.map(
    (other): FoundRecord => ({
      doc: asDoc(other),
      kind: other.kind,
      memberships: others
        .filter(({ kind, of }) => kind === 'membership' && of === `=${other.key}`)
        .map(asDoc),
    }),
  )
  const ofKind = (kind: string) => drafted.filter((each) => each.kind === kind).map(({ doc }) => doc)
  const posts = new Map(options.posts)
  for (const { doc, kind, memberships } of drafted) if (kind === 'speaker') posts.set(doc.id, memberships)
  const { state, topic } = options.vocabularies
  return {
    ...options,
    vocabularies: {
      state: state && [...ofKind('state'), ...state],
      topic: topic && [...ofKind('topic'), ...topic],
    },
    posts,
    drafted,
    onlyStored: ['of'],
    names: new Map([...options.names, ...cardNames(catalogue, draft)]),
  }
}

/** The names of cards, by the references to them. */
export const cardNames = (catalogue: Catalogue, draft: DraftContent): Names =>
  new Map(
    draft.cards.map((card): [string, Name] => {
      const { language = 'en' } = draft.source.fields
      const isQuote = catalogue.findResource(card.kind) === undefined
      return [
        `=${card.key}`,
        {
          kind: card.kind,
          text: titleOfCard(catalogue, card) || card.key,
          language: isQuote || card.kind === 'statement' ? String(language) : 'en',
          short: null,
          url: null,
          textLanguage: null,
          all: [],
        },
      ]
    }),
  )

// What the buttons and questions of a draft change in its cards.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { beside, type Fields, nodeAt, withEntry, without } from '../forms/fields.ts'
import { nodeOfCard, readCard } from './card-form.ts'
import { type Card, cardKinds, type DraftContent, emptyCard, withCard } from './model.ts'

/** A card after one of its buttons. @param verb what it does @param values its further words */
export function decide(card: Card, verb: string, values: readonly string[]): Card {
  const distinct = (ids: readonly string[]) => [...new Set([...card.distinctFrom, ...ids])]
  switch (verb) {
    case 'same':
      return { ...card, id: values[0] ?? null }
    case 'detach':
      return { ...card, id: null, distinctFrom: distinct(card.id === null ? [] : [card.id]) }
    case 'other':
      return { ...card, distinctFrom: distinct(values) }
    case 'unquote':
      return { ...card, typed: null, quotes: card.quotes.filter((_, index) => index !== Number(values[0])) }
    default:
      return card
  }
}

/**
 * The fields of a form after a button that changes the form only: a further entry of a list, one less, or a search. Undefined for
 * other buttons.
 */
export function changedFields(
  catalogue: Catalogue,
  content: DraftContent,
  card: Card,
  sent: Fields,
  action: string,
): Map<string, string> | undefined {
  const [verb = '', name = ''] = action.split(' ')
  if (!['add', 'remove', 'find'].includes(verb)) return undefined
  const { fields } = readCard(catalogue, content, card, sent)
  const target = nodeAt(nodeOfCard(catalogue, content, card, fields), name)
  if (verb === 'add' && target?.is === 'list') return withEntry(target, fields, name)
  if (verb === 'remove' && target) return readCard(catalogue, content, card, without(sent, name)).fields
  return fields
}

/**
 * A card for a field of a form, with the words that were typed to find a record, and the form in which it is chosen there.
 * @param name of the field
 */
export function withMade(
  catalogue: Catalogue,
  content: DraftContent,
  card: Card,
  sent: Fields,
  [name = '', kind = '']: readonly string[],
): { content: DraftContent; sent: Fields } {
  const target = nodeAt(nodeOfCard(catalogue, content, card, sent), name)
  const resource = catalogue.findResource(kind as Kind)
  const isAllowed = target?.is === 'scalar' && target.kinds.includes(kind as Kind)
  if (!isAllowed || !resource || !cardKinds(catalogue).includes(resource.kind)) return { content, sent }
  const words = (sent.get(beside(name, 'find')) ?? '').trim()
  const { draft, card: made } = withCard(content, (key) => ({
    ...emptyCard(key, resource.kind),
    fields: words === '' ? {} : { [resource.titleField]: words },
  }))
  return { content: draft, sent: new Map([...without(sent, name), [name, `=${made.key}`]]) }
}

/** The source with the answers how it is related to stored ones: `distinct`, or the type of a relation. */
export function withRelations(card: Card, answers: readonly [id: string, answer: string][]): Card {
  const related = answers.filter(([, answer]) => answer !== 'distinct')
  const { relations: _, ...fields } = card.fields
  return {
    ...card,
    distinctFrom: answers.filter(([, answer]) => answer === 'distinct').map(([id]) => id),
    fields: {
      ...fields,
      ...(related.length > 0 && {
        relations: related.map(([targetId, type]): Json => ({ type, targetId })),
      }),
    },
  }
}

/** The draft with a card for the publisher that the page of its source names. */
export function withPublisher(content: DraftContent): DraftContent {
  const { origin } = content
  if (!origin?.publisher) return content
  const name = origin.publisher
  const { draft, card } = withCard(content, (key) => ({
    ...emptyCard(key, 'organization'),
    fields: { name },
  }))
  const fields = { ...draft.source.fields, publisherId: `=${card.key}` }
  return { ...draft, source: { ...draft.source, fields }, origin: { ...origin, publisher: null } }
}

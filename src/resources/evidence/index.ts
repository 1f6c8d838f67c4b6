// Evidence: quotes from sources about a record or one of its fields, checked against the text of the source.
import { setImmediate as nextTick } from 'node:timers/promises'
import { z } from 'zod'
import { inconsistent, Problem } from '../../core/problems.ts'
import {
  IndexedText,
  locateQuote,
  type QuoteSelector,
  relocateQuote,
  type StoredQuote,
} from '../../core/quotes.ts'
import { STANDINGS } from '../../core/relation-types.ts'
import { sql } from '../../db/sql.ts'
import { findRecord, parse, type Stored, selectStored } from '../../records/read/record.ts'
import {
  type Child,
  defineChild,
  type Parent,
  type WriteTransaction,
  withoutParent,
} from '../../records/schema/catalogue.ts'
import { locator, translation } from '../../records/schema/common-fields.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { choice, integer, pattern, ref, text } from '../../records/schema/fields.ts'
import {
  evidenceValue,
  MAX_VALUE_LENGTH,
  placeAt,
  referencesIn,
  valueAt,
} from '../../records/schema/values.ts'
import { resolveReferences } from '../../records/write/check.ts'
import { updateRecord } from '../../records/write/operations.ts'
import {
  directionOf,
  recountAfter,
  renewDirections,
  standingAt,
  trustOf,
} from '../../records/write/support.ts'

const MOTIVATIONS = ['quote', 'inference'] as const
const ASSERTIONS = ['reported', 'claimed', 'proposed', 'announced', 'agreed', 'adopted'] as const
const DIRECTIONS = ['supports', 'disputes'] as const

type Input = Record<string, unknown>

const example = {
  sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk',
  field: '/title',
  motivation: 'quote',
  assertion: 'announced',
  exact: 'we have developed a draft Agreement',
}

const value = z
  .union([
    z.string().max(MAX_VALUE_LENGTH),
    z.number(),
    z.boolean(),
    z.record(z.string().max(100), z.unknown()).meta({ maxProperties: 50 }),
  ])
  .nullable()
  .meta({
    description:
      'What the source has in the field. Default: what the record has. Of a list: an entry, or a part of one, such as `{"stateCode": "IN"}`. Null: the evidence is about the whole record.',
    examples: ['2022-08-24'],
  })

/** The kinds of records and parts that can have evidence. */
const SUPPORTED = [
  'meeting',
  'speaker',
  'proposal',
  'agreement',
  'statement',
  'organization',
  'state',
  'topic',
  'source',
  'event',
  'position',
  'membership',
  'relation',
] as const

export const evidence: Child = defineChild({
  kind: 'evidence',
  path: 'evidence',
  about: 'A quote from a source about a record.',
  of: SUPPORTED,
  fields: {
    sourceId: ref('source', 'The quoted source.', {
      required: true,
      constant: true,
      filter: 'source',
      include: 'source',
      inverse: 'citations',
    }),
    field: pattern(
      z
        .string()
        .max(200)
        .meta({ examples: ['/title'] }),
      'The field of the record that it is about, as a JSON Pointer (RFC 6901) that stops at a list. Empty: the whole record.',
      { default: '', filter: true, match: 'prefix' },
    ),
    value,
    direction: choice(
      'Direction',
      DIRECTIONS,
      'What it does to the field, computed from `value`: an equal or narrower value `supports`, another one `disputes`; null: neither, as the value is broader, or free text in other words. `disputes` in a request denies what the record has. It follows the record without a version of its own: with `knownAt` it is that of the last change of the evidence.',
      { filter: true },
    ),
    motivation: choice(
      'Motivation',
      MOTIVATIONS,
      '`quote`: the source says it. `inference`: an analyst concluded it; `note` contains the reasoning.',
      { required: true, filter: true },
    ),
    assertion: choice(
      'Assertion',
      ASSERTIONS,
      'What the source says about the fact; a draft that was `announced` was not necessarily `adopted`.',
      { default: 'reported', filter: true },
    ),
    exact: pattern(
      z.string().min(1).max(50_000),
      'The quoted text, exactly as in the source (TextQuoteSelector), in its language.',
      { required: true, search: 'body' },
    ),
    start: integer(
      'The start in the text, in code points from 0 (TextPositionSelector). Default: the server searches for the quote.',
      { max: 1_000_000, filled: true, column: true, example: 163 },
    ),
    end: integer('The end in the text, in code points, exclusive.', {
      max: 1_000_000,
      filled: true,
      example: 163,
    }),
    prefix: pattern(
      z.string().max(1000),
      'The text directly before the quote. Default: up to 32 code points.',
      { filled: true },
    ),
    suffix: pattern(z.string().max(1000), 'The text directly after the quote.', { filled: true }),
    locator,
    translation: translation.nullable(),
    note: text(5000, 'Remarks; the reasoning of an inference.', { search: 'body' }),
  },
  derived: {
    denial: z.boolean().meta({
      description:
        'Whether it was sent with `disputes` and denies what the record has, without another value.',
    }),
    standing: choice('SourceStanding', STANDINGS, 'The standing of the source.', { required: true }),
  },
  rules: ({ motivation, note }) =>
    motivation === 'inference' && note === null
      ? [{ pointer: '/note', detail: 'An inference requires a note with its reasoning.' }]
      : [],
  sameBy: ['sourceId', 'exact', 'start', 'field', 'value', 'motivation'],
  async storedKey(tx, parent, input) {
    return 'value' in input ? { value: (await aboutOf(tx, parent, input)).value } : {}
  },
  // A direction that follows from the value is none that was sent.
  isSame: ({ direction, denial }, input) =>
    input['direction'] === 'disputes' ? direction === 'disputes' : !denial,
  defaultSort: 'createdAt',
  createShape: () => evidenceCreate,
  operations: {
    list: 'All quotes and inferences, oldest first. `GET /v1/evidence?record=` lists them in pages, with `include=source`.',
    create:
      'The quote must occur in the text of the source at the given offsets; without offsets the server searches for it.',
    get: 'The quote and its position in the source.',
    update: 'A changed quote is located again, unless offsets are sent with it.',
    delete: 'The `support` of the record is updated.',
  },
  createProblems: ['unknown-field', 'quote-absent', 'quote-ambiguous'],
  async beforeCreate(tx, parent, input) {
    const about = { ...input, ...(await aboutOf(tx, parent, input)) }
    const sourceId = String(input['sourceId'])
    const source = await textOf(tx, sourceId)
    // A missing source is reported with the other references.
    if (source === undefined) return about
    // A long text takes a while, so other requests are processed in between.
    if (source.text.length > MAX_UNINTERRUPTED) await nextTick()
    const quote = locate(source, input as unknown as QuoteSelector)
    return { ...about, ...quote, standing: await standingAt(tx, sourceId) }
  },
  async beforeUpdate(tx, parent, before, after) {
    Object.assign(after, await changedAbout(tx, parent, before, after))
    const moved = SELECTOR.filter((field) => after[field] !== before[field])
    if (moved.length === 0) return
    const source = await textOf(tx, String(before['sourceId']))
    const sent = moved.map((field) => [field, after[field] ?? undefined])
    const selector = { exact: after['exact'], ...Object.fromEntries(sent) }
    if (source) Object.assign(after, locate(source, selector))
  },
  parentFields: async (tx, { doc }) => (tx.isRehearsal ? {} : { ...(await trustOf(tx, doc)) }),
  async beforeParentUpdate(tx, entity, before, after, { replacesText }) {
    if (entity.kind === 'source') await followText(tx, before, after, replacesText)
    if (FOLLOWING.every((field) => JSON.stringify(before[field]) === JSON.stringify(after[field]))) {
      await renewDirections(tx, entity, after)
      Object.assign(after, await trustOf(tx, after))
    }
  },
  async beforeMerge(tx, { kind }, loser, into) {
    if (kind === 'source') await moveQuotes(tx, loser, into)
  },
  async afterParentUpdate(tx, { kind }, before, after) {
    if (kind === 'source') await recountAfter(tx, before, after)
  },
  example,
})

/** What places a quote in the text of its source. */
const SELECTOR = ['exact', 'start', 'end', 'prefix', 'suffix'] as const

/** The fields of a record that follow from its evidence. */
const FOLLOWING = ['support', 'origins', 'disputed']

/** Quotes follow a text that is replaced; otherwise a cited text stays as it is. @throws Problem `source-cited` or `quotes-lost` */
async function followText(tx: WriteTransaction, before: Doc, after: Doc, replaces: boolean): Promise<void> {
  if (before['text'] === after['text']) return
  textsOf(tx).delete(after.id)
  if (replaces) return moveQuotes(tx, before, after)
  const [cited] = await tx.pluck<string>(FIRST_CITATION, { id: after.id })
  if (cited)
    throw new Problem('source-cited', `Evidence (${cited}) cites this source, so its text cannot change.`, {
      errors: [{ pointer: '/text', detail: 'The text of a cited source cannot change.' }],
    })
}

/**
 * What a piece of evidence is about: its field, the value there, and its direction.
 * @throws Problem `unknown-field`, `inconsistent` or `unknown-reference`
 */
async function aboutOf(tx: WriteTransaction, { entity, doc }: Parent, input: Input) {
  const field = String(input['field'] ?? '')
  const given = input['value'] as Json | undefined
  const disputes = input['direction'] === 'disputes'
  if (field === '') {
    if (given !== undefined && given !== null)
      throw inconsistent([{ pointer: '/value', detail: 'The whole record has no value; name a field.' }])
    return { field, value: null, denial: disputes, direction: disputes ? 'disputes' : 'supports' }
  }
  const place = placeAt(entity, field)
  const value = await resolveValue(tx, place, evidenceValue(place, valueAt(doc, field), given))
  const direction = directionOf(entity, doc, { field, value, denial: false })
  // A source with another value disputes by it; a denial is about the value that the record has.
  const denial = disputes && direction !== 'disputes'
  return { field, value, denial, direction: denial ? 'disputes' : direction }
}

/** What a changed piece of evidence is about. A direction that was not changed is not a denial, unless it was one before. */
async function changedAbout(tx: WriteTransaction, parent: Parent, before: Doc, after: Doc) {
  const changed = (field: string) => JSON.stringify(before[field]) !== JSON.stringify(after[field])
  if (!['field', 'value', 'direction'].some(changed)) return {}
  const denies = changed('direction') ? after['direction'] === 'disputes' : before['denial']
  // The value of another field says nothing about this one.
  const value = changed('field') && !changed('value') ? null : after['value']
  return aboutOf(tx, parent, { ...after, value, direction: denies ? 'disputes' : null })
}

/** A value with the ids of the records that it refers to. @throws Problem `unknown-reference` */
async function resolveValue(tx: WriteTransaction, place: z.ZodType, value: Json): Promise<Json> {
  const holder = { value }
  await resolveReferences(tx, { references: referencesIn(place) }, holder)
  return holder.value
}

const { table } = evidence

/** The length of a text that is searched without an event-loop tick before it. */
const MAX_UNINTERRUPTED = 50_000

const evidenceCreate = withoutParent(evidence)
  .extend({
    value: value.optional(),
    direction: z
      .enum(DIRECTIONS)
      .nullable()
      .default('supports')
      .meta({ description: '`disputes`: the source denies what the record has, without another value.' }),
  })
  .meta({
    id: 'EvidenceCreate',
    description:
      'A quote from a source. Without offsets the server searches for it; `prefix` and `suffix` distinguish repeated quotes.',
    examples: [example],
  })

/** The size of the texts that are cached for a write, in UTF-16 units. */
const MAX_CACHED = 4_000_000

/** A cache of source texts per write, as an import quotes the same sources many times. */
const quotedTexts = new WeakMap<WriteTransaction, Map<string, IndexedText>>()

const textsOf = (tx: WriteTransaction) => quotedTexts.getOrInsertComputed(tx, () => new Map())

async function textOf(tx: WriteTransaction, sourceId: string): Promise<IndexedText | undefined> {
  const texts = textsOf(tx)
  const cached = texts.get(sourceId)
  if (cached) return cached
  const source = await findRecord(tx, tx.catalogue.entity('source'), sourceId)
  if (!source) return undefined
  const text = parse(source)['text']
  if (text === null)
    throw new Problem(
      'quote-absent',
      `The source ${sourceId} has no text (its textStatus is none), so it cannot be quoted.`,
      {
        errors: [{ pointer: '/sourceId', detail: 'The source has no text.' }],
      },
    )
  const indexed = new IndexedText(String(text))
  texts.set(sourceId, indexed)
  let size = texts.values().reduce((sum, { text }) => sum + text.length, 0)
  for (const [id, { text }] of texts) {
    if (size <= MAX_CACHED || texts.size === 1) break
    texts.delete(id)
    size -= text.length
  }
  return indexed
}

function locate(sourceText: IndexedText, selector: QuoteSelector) {
  const located = locateQuote(sourceText, selector)
  if (located.found) {
    const { start, end, prefix, suffix } = located
    return { start, end, prefix, suffix }
  }
  throw new Problem(located.reason === 'absent' ? 'quote-absent' : 'quote-ambiguous', located.detail, {
    errors: [{ pointer: '/exact', detail: located.detail }],
    extra: { candidates: located.candidates },
  })
}

/**
 * Moves the quotes of a source to their places in its new text.
 * @throws Problem `quotes-lost` if one of them is not at exactly one place
 */
async function moveQuotes(tx: WriteTransaction, before: Doc, after: Doc): Promise<void> {
  const old = new IndexedText(String(before['text'] ?? ''))
  const text = new IndexedText(String(after['text'] ?? ''))
  const lost: Record<string, unknown>[] = []
  const moved: { quote: Doc; located: Record<string, unknown> }[] = []
  for (const quote of (await tx.all<Stored>(CITATIONS, { id: before.id })).map(parse)) {
    const located = relocateQuote(old, text, quote as Doc & StoredQuote)
    if (located.found) {
      const { start, end, prefix, suffix } = located
      moved.push({ quote, located: { start, end, prefix, suffix } })
    } else {
      const { recordKind, recordId, exact } = quote
      lost.push({ evidenceId: quote.id, recordKind, recordId, exact, detail: located.detail })
    }
    if (text.text.length > MAX_UNINTERRUPTED) await nextTick()
  }
  if (lost.length > 0)
    throw new Problem(
      'quotes-lost',
      `${lost.length === 1 ? 'A quote is' : `${lost.length.toLocaleString('en')} quotes are`} not at exactly one place in the new text.`,
      { extra: { quotes: lost.slice(0, MAX_LOST) } },
    )
  for (const { quote, located } of moved) await updateRecord(tx, evidence, quote, located)
}

/** The maximum number of quotes in the problem `quotes-lost`. */
const MAX_LOST = 100

const id = sql.placeholder('id')

const CITATIONS = sql`${selectStored(table)} where ${table.sourceId} = ${id} order by ${table.firstSeq}`

const FIRST_CITATION = sql`select ${table.id} from ${table} where ${table.sourceId} = ${id} limit 1`

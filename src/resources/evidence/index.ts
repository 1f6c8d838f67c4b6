// Evidence: quotes from sources that support a record, checked against the text of the source.
import { setImmediate as nextTick } from 'node:timers/promises'
import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import {
  IndexedText,
  locateQuote,
  type QuoteSelector,
  relocateQuote,
  type StoredQuote,
} from '../../core/quotes.ts'
import { sql } from '../../db/sql.ts'
import { findRecord, parse, type Stored, selectStored } from '../../records/read/record.ts'
import {
  type Child,
  defineChild,
  type WriteTransaction,
  withoutParent,
} from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { choice, integer, pattern, ref, text } from '../../records/schema/fields.ts'
import { updateRecord } from '../../records/write/operations.ts'

const MOTIVATIONS = ['quote', 'inference'] as const
const ASSERTIONS = ['reported', 'claimed', 'proposed', 'announced', 'agreed', 'adopted'] as const

const example = {
  sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk',
  motivation: 'quote',
  assertion: 'announced',
  exact: 'we have developed a draft Agreement',
}

export const evidence: Child = defineChild({
  kind: 'evidence',
  path: 'evidence',
  about: 'A quote from a source that supports a record.',
  of: [
    'meeting',
    'speaker',
    'proposal',
    'agreement',
    'statement',
    'organization',
    'state',
    'topic',
    'source',
    'position',
  ],
  fields: {
    sourceId: ref('source', 'The quoted source.', {
      required: true,
      constant: true,
      filter: 'source',
      include: 'source',
      inverse: 'citations',
    }),
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
      'The quoted text, exactly as in the source (TextQuoteSelector).',
      {
        required: true,
      },
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
    note: text(5000, 'Remarks; the reasoning of an inference.'),
  },
  rules: ({ motivation, note }) =>
    motivation === 'inference' && note === null
      ? [{ pointer: '/note', detail: 'An inference requires a note with its reasoning.' }]
      : [],
  sameBy: ['sourceId', 'motivation', 'exact', 'note', 'start'],
  defaultSort: 'createdAt',
  createShape: () => evidenceCreate,
  operations: {
    list: 'All quotes and inferences, oldest first.',
    create:
      'The quote must occur in the text of the source at the given offsets; without offsets the server searches for it.',
    get: 'The quote and its position in the source.',
    update: 'A changed quote is located again, unless offsets are sent with it.',
    delete: 'The `support` of the record is updated.',
  },
  createProblems: ['quote-absent', 'quote-ambiguous'],
  async beforeCreate(tx, _parent, input) {
    const source = await textOf(tx, String(input['sourceId']))
    // A missing source is reported with the other references.
    if (source === undefined) return input
    // A long text takes a while, so other requests are processed in between.
    if (source.text.length > MAX_UNINTERRUPTED) await nextTick()
    return { ...input, ...locate(source, input as unknown as QuoteSelector) }
  },
  async beforeUpdate(tx, _parent, before, after) {
    const moved = SELECTOR.filter((field) => after[field] !== before[field])
    if (moved.length === 0) return
    const source = await textOf(tx, String(before['sourceId']))
    const sent = moved.map((field) => [field, after[field] ?? undefined])
    const selector = { exact: after['exact'], ...Object.fromEntries(sent) }
    if (source) Object.assign(after, locate(source, selector))
  },
  async parentFields(tx, { doc }) {
    const sources = await tx.pluck(QUOTED_SOURCES, { id: doc.id })
    return { support: (['unsupported', 'single-source'] as const)[sources.length] ?? 'corroborated' }
  },
  async beforeParentUpdate(tx, entity, before, after, { replacesText }) {
    if (entity.kind !== 'source' || before['text'] === after['text']) return
    textsOf(tx).delete(after.id)
    if (replacesText) return moveQuotes(tx, before, after)
    const [cited] = await tx.pluck<string>(FIRST_CITATION, { id: after.id })
    if (cited)
      throw new Problem('source-cited', `Evidence (${cited}) cites this source, so its text cannot change.`, {
        errors: [{ pointer: '/text', detail: 'The text of a cited source cannot change.' }],
      })
  },
  example,
})

/** What places a quote in the text of its source. */
const SELECTOR = ['exact', 'start', 'end', 'prefix', 'suffix'] as const

const { table } = evidence

/** The length of a text that is searched without an event-loop tick before it. */
const MAX_UNINTERRUPTED = 50_000

const evidenceCreate = withoutParent(evidence).meta({
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
  for (const quote of (await tx.all<Stored>(CITATIONS, { id: after.id })).map(parse)) {
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

const QUOTED_SOURCES = sql`select distinct ${table.sourceId} from ${table} where ${table.recordId} = ${id} and ${table.motivation} = 'quote' limit 2`

const FIRST_CITATION = sql`select ${table.id} from ${table} where ${table.sourceId} = ${id} limit 1`

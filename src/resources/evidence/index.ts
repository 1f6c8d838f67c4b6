// Evidence: the passage of a source that a record rests on, checked against the text of the source.
import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { locateQuote, type QuoteSelector } from '../../core/quotes.ts'
import { sql } from '../../db/sql.ts'
import { findRecord, parse } from '../../records/read/record.ts'
import { type Child, defineChild, type WriteTransaction, withoutParent } from '../../records/schema/child.ts'
import { choice, integer, pattern, recordId, ref, text } from '../../records/schema/fields.ts'
import { PREFIXES } from '../../records/schema/kinds.ts'

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
  noun: 'evidence',
  about: 'The words of a source that a record rests on.',
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
    recordKind: choice(
      'RecordKind',
      [...Object.keys(PREFIXES), 'state'] as [string],
      'What kind of record it supports.',
      { required: true, mayGrow: true },
    ),
    recordId: recordId('The id of the record it supports.'),
    sourceId: ref('source', 'The source that is quoted.', { required: true, inverse: 'citations' }),
    motivation: choice(
      'Motivation',
      MOTIVATIONS,
      '`quote`: the source says it. `inference`: an analyst concluded it, and `note` gives the reasoning.',
      { required: true, column: true },
    ),
    assertion: choice(
      'Assertion',
      ASSERTIONS,
      'How strongly the source has it: a minister who announced a draft did not adopt it.',
      { default: 'reported' },
    ),
    exact: pattern(
      z.string().min(1).max(50_000),
      'The words themselves, to the letter (TextQuoteSelector).',
      {
        required: true,
      },
    ),
    start: integer(
      'Where they start: code points of the text, from 0 (TextPositionSelector). Left out: the server finds it.',
      { max: 1_000_000, filled: true, column: true, example: 163 },
    ),
    end: integer('Where they end, exclusive.', { max: 1_000_000, filled: true, example: 163 }),
    prefix: pattern(
      z.string().max(1000),
      'The text right before; up to 32 code points where none was given.',
      { filled: true },
    ),
    suffix: pattern(z.string().max(1000), 'The text right after.', { filled: true }),
    note: text(5000, 'What a reader should know; the reasoning of an inference.'),
  },
  rules: ({ motivation, note }) =>
    motivation === 'inference' && note === null
      ? [{ pointer: '/note', detail: 'An inference needs a note that gives its reasoning.' }]
      : [],
  sameBy: ['sourceId', 'motivation', 'exact', 'note', 'start'],
  createShape: () => evidenceCreate,
  operations: {
    list: 'All of it at once, quotes and inferences, oldest first.',
    create:
      'The server checks that the text of the source has the quote where you say; without offsets it finds it.',
    get: 'The words, where they are in the source, and how strongly the source has it.',
    delete: 'The support of the record follows.',
  },
  createProblems: ['quote-absent', 'quote-ambiguous'],
  async beforeCreate(tx, _parent, input) {
    const source = await textOf(tx, String(input['sourceId']))
    // A source that does not exist is refused with the other references.
    return source === undefined ? input : { ...input, ...locate(source, input as unknown as QuoteSelector) }
  },
  async parentFields(tx, { doc }) {
    const sources = await tx.pluck(QUOTED_SOURCES, { id: doc.id })
    return { support: (['unsupported', 'single-source'] as const)[sources.length] ?? 'corroborated' }
  },
  async beforeParentUpdate(tx, entity, before, after) {
    if (entity.kind !== 'source' || before['text'] === after['text']) return
    textsOf(tx).delete(after.id)
    const [cited] = await tx.pluck<string>(FIRST_CITATION, { id: after.id })
    if (cited)
      throw new Problem('source-cited', `Evidence (${cited}) cites this source, so its text never changes.`, {
        errors: [{ pointer: '/text', detail: 'The text of a cited source never changes.' }],
      })
  },
  example,
})

const { table } = evidence

const evidenceCreate = withoutParent(evidence).meta({
  id: 'EvidenceCreate',
  description:
    'A quote and where it is. Without offsets the server finds it; prefix and suffix tell repeated quotes apart.',
  examples: [example],
})

/** The texts that a write has quoted from so far: an import quotes the same few sources many times. */
const quotedTexts = new WeakMap<WriteTransaction, Map<string, string>>()

const textsOf = (tx: WriteTransaction) => quotedTexts.getOrInsertComputed(tx, () => new Map())

async function textOf(tx: WriteTransaction, sourceId: string): Promise<string | undefined> {
  const texts = textsOf(tx)
  const source = texts.has(sourceId)
    ? undefined
    : await findRecord(tx, tx.catalogue.entity('source'), sourceId)
  if (source) texts.set(sourceId, String(parse(source)['text']))
  return texts.get(sourceId)
}

function locate(sourceText: string, selector: QuoteSelector) {
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

const id = sql.placeholder('id')

const QUOTED_SOURCES = sql`select distinct ${table.sourceId} from ${table} where ${table.recordId} = ${id} and ${table.motivation} = 'quote' limit 2`

const FIRST_CITATION = sql`select ${table.id} from ${table} where ${table.sourceId} = ${id} limit 1`

// Evidence: the sentence of a source that a record rests on, checked against the source's text.

import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { locateQuote, type QuoteSelector } from '../../core/quotes.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { anyId, mayGrow, named, PREFIXES, ref, text } from '../../records/schema/fields.ts'
import { type Doc, defineEntity, type Entity } from '../../records/schema/resource.ts'
import {
  type Attachment,
  type Extension,
  parse,
  type Records,
  type Stored,
  type WriteTransaction,
} from '../../records/write/records.ts'
import { evidence as table } from './table.ts'

export const MOTIVATIONS = ['quote', 'inference'] as const
export const ASSERTIONS = ['reported', 'claimed', 'proposed', 'announced', 'agreed', 'adopted'] as const

const position = (description: string) =>
  z
    .int()
    .nonnegative()
    .max(1_000_000)
    .meta({ description, examples: [163] })

const context = (description: string) => z.string().max(1000).meta({ description })

export const evidence = defineEntity({
  kind: 'evidence',
  about: 'The words of a source that a record rests on.',
  table,
  fields: {
    recordKind: named('RecordKind', z.enum([...Object.keys(PREFIXES), 'state']).meta(mayGrow)).meta({
      description: 'What kind of record it supports.',
    }),
    recordId: anyId('The id of the record it supports.'),
    sourceId: ref('source', 'The source that is quoted.'),
    motivation: named('Motivation', z.enum(MOTIVATIONS)).meta({
      description:
        '`quote`: the source says it. `inference`: an analyst concluded it, and `note` gives the reasoning.',
    }),
    assertion: named('Assertion', z.enum(ASSERTIONS)).default('reported').meta({
      description: 'How strongly the source has it: a minister who announced a draft did not adopt it.',
    }),
    exact: z
      .string()
      .min(1)
      .max(50_000)
      .meta({ description: 'The words themselves, to the letter (TextQuoteSelector).' }),
    start: position(
      'Where they start: code points of the text, from 0 (TextPositionSelector). Left out: the server finds it.',
    ),
    end: position('Where they end, exclusive.'),
    prefix: context('What stands right before; up to 32 code points where none was given.'),
    suffix: context('What stands right after.'),
    note: text(5000, 'What a reader should know; the reasoning of an inference.').nullable(),
  },
  required: ['recordKind', 'recordId', 'sourceId', 'motivation', 'exact'],
  rules: (doc) =>
    doc['motivation'] === 'inference' && doc['note'] === null
      ? [{ pointer: '/note', detail: 'An inference needs a note that gives its reasoning.' }]
      : [],
  example: {
    sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk',
    motivation: 'quote',
    assertion: 'announced',
    exact: 'we have developed a draft Agreement',
  },
})

/** What a POST of evidence takes. */
export const evidenceCreate = evidence.writable.omit({ recordKind: true, recordId: true }).meta({
  id: 'EvidenceCreate',
  description:
    'A quote and where it stands. With no offsets the server finds it; prefix and suffix tell repeated quotes apart.',
  examples: [
    {
      sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk',
      motivation: 'quote',
      assertion: 'announced',
      exact: 'we have developed a draft Agreement',
    },
  ],
})

/** Attaches a quote to a record. @throws Problem `quote-absent` or `quote-ambiguous`, with the candidates */
export async function addEvidence(
  records: Records,
  tx: WriteTransaction,
  entity: Entity,
  record: Doc,
  input: Record<string, unknown>,
  id?: string,
): Promise<Doc> {
  const derived = { recordKind: entity.kind, recordId: record.id }
  const source = await sourceText(records, tx, String(input['sourceId']))
  const place = source === undefined ? {} : locate(source, input as unknown as QuoteSelector)
  const made = await records.create(tx, evidence, { ...input, ...place }, derived, id)
  // The first source that is quoted, and what is no quote, need no look at the others.
  if (made['motivation'] !== 'quote') return made
  if (record['support'] === 'unsupported')
    await records.update(tx, entity, record, { support: 'single-source' })
  else await refreshSupport(records, tx, entity, record)
  return made
}

/** The texts that a write has quoted from so far: an import quotes the same few sources again and again. */
const quoted = new WeakMap<WriteTransaction, Map<string, string>>()

async function sourceText(records: Records, tx: WriteTransaction, id: string): Promise<string | undefined> {
  const texts = quoted.get(tx) ?? new Map<string, string>()
  quoted.set(tx, texts)
  const known = texts.get(id)
  if (known !== undefined) return known
  const source = await records.find(tx, records.catalogue.entity('source'), id)
  if (!source) return undefined
  const text = String(parse(source)['text'])
  texts.set(id, text)
  return text
}

/** The same words of the same source at the same place are the same evidence. */
export const evidenceAttachment: Attachment = {
  kind: 'evidence',
  shape: (holder) => (holder.keys.includes('support') ? evidenceCreate : null),
  add: addEvidence,
  async same(_records, reader, record, input) {
    const held = await reader.all<Stored>(HELD, { id: record.id })
    return held
      .map(parse)
      .find(
        (doc) =>
          (['sourceId', 'motivation', 'exact', 'note'] as const).every(
            (field) => doc[field] === (input[field] ?? null),
          ) &&
          (input['start'] === undefined || input['start'] === doc['start']),
      )
  },
}

/** Takes evidence away again; the support of its record follows. */
export async function removeEvidence(
  records: Records,
  tx: WriteTransaction,
  entity: Entity,
  record: Doc,
  doc: Doc,
): Promise<void> {
  await records.remove(tx, evidence, doc)
  await refreshSupport(records, tx, entity, record)
}

function locate(sourceText: string, selector: QuoteSelector) {
  const located = locateQuote(sourceText, selector)
  if (located.found)
    return { start: located.start, end: located.end, prefix: located.prefix, suffix: located.suffix }
  throw new Problem(located.reason === 'absent' ? 'quote-absent' : 'quote-ambiguous', located.detail, {
    errors: [{ pointer: '/exact', detail: located.detail }],
    extra: { candidates: located.candidates },
  })
}

/** How many sources a record is quoted from decides its support. */
async function refreshSupport(
  records: Records,
  tx: WriteTransaction,
  entity: Entity,
  record: Doc,
): Promise<void> {
  if (!entity.keys.includes('support')) return
  const held = await tx.all<{ sourceId: string; motivation: string }>(CITED, { id: record.id })
  const sources = new Set(
    held.filter(({ motivation }) => motivation === 'quote').map(({ sourceId }) => sourceId),
  ).size
  const support = sources === 0 ? 'unsupported' : sources === 1 ? 'single-source' : 'corroborated'
  await records.update(tx, entity, record, { support })
}

/** The evidence that rests on a source, in the order of its text. */
export const citationsOf = (reader: Reader, sourceId: string) =>
  reader.all<Stored>(CITATIONS, { id: sourceId })

/** The text of a source is fixed once evidence cites it by position. */
export const evidenceExtension: Extension = {
  async beforeUpdate(tx, entity, before, after) {
    if (entity.kind !== 'source' || before['text'] === after['text']) return
    quoted.get(tx)?.delete(after.id)
    const cited = await tx.get<{ id: string }>(FIRST_CITATION, { id: after.id })
    if (cited) {
      throw new Problem(
        'source-cited',
        `Evidence (${cited.id}) cites this source, so its text never changes.`,
        {
          errors: [{ pointer: '/text', detail: 'The text of a cited source never changes.' }],
        },
      )
    }
  },
}

// The evidence of one record is little: sorting, and counting what differs, cost more in the database than they are worth.
const HELD = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.recordId} = ${sql.placeholder('id')}`

const CITED = sql`select ${table.sourceId} as "sourceId", ${table.motivation} as motivation from ${table} where ${table.recordId} = ${sql.placeholder('id')}`

const CITATIONS = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.sourceId} = ${sql.placeholder('id')} order by ${table.start}, ${table.id}`

const FIRST_CITATION = sql`select ${table.id} as id from ${table} where ${table.sourceId} = ${sql.placeholder('id')} limit 1`

// Evidence: the sentence of a source that a record rests on, checked against the source's text.

import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { locateQuote, type QuoteSelector } from '../../core/quotes.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { anyId, mayGrow, named, PREFIXES, ref, text } from '../../records/fields.ts'
import { type Extension, parse, type Records, type Stored, type Unit } from '../../records/records.ts'
import { type Doc, defineEntity, type Entity } from '../../records/resource.ts'
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
  unit: Unit,
  entity: Entity,
  record: Doc,
  input: Record<string, unknown>,
): Promise<Doc> {
  const derived = { recordKind: entity.kind, recordId: record.id }
  const source = await records.find(unit, records.catalogue.entity('source'), String(input['sourceId']))
  const place = source ? locate(String(parse(source)['text']), input as unknown as QuoteSelector) : {}
  const made = await records.create(unit, evidence, { ...input, ...place }, derived)
  await refreshSupport(records, unit, entity, record)
  return made
}

/** Does a record rest on these very words already? */
export async function isCited(
  records: Records,
  reader: Reader,
  recordId: string,
  input: Record<string, unknown>,
): Promise<boolean> {
  const held = (await records.under(reader, evidence, recordId)).map(parse)
  return held.some((doc) =>
    (['sourceId', 'motivation', 'exact', 'note'] as const).every(
      (field) => doc[field] === (input[field] ?? null),
    ),
  )
}

/** Takes evidence away again; the support of its record follows. */
export async function removeEvidence(
  records: Records,
  unit: Unit,
  entity: Entity,
  record: Doc,
  doc: Doc,
): Promise<void> {
  await records.remove(unit, evidence, doc)
  await refreshSupport(records, unit, entity, record)
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
async function refreshSupport(records: Records, unit: Unit, entity: Entity, record: Doc): Promise<void> {
  if (!entity.keys.includes('support')) return
  const quoted = await unit.get<{ sources: number }>(COUNT_SOURCES, { id: record.id })
  const sources = quoted?.sources ?? 0
  const support = sources === 0 ? 'unsupported' : sources === 1 ? 'single-source' : 'corroborated'
  await records.update(unit, entity, record, { support })
}

/** The evidence that rests on a source, in the order of its text. */
export const citationsOf = (reader: Reader, sourceId: string) =>
  reader.all<Stored>(CITATIONS, { id: sourceId })

/** The text of a source is fixed once evidence cites it by position. */
export const evidenceExtension: Extension = {
  async beforeUpdate(unit, entity, before, after) {
    if (entity.kind !== 'source' || before['text'] === after['text']) return
    const cited = await unit.get<{ id: string }>(FIRST_CITATION, { id: after.id })
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

const COUNT_SOURCES = sql`select count(distinct ${table.sourceId}) as sources from ${table} where ${table.recordId} = ${sql.placeholder('id')} and ${table.motivation} = 'quote'`

const CITATIONS = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.sourceId} = ${sql.placeholder('id')} order by ${table.start}, ${table.id}`

const FIRST_CITATION = sql`select ${table.id} as id from ${table} where ${table.sourceId} = ${sql.placeholder('id')} limit 1`

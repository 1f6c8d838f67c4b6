// The route of reports: POST /v1/reports creates a source and the records drawn from it in one transaction.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { memoize } from '../../core/memoize.ts'
import { capitalised, uncapitalised } from '../../core/text.ts'
import { describe, dryRun, withReason } from '../../http/describe.ts'
import type { Catalogue, Child } from '../../records/schema/catalogue.ts'
import { fieldOf, fieldsIn } from '../../records/schema/fields.ts'
import { type Kind, refPattern, withArticle } from '../../records/schema/kinds.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { anyId, line, mayGrow, named, pathTo, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { DryRun, respondIdempotently } from '../respond.ts'
import { KEY, type Report, SECTIONS, writeReport } from './write.ts'

/** A schema in which every reference may also be `=key`. */
function withKeys(schema: z.ZodType): z.ZodType {
  const field = fieldOf(schema)
  if (field && !field.kinds) return schema
  if (field?.kinds) {
    const { kinds } = field
    const reference = named(
      `Report${kinds.map(capitalised).join('Or')}Reference`,
      z
        .string()
        .max(200)
        .meta({
          // Documentation only: it is checked after keys are replaced.
          pattern: [...kinds.map((kind) => refPattern(kind).source), KEY.source].join('|'),
          description: `The id of ${kinds.map(withArticle).join(' or ')}, or \`=key\` of one in this report.`,
        }),
    )
    return schema instanceof z.ZodNullable ? reference.nullable() : reference
  }
  const isNamed = schema instanceof z.ZodObject && schema.meta()?.id !== undefined
  if ((schema instanceof z.ZodArray || isNamed) && !fieldsIn(schema).some(({ kinds }) => kinds)) return schema
  if (schema instanceof z.ZodObject) {
    const { id, description } = schema.meta() ?? {}
    const shape = z.strictObject(
      Object.fromEntries(
        Object.entries(schema.shape).map(([key, inner]) => [key, withKeys(inner as z.ZodType)]),
      ),
    )
    return id ? named(`Report${id}`, shape, `In a report: ${uncapitalised(`${description}`)}`) : shape
  }
  if (schema instanceof z.ZodArray) return z.array(withKeys(schema.element as z.ZodType)).max(500)
  if (schema instanceof z.ZodNullable) return withKeys(schema.unwrap() as z.ZodType).nullable()
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return withKeys(schema.unwrap() as z.ZodType).optional()
  }
  return schema
}

/** @param evidence the body of a POST of evidence */
const quoteSchema = (evidence: z.ZodObject) =>
  z
    .strictObject(evidence.omit({ sourceId: true }).partial({ motivation: true, assertion: true }).shape)
    .meta({
      id: 'QuoteCreate',
      description: 'A quote from the source of the report. Default of `motivation`: `quote`.',
    })

const reportKey = named(
  'ReportKey',
  z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .meta({
      maxLength: 100,
      description: 'A key by which other records of the report refer to this one, as `=key`.',
    }),
)

/** A part of an item: with a key and quotes of its own. */
function partSchema(child: Child, parent: Entity, quotes: z.ZodType): z.ZodType {
  const { shape } = withKeys(child.createShape(parent)) as z.ZodObject
  return named(
    `Report${String(child.createShape(parent).meta()?.id).replace(/Create$/, '')}`,
    z.strictObject({ key: reportKey.optional(), ...shape, evidence: quotes }),
    `In a report: ${withArticle(child.kind)}.`,
  )
}

function itemSchema(resource: Resource, children: readonly Child[], quote: z.ZodType) {
  const quotes = named(
    'ReportEvidence',
    z.array(quote).max(200).meta({ description: 'Quotes from the source of the report.' }),
  ).optional()
  const fields = (withKeys(resource.writable.partial()) as z.ZodObject).shape
  const parts = children
    .filter(({ kind, of }) => kind !== 'evidence' && of.includes(resource.kind))
    .map((child) => [
      child.path,
      z
        .array(partSchema(child, resource, quotes))
        .max(500)
        .optional(),
    ])
  return z
    .strictObject({
      key: reportKey.optional(),
      id: z
        .string()
        .max(101)
        .optional()
        .meta({ description: 'The record that the item describes, if it has to be named.' }),
      overwrite: z.boolean().optional().meta({
        description:
          'Whether the values of the item and of its parts win where they differ from those of the record. Requires `reason`.',
      }),
      ...fields,
      distinctFrom: z.array(z.string().max(101)).max(100).optional().meta({
        description:
          'Records that look the same and are not: ids, or `=key` of others in this report. They answer `possible-duplicate`.',
      }),
      ...Object.fromEntries(parts),
      evidence: quotes,
    })
    .meta({
      id: `Report${resource.name}Create`,
      description: `In a report: ${withArticle(resource.kind)}. If it is already there, only the fields that identify it are required.`,
    })
}

const difference = z
  .object({
    field: line(500, 'A JSON Pointer to the field.'),
    record: z.unknown().meta({ description: 'The value of the record.' }),
    report: z.unknown().meta({ description: 'The value of the report.' }),
    evidenceId: anyId(
      'The evidence for the value of the report, if the item quotes for this field.',
    ).nullable(),
  })
  .meta({
    id: 'ReportDifference',
    description: 'A field of which a record and a report have different values.',
  })

const itemResult = named(
  'ReportItemResult',
  z.enum(['created', 'matched', 'updated']).meta(mayGrow),
  'What became of an item or part.',
)

const pointers = (description: string) =>
  z.array(line(500, 'A JSON Pointer.')).meta({ ...unbounded, description })

const differences = z.array(difference).meta({
  ...unbounded,
  description: 'Fields that differ. The record keeps its values, except with `overwrite`.',
})

const partOutcome = z
  .object({
    list: line(50, 'The list of the item, such as `events`.'),
    index: z.int().min(0).meta({ description: 'Its index in that list.' }),
    id: anyId('The id of the part.'),
    outcome: itemResult,
    filled: pointers('Fields that were empty.'),
    differences,
    overwritten: pointers('Fields of which the part replaced the value.'),
  })
  .meta({ id: 'ReportPartOutcome', description: 'What became of a part of an item.' })

/** The schema of the body of a report. */
export const reportBody = memoize((catalogue: Catalogue) => {
  const { children } = catalogue
  const resource = (kind: Kind) => catalogue.resource(kind)
  const quote = quoteSchema(catalogue.child('evidence').createShape(resource('source')))
  return z
    .strictObject({
      source: itemSchema(resource('source'), children, quote),
      ...Object.fromEntries(
        Object.entries(SECTIONS).map(([section, kind]) => [
          section,
          z
            .array(itemSchema(resource(kind), children, quote))
            .max(500)
            .optional(),
        ]),
      ),
    })
    .meta({
      id: 'ReportCreate',
      description:
        'A source and what it says. Fields may refer by `=key` to records of earlier sections and to earlier ones of their own section; agendas, parts and evidence may refer to any.',
      examples: [
        {
          source: {
            title: 'A report',
            language: 'en',
            text: 'Tashkent, 24 August 2022. The minister proposed to exercise together.',
          },
          speakers: [{ key: 'minister', name: 'The minister', evidence: [{ exact: 'The minister' }] }],
          proposals: [
            {
              title: 'Exercise together',
              contributors: [{ role: 'proposer', speakerId: '=minister' }],
              events: [
                {
                  type: 'proposed',
                  occurredOn: '2022-08-24',
                  evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
                },
              ],
            },
          ],
        },
      ],
    })
})

export function reportRoutes(app: FastifyInstance, records: Records): void {
  const body = reportBody(records.catalogue)
  const result = z
    .object({
      sourceId: anyId('The id of the source.'),
      data: z
        .array(
          z
            .object({
              section: named(
                'ReportSection',
                z.enum(['source', ...Object.keys(SECTIONS)]).meta(mayGrow),
                'A section of a report.',
              ).meta({ description: 'The section of the report.' }),
              key: line(100, 'The key of the item, if any.').nullable(),
              kind: named(
                'ReportedKind',
                z.enum(['source', ...Object.values(SECTIONS)]).meta(mayGrow),
                'A kind of record that reports have.',
              ).meta({ description: 'The kind of the record.' }),
              id: anyId('The id of the record.'),
              path: pathTo('The path of the record.'),
              outcome: itemResult.meta({
                description:
                  '`matched`: the record was there and has all that the item says. `updated`: it was there, and something was added.',
              }),
              filled: pointers('Fields that were empty, and lists of which an entry got fuller.'),
              added: z.record(line(50, 'A list.'), z.int().min(1)).meta({
                maxProperties: 50,
                description: 'How many entries or parts were added to each list of a record that was there.',
              }),
              differences,
              overwritten: pointers('Fields of which the item replaced the value.'),
              parts: z.array(partOutcome).meta({ ...unbounded, description: 'The parts of the item.' }),
              similar: z.array(anyId('A record.')).meta({
                ...unbounded,
                description: 'Other proposals of the same meeting and proposer.',
              }),
            })
            .meta({ id: 'ReportOutcome', description: 'What became of an item.' }),
        )
        .meta(unbounded),
    })
    .meta({ id: 'ReportResult', description: 'What became of a report.' })

  app.post('/v1/reports', {
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'createReport',
      tag: 'reports',
      summary: 'Create a source and its records in one call',
      description:
        'Writes a source and what it says, in one transaction. Records and parts that are already there are found: empty fields are filled, lists and parts united, and what differs is named; nothing is written over. If an item may describe a record that is there, nothing is written, and the problem lists the candidates. A report that is sent again changes nothing.',
      query: withReason.extend({ dryRun }),
      body,
      answers: {
        200: { description: 'Nothing changed, or a dry run.', schema: result, headers: ['Location'] },
        201: {
          description: 'The outcome for each record.',
          schema: result,
          headers: ['Location'],
        },
      },
      problems: [
        'unknown-reference',
        'inconsistent',
        'duplicate',
        'illegal-transition',
        'unknown-field',
        'quote-absent',
        'quote-ambiguous',
        'possible-duplicate',
      ],
    }),
    handler: (request, reply) =>
      respondIdempotently(records, request, reply, async (tx) => {
        const data = await writeReport(records, tx, request.body as Report)
        const sourceId = data.find(({ section }) => section === 'source')?.id ?? ''
        const response = {
          status: data.every(({ outcome }) => outcome === 'matched') ? 200 : 201,
          headers: { 'content-type': 'application/json; charset=utf-8', location: `/v1/sources/${sourceId}` },
          body: JSON.stringify({ sourceId, data }),
        }
        if ((request.query as { dryRun: boolean }).dryRun) throw new DryRun({ ...response, status: 200 })
        return response
      }),
  })
}

// The route of reports: POST /v1/reports creates a source and the records drawn from it in one transaction.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { capitalised } from '../../core/text.ts'
import { describe, withReason } from '../../http/describe.ts'
import { fieldOf, fieldsIn } from '../../records/schema/fields.ts'
import { type Kind, refPattern, withArticle } from '../../records/schema/kinds.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, line, mayGrow, named, pathTo, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { respondIdempotently } from '../respond.ts'
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
  if (schema instanceof z.ZodArray && !fieldsIn(schema).some(({ kinds }) => kinds)) return schema
  if (schema instanceof z.ZodObject) {
    return z.strictObject(
      Object.fromEntries(
        Object.entries(schema.shape).map(([key, inner]) => [key, withKeys(inner as z.ZodType)]),
      ),
    )
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

function itemSchema(resource: Resource, quote: z.ZodType) {
  const shape = (withKeys(resource.create) as z.ZodObject).shape
  return z
    .strictObject({
      key: reportKey.optional(),
      ...shape,
      evidence: named(
        'ReportEvidence',
        z.array(quote).max(200).meta({ description: 'Quotes from the source that support the record.' }),
      ).optional(),
    })
    .meta({ id: `Report${resource.name}Create`, description: `In a report: ${withArticle(resource.kind)}.` })
}

export function reportRoutes(app: FastifyInstance, records: Records): void {
  const resource = (kind: Kind) => records.catalogue.resource(kind)
  const evidence = records.catalogue.child('evidence').createShape(resource('source'))
  const quote = quoteSchema(evidence)
  const body = z
    .strictObject({
      source: itemSchema(resource('source'), quote),
      ...Object.fromEntries(
        Object.entries(SECTIONS).map(([section, kind]) => [
          section,
          z
            .array(itemSchema(resource(kind), quote))
            .max(500)
            .optional(),
        ]),
      ),
    })
    .meta({
      id: 'ReportCreate',
      description:
        'A source and its records. A record may refer to records in earlier sections, and to earlier ones in its own section.',
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
              proposedOn: '2022-08-24',
              speakerId: '=minister',
              evidence: [{ exact: 'proposed to exercise together', assertion: 'proposed' }],
            },
          ],
        },
      ],
    })
  const result = z
    .object({
      sourceId: anyId('The id of the source.'),
      data: z
        .array(
          z
            .object({
              section: z
                .enum(['source', ...Object.keys(SECTIONS)])
                .meta({ ...mayGrow, description: 'The section of the report.' }),
              key: line(100, 'The key of the record in the report, if any.').nullable(),
              kind: z
                .enum(['source', ...Object.values(SECTIONS)])
                .meta({ ...mayGrow, description: 'The kind of the record.' }),
              id: anyId('The id of the record.'),
              path: pathTo('The path of the record.'),
              outcome: z
                .enum(['created', 'matched'])
                .meta({ description: '`matched`: the record existed, and only its evidence was added.' }),
            })
            .meta({ id: 'ReportOutcome', description: 'The outcome for one record of the report.' }),
        )
        .meta(unbounded),
    })
    .meta({ id: 'ReportResult', description: 'The outcome of a report.' })

  app.post('/v1/reports', {
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'createReport',
      tag: 'reports',
      summary: 'Create a source and its records in one call',
      description:
        'Creates a source and its records with quotes, in one transaction. Existing people, organizations and topics are matched by identifier, then by normalised name in any of their names. A name that matches several records is an error, with the candidates.',
      query: withReason,
      body,
      answers: {
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
        'quote-absent',
        'quote-ambiguous',
        'ambiguous-match',
      ],
    }),
    handler: (request, reply) =>
      respondIdempotently(records, request, reply, async (tx) => {
        const data = await writeReport(records, tx, request.body as Report)
        const sourceId = data.find(({ section }) => section === 'source')?.id ?? ''
        return {
          status: 201,
          headers: { 'content-type': 'application/json; charset=utf-8', location: `/v1/sources/${sourceId}` },
          body: JSON.stringify({ sourceId, data }),
        }
      }),
  })
}

// Serves the evidence of a source as W3C Web Annotations: GET /v1/sources/{id}/annotations.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { loadRecord, parse, type Stored, selectStored } from '../../records/read/record.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { instant, line, named, pathTo, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { evidence } from './index.ts'

const { table } = evidence

const JSON_POINTER = 'http://tools.ietf.org/rfc/rfc6901'

const selector = z
  .discriminatedUnion('type', [
    z
      .object({
        type: z.literal('TextQuoteSelector'),
        exact: line(50_000, 'The quoted text.'),
        prefix: line(1000, 'The text directly before it.'),
        suffix: line(1000, 'The text directly after it.'),
      })
      .meta({ id: 'TextQuoteSelector', description: 'A passage by its text.' }),
    z
      .object({
        type: z.literal('TextPositionSelector'),
        start: z.int().min(0).max(1_000_000).meta({ description: 'The start in code points, from 0.' }),
        end: z.int().min(0).max(1_000_000).meta({ description: 'The end in code points, exclusive.' }),
      })
      .meta({ id: 'TextPositionSelector', description: 'A passage by its offsets.' }),
  ])
  .meta({
    id: 'Selector',
    description: 'A passage in a text: by its text, and by its offsets.',
    discriminator: { propertyName: 'type' },
  })

const annotation = z
  .object({
    id: pathTo('The path of the evidence.'),
    type: z.literal('Annotation'),
    motivation: named('AnnotationMotivation', z.enum(['linking', 'assessing'])).meta({
      description:
        '`linking`: the source says it (a quote). `assessing`: an analyst concluded it (an inference).',
    }),
    created: instant('When the evidence was created.'),
    modified: instant('When the evidence last changed.'),
    body: z
      .array(
        z
          .object({
            type: named(
              'AnnotationBodyType',
              z.enum(['SpecificResource', 'TextualBody']),
              'What the body is.',
            ),
            purpose: named(
              'AnnotationPurpose',
              z.enum(['linking', 'tagging', 'commenting']),
              'What the body is for.',
            ),
            source: pathTo('The path of the record.').optional(),
            selector: z
              .object({
                type: z.literal('FragmentSelector'),
                conformsTo: z.literal(JSON_POINTER),
                value: line(200, 'The field, as a JSON Pointer.'),
              })
              .meta({ id: 'FragmentSelector', description: 'A field of the record; without one, the whole.' })
              .optional(),
            value: line(
              5000,
              'The assertion or the direction (`tagging`), or the note (`commenting`).',
            ).optional(),
          })
          .meta({
            id: 'AnnotationBody',
            description: 'The record, the assertion, the direction, or a note.',
          }),
      )
      .max(4),
    target: z
      .object({
        type: z.literal('SpecificResource'),
        source: pathTo('The path of the source.'),
        selector: z.array(selector).min(2).max(2),
      })
      .meta({ id: 'AnnotationTarget', description: 'The passage in the source.' }),
  })
  .meta({ id: 'Annotation', description: 'A W3C Web Annotation.' })

const annotationPage = z
  .object({
    // No constant: some generators make a type of that, with this name.
    '@context': line(100, 'The JSON-LD context, `http://www.w3.org/ns/anno.jsonld`.'),
    id: pathTo('The path of this page.'),
    type: z.literal('AnnotationPage'),
    startIndex: z.int().min(0).max(0).meta({ description: 'Always 0: all annotations are on one page.' }),
    items: z.array(annotation).meta(unbounded),
  })
  .meta({
    id: 'AnnotationPage',
    description: 'A W3C AnnotationPage. Ids are relative IRIs.',
  })

export function annotationRoutes(app: FastifyInstance, { catalogue, engine }: Records): void {
  const sources = catalogue.resource('source')
  app.get('/v1/sources/:id/annotations', {
    schema: describe({
      operationId: 'listSourceAnnotations',
      tag: 'sources',
      summary: 'List the annotations of the source',
      description:
        'W3C Web Annotations (JSON-LD), in the order of the text. Positions are in Unicode code points.',
      params: recordParam(sources),
      answers: {
        200: { description: 'The annotations.', schema: annotationPage, type: 'application/ld+json' },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const body = await engine.read(async (reader) => {
        const source = await loadRecord(reader, sources, id)
        const cited = (await reader.all<Stored>(CITATIONS, { id: source.id })).map(parse)
        return {
          '@context': 'http://www.w3.org/ns/anno.jsonld',
          id: `/v1/sources/${source.id}/annotations`,
          type: 'AnnotationPage',
          startIndex: 0,
          items: cited.map((evidence) => {
            const { path } = catalogue.entity(evidence['recordKind'] as Kind)
            return toAnnotation(evidence, `/v1/${path}/${evidence['recordId']}`)
          }),
        }
      })
      return sendRepresentation(reply, {
        body: JSON.stringify(body),
        type: 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
      })
    },
  })
}

/** @param record the path of the record that the evidence is about */
function toAnnotation(evidence: Doc, record: string): z.infer<typeof annotation> {
  const fields = evidence as Doc &
    Record<'sourceId' | 'exact' | 'prefix' | 'suffix' | 'assertion' | 'field', string>
  const { sourceId, exact, prefix, suffix, assertion, field } = fields
  const { note, direction } = evidence
  return {
    id: `/v1/evidence/${evidence.id}`,
    type: 'Annotation',
    motivation: evidence['motivation'] === 'inference' ? 'assessing' : 'linking',
    created: evidence.createdAt,
    modified: evidence.updatedAt,
    body: [
      {
        type: 'SpecificResource',
        purpose: 'linking',
        source: record,
        ...(field !== '' && {
          selector: { type: 'FragmentSelector', conformsTo: JSON_POINTER, value: field } as const,
        }),
      },
      { type: 'TextualBody', purpose: 'tagging', value: assertion },
      ...(typeof direction === 'string'
        ? [{ type: 'TextualBody', purpose: 'tagging', value: direction } as const]
        : []),
      ...(typeof note === 'string'
        ? [{ type: 'TextualBody', purpose: 'commenting', value: note } as const]
        : []),
    ],
    target: {
      type: 'SpecificResource',
      source: `/v1/sources/${sourceId}`,
      selector: [
        { type: 'TextQuoteSelector', exact, prefix, suffix },
        { type: 'TextPositionSelector', start: Number(evidence['start']), end: Number(evidence['end']) },
      ],
    },
  }
}

const CITATIONS = sql`${selectStored(table)} where ${table.sourceId} = ${sql.placeholder('id')} order by ${table.start}, ${table.id}`

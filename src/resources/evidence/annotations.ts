// Evidence as W3C Web Annotations (https://www.w3.org/TR/annotation-model/).
import { z } from 'zod'
import type { Doc } from '../../records/resource.ts'

const annotation = z
  .object({
    id: z.string().meta({ description: 'The path of the evidence.' }),
    type: z.literal('Annotation'),
    motivation: z.enum(['linking', 'assessing']).meta({
      description:
        '`linking`: the source says it (a quote). `assessing`: an analyst concluded it (an inference).',
    }),
    created: z.string(),
    modified: z.string(),
    body: z.array(
      z.object({
        type: z.enum(['SpecificResource', 'TextualBody']),
        purpose: z.enum(['linking', 'tagging', 'commenting']),
        source: z.string().optional().meta({ description: 'The path of the record that the words support.' }),
        value: z
          .string()
          .optional()
          .meta({ description: 'The assertion (`tagging`), or the note (`commenting`).' }),
      }),
    ),
    target: z.object({
      type: z.literal('SpecificResource'),
      source: z.string().meta({ description: 'The path of the source.' }),
      selector: z.tuple([
        z.object({
          type: z.literal('TextQuoteSelector'),
          exact: z.string(),
          prefix: z.string(),
          suffix: z.string(),
        }),
        z.object({ type: z.literal('TextPositionSelector'), start: z.int(), end: z.int() }),
      ]),
    }),
  })
  .meta({ id: 'Annotation', description: 'A W3C Web Annotation.' })

export const annotationPage = z
  .object({
    '@context': z.literal('http://www.w3.org/ns/anno.jsonld'),
    id: z.string(),
    type: z.literal('AnnotationPage'),
    startIndex: z.int(),
    items: z.array(annotation),
  })
  .meta({
    id: 'AnnotationPage',
    description: 'A W3C AnnotationPage; the ids are IRIs relative to the service.',
  })

/** @param record the path of the record that the evidence supports */
export function toAnnotation(evidence: Doc, record: string): z.infer<typeof annotation> {
  const fields = evidence as Doc & Record<'sourceId' | 'exact' | 'prefix' | 'suffix' | 'assertion', string>
  const { sourceId, exact, prefix, suffix, assertion } = fields
  const note = evidence['note']
  return {
    id: `${record}/evidence/${evidence.id}`,
    type: 'Annotation',
    motivation: evidence['motivation'] === 'inference' ? 'assessing' : 'linking',
    created: evidence.createdAt,
    modified: evidence.updatedAt,
    body: [
      { type: 'SpecificResource', purpose: 'linking', source: record },
      { type: 'TextualBody', purpose: 'tagging', value: assertion },
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

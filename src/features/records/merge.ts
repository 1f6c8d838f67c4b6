// The route that merges a record into another: POST /v1/{path}/{id}/merge.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { unknownReference } from '../../core/problems.ts'
import type { Reader } from '../../db/engine.ts'
import { checkIfMatch } from '../../http/conditional.ts'
import { describe, dryRun, ifMatch, recordParam, withRequiredReason } from '../../http/describe.ts'
import { findSurvivor, loadRecord, parse } from '../../records/read/record.ts'
import type { Doc } from '../../records/schema/document.ts'
import { ref } from '../../records/schema/fields.ts'
import { exampleId, withArticle } from '../../records/schema/kinds.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { anyId, line, unbounded } from '../../records/schema/shapes.ts'
import { mergeRecords } from '../../records/write/merge.ts'
import type { Records } from '../../records/write/records.ts'
import { DryRun, respondIdempotently } from '../respond.ts'

export function mergeRoute(app: FastifyInstance, resource: Resource, records: Records): void {
  const { kind, name, path } = resource
  const noun = withArticle(kind)
  app.post(`/v1/${path}/:id/merge`, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `merge${name}`,
      tag: path,
      summary: `Merge ${noun} into another`,
      description:
        'For a record that was entered twice. Its parts, its evidence and all references to it move to the other, equal parts become one, empty fields of the other are filled, lists are united, and its name joins `otherNames`. Reads of its id are then redirected (308), and as a reference or a filter it means the other.',
      params: recordParam(resource),
      query: withRequiredReason.extend({ dryRun }),
      headers: ifMatch,
      body: mergeBody(resource),
      answers: { 200: { description: 'What moved, and what differed.', schema: mergeResult } },
      problems: [
        'not-found',
        'gone',
        'precondition-failed',
        'unknown-reference',
        'inconsistent',
        'distinct',
        'illegal-transition',
        ...(resource.putText ? (['quotes-lost'] as const) : []),
      ],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { into, take = [] } = request.body as { into: string; take?: string[] }
      const query = request.query as { dryRun: boolean }
      return respondIdempotently(records, request, reply, async (tx) => {
        const stored = await loadRecord(tx, resource, id)
        checkIfMatch(request, stored.version)
        const other = await survivor(tx, resource, into)
        const merged = await mergeRecords(tx, resource, parse(stored), other, take)
        const headers = { 'content-type': 'application/json; charset=utf-8' }
        const response = { status: 200, headers, body: JSON.stringify(merged) }
        if (query.dryRun) throw new DryRun(response)
        return response
      })
    },
  })
}

/** The record that stays. @throws Problem `unknown-reference` */
async function survivor(reader: Reader, resource: Resource, id: string): Promise<Doc> {
  const stored = await findSurvivor(reader, resource, id)
  if (stored) return parse(stored)
  throw unknownReference([{ pointer: '/into', detail: `There is no ${resource.kind} ${id}.` }])
}

const mergeBody = (resource: Resource) =>
  z
    .strictObject({
      into: ref(resource.kind, 'The record that stays.', { required: true }),
      take: z
        .array(z.string().max(100))
        .max(100)
        .optional()
        .meta({
          description: 'JSON Pointers of fields in which the values of the merged record win.',
          examples: [[`/${resource.titleField}`]],
        }),
    })
    .meta({
      id: `${resource.name}Merge`,
      description: `What ${withArticle(resource.kind)} is merged into.`,
      examples: [{ into: exampleId(resource.kind) }],
    })

const mergeResult = z
  .object({
    mergedInto: anyId('The record that stays.'),
    moved: z.record(line(50, 'A kind.'), z.int().min(0)).meta({
      maxProperties: 50,
      description: 'How many parts and references moved, by the path of their kind.',
    }),
    differences: z
      .array(
        z
          .object({
            partId: anyId('The part whose field it is; null: the record itself.').nullable(),
            field: line(500, 'A JSON Pointer.'),
            kept: z.unknown().meta({ description: 'The value of the record that stays.' }),
            dropped: z.unknown().meta({ description: 'The value of the merged record.' }),
          })
          .meta({ id: 'MergeDifference', description: 'A field in which both had values.' }),
      )
      .meta({ ...unbounded, description: 'Fields in which both had values.' }),
  })
  .meta({ id: 'MergeResult', description: 'What a merge did.' })

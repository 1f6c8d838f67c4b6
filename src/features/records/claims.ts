// Lists what a record says, field by field, with the evidence for and against it: GET /v1/{resource}/{id}/claims, also of parts.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe } from '../../http/describe.ts'
import { readClaims } from '../../records/read/claims.ts'
import { parse } from '../../records/read/record.ts'
import { trust } from '../../records/schema/resource.ts'
import { anyId, line, unbounded } from '../../records/schema/shapes.ts'
import { isAtOrBelow, placesOf } from '../../records/schema/values.ts'
import type { Records } from '../../records/write/records.ts'
import { parentPaths } from './child-routes.ts'

const anyValue = z.unknown()

const evidenceIds = z.array(anyId('The id of the evidence.')).meta(unbounded)

const alternative = z
  .object({
    value: anyValue.meta({ description: 'What the sources have.' }),
    origins: trust.origins.meta({ description: 'The number of origins that have it.' }),
    evidenceIds: evidenceIds.meta({ description: 'The evidence with this value.' }),
  })
  .meta({ id: 'Alternative', description: 'A value of a field that sources have and the record has not.' })

const claim = z
  .object({
    field: line(
      200,
      'The field, as a JSON Pointer; empty for the whole record, if there is evidence of that.',
    ),
    value: anyValue.meta({
      description:
        'What the record has; of a list: one of its entries. Null for the whole record, and where only sources have a value.',
    }),
    support: trust.support,
    origins: trust.origins,
    evidenceIds: evidenceIds.meta({ description: 'The evidence that supports it.' }),
    alternatives: z.array(alternative).meta({ ...unbounded, description: 'Other values that sources have.' }),
    disputedBy: evidenceIds.meta({ description: 'The evidence that denies it, without another value.' }),
  })
  .meta({ id: 'Claim', description: 'A field of a record with the evidence for and against it.' })

const claimList = z
  .object({ data: z.array(claim).meta(unbounded) })
  .meta({ id: 'ClaimList', description: 'The claims of a record.' })

export function claimRoutes(app: FastifyInstance, { catalogue, engine }: Records): void {
  for (const { entity, path, tag, name, hidden = false, params, load } of parentPaths(
    catalogue,
    catalogue.child('evidence'),
  )) {
    const fields = ['', ...placesOf(entity).keys()]
    app.get(`${path}/claims`, {
      schema: describe({
        hidden,
        operationId: `list${name}Claims`,
        tag,
        summary: `List the claims of the ${entity.kind}`,
        description:
          'One row for each field that is not empty, and for each entry of a list, with the evidence for and against it. Rows without support are what is still to be proven. Computed fields are left out, unless there is evidence of them.',
        params,
        query: z.strictObject({
          field: z
            .string()
            .max(200)
            .refine((field) => fields.includes(field), `Must be a field: ${fields.slice(1).join(', ')}.`)
            .meta({ description: 'A field as a JSON Pointer: its row and those below it.' })
            .optional(),
        }),
        answers: { 200: { description: 'The claims.', schema: claimList } },
        problems: ['not-found', 'gone'],
      }),
      handler: async (request, reply) => {
        const { field = '' } = request.query as { field?: string }
        const data = await engine.read(async (reader) => {
          const doc = parse(await load(reader, request.params as Record<string, string>))
          return readClaims(reader, { catalogue, engine }, entity, doc)
        })
        const rows = data.filter((row) => isAtOrBelow(row.field, field))
        return sendRepresentation(reply, { body: JSON.stringify({ data: rows }) })
      },
    })
  }
}

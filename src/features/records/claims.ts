// Lists what a record says, field by field, with the evidence for and against it: GET /v1/{resource}/{id}/claims, also of parts.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Reader } from '../../db/engine.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe } from '../../http/describe.ts'
import { type Origins, readOrigins } from '../../records/read/origins.ts'
import { childrenOf, parse } from '../../records/read/record.ts'
import { backingOf, type Weighed } from '../../records/read/trust.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import { type Entity, trust } from '../../records/schema/resource.ts'
import { anyId, line, unbounded } from '../../records/schema/shapes.ts'
import {
  compareValues,
  isAtOrBelow,
  isEmpty,
  isFree,
  isList,
  isWithinEntry,
  MAX_VALUE_LENGTH,
  placesOf,
  valueAt,
} from '../../records/schema/values.ts'
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

type Claim = z.infer<typeof claim>

type Piece = Doc & Weighed & { value: Json; denial: boolean }

export function claimRoutes(app: FastifyInstance, { catalogue, engine }: Records): void {
  for (const { entity, path, tag, name, params, load } of parentPaths(
    catalogue,
    catalogue.child('evidence'),
  )) {
    const fields = ['', ...placesOf(entity).keys()]
    app.get(`${path}/claims`, {
      schema: describe({
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
          return claimsOf(reader, { catalogue, engine }, entity, doc)
        })
        const rows = data.filter((row) => isAtOrBelow(row.field, field))
        return sendRepresentation(reply, { body: JSON.stringify({ data: rows }) })
      },
    })
  }
}

async function claimsOf(
  reader: Reader,
  { catalogue, engine }: Pick<Records, 'catalogue' | 'engine'>,
  entity: Entity,
  doc: Doc,
): Promise<Claim[]> {
  const evidence = (await childrenOf(reader, catalogue.child('evidence'), doc.id)) as Piece[]
  const sourceIds = evidence.map(({ sourceId }) => sourceId)
  const origins = await readOrigins(reader, { catalogue, engine }, sourceIds)
  // Evidence of retracted sources stays readable, but counts nowhere.
  const standing = evidence.filter(({ sourceId }) => origins.get(sourceId)?.standing !== 'retracted')
  const byField = Map.groupBy(standing, ({ field }) => field)
  const whole = byField.get('')
  const rows = whole ? [rowOf('', null, null, whole, origins)] : []
  for (const [field, place] of placesOf(entity)) {
    const about = [...(byField.get(field) ?? []), ...fromAbove(field, place, valueAt(doc, field), byField)]
    const isObject = place instanceof z.ZodObject
    const isWritable = Object.hasOwn(entity.writable.shape, field.split('/')[1] ?? '')
    if (about.length === 0 && (!isWritable || isObject || NOT_CLAIMED.includes(field))) continue
    const value = valueAt(doc, field)
    if (isList(place)) rows.push(...rowsOfList(field, place, value, about, origins))
    else if (about.length > 0 || (!isEmpty(value) && JSON.stringify(value).length <= MAX_VALUE_LENGTH))
      rows.push(rowOf(field, place, value, about, origins))
  }
  return rows
}

/** Evidence of the object that a field is in, if it has a value of the field. */
function fromAbove(
  field: string,
  place: z.ZodType,
  present: Json,
  byField: ReadonlyMap<string, readonly Piece[]>,
): Piece[] {
  const above = field.slice(0, field.lastIndexOf('/'))
  if (above === '') return []
  const key = field.slice(above.length + 1)
  return (byField.get(above) ?? []).flatMap((piece) => {
    const value = piece.denial ? null : valueAt(piece.value as Record<string, Json>, `/${key}`)
    return value === null ? [] : [{ ...piece, value, direction: compareValues(place, present, value) }]
  })
}

/** Lists of references to other services and pages, which are no facts. */
const NOT_CLAIMED = ['/identifiers', '/sources']

/** A row for each entry of a list, and one for what sources have and the list has not. */
function rowsOfList(
  field: string,
  place: z.ZodArray,
  list: Json,
  evidence: readonly Piece[],
  origins: Origins,
): Claim[] {
  const entries = Array.isArray(list) ? list : []
  const rest = new Set(evidence)
  const rows = entries.map((entry) => {
    const own = evidence.filter(({ value }) => isWithinEntry(place, entry, value))
    for (const piece of own) rest.delete(piece)
    return rowOf(field, place.element as z.ZodType, entry, own, origins)
  })
  return rest.size > 0 ? [...rows, rowOf(field, place.element as z.ZodType, null, [...rest], origins)] : rows
}

/** Whether evidence has another value: one that disputes the record, or a free text in other words. */
const isOther = ({ direction, denial, value }: Piece, place: z.ZodType | null) =>
  !denial && (direction === 'disputes' || (direction === null && place !== null && isFree(place, value)))

function rowOf(
  field: string,
  place: z.ZodType | null,
  value: Json,
  evidence: readonly Piece[],
  origins: Origins,
): Claim {
  const supporting = evidence.filter(({ direction }) => direction === 'supports')
  const other = evidence.filter((piece) => isOther(piece, place))
  return {
    field,
    value,
    ...backingOf(supporting, origins),
    evidenceIds: idsOf(supporting),
    alternatives: [...Map.groupBy(other, (piece) => JSON.stringify(piece.value)).values()].map((same) => ({
      value: same[0]?.value ?? null,
      origins: backingOf(same, origins).origins,
      evidenceIds: idsOf(same),
    })),
    disputedBy: idsOf(evidence.filter(({ denial }) => denial)),
  }
}

const idsOf = (evidence: readonly Doc[]) => evidence.map(({ id }) => id)

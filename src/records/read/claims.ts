// What a record says, field by field, with the evidence for and against it.
import { z } from 'zod'
import type { Reader } from '../../db/engine.ts'
import type { Doc, Json } from '../schema/document.ts'
import type { Entity } from '../schema/resource.ts'
import {
  compareValues,
  isEmpty,
  isFree,
  isList,
  isWithinEntry,
  MAX_VALUE_LENGTH,
  placesOf,
  valueAt,
} from '../schema/values.ts'
import type { ReadContext } from './context.ts'
import { type Origins, readOrigins } from './origins.ts'
import { childrenOf } from './record.ts'
import { type Backing, backingOf, type Weighed } from './trust.ts'

/** Another value of a field, that sources have and the record has not. */
interface Alternative {
  value: Json
  origins: number
  evidenceIds: string[]
}

/** A field of a record with the evidence for and against it. */
export interface Claim extends Backing {
  /** As a JSON Pointer; empty for the whole record. */
  field: string
  /** What the record has; of a list: one of its entries. Null for the whole record, and where only sources have a value. */
  value: Json
  evidenceIds: string[]
  alternatives: Alternative[]
  /** The evidence that denies it, without another value. */
  disputedBy: string[]
}

type Piece = Doc & Weighed & { value: Json; denial: boolean }

/** The claims of a record, with the evidence that it has now. */
export async function readClaims(
  reader: Reader,
  schema: Pick<ReadContext, 'catalogue' | 'engine'>,
  entity: Entity,
  doc: Doc,
): Promise<Claim[]> {
  const evidence = await childrenOf(reader, schema.catalogue.child('evidence'), doc.id)
  const sourceIds = evidence.map(({ sourceId }) => String(sourceId))
  return claimsOf(entity, doc, evidence, await readOrigins(reader, schema, sourceIds))
}

/** One claim for each field that is not empty, and for each entry of a list. */
export function claimsOf(entity: Entity, doc: Doc, evidence: readonly Doc[], origins: Origins): Claim[] {
  // Evidence of retracted sources stays readable, but counts nowhere.
  const standing = (evidence as readonly Piece[]).filter(
    ({ sourceId }) => origins.get(sourceId)?.standing !== 'retracted',
  )
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

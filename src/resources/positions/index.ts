// Where each state stands on a proposal. What nobody recorded is "no record", which is not "abstained".

import { z } from 'zod'
import { columnNamed } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { inForce } from '../../records/read/view.ts'
import { anyId, named, partialDate, ref, support, text } from '../../records/schema/fields.ts'
import { type Doc, defineEntity } from '../../records/schema/resource.ts'
import { type Attachment, parse, type Records, type Stored } from '../../records/write/records.ts'
import { positions as table } from './table.ts'

export const POSITIONS = ['proposed', 'supported', 'reserved', 'objected', 'abstained'] as const

/** Where a state can stand. */
export const stance = named('Stance', z.enum(POSITIONS))

export const positions = defineEntity({
  kind: 'position',
  about: 'Where a state stood on a proposal, since a day.',
  table,
  fields: {
    recordKind: z.literal('proposal').meta({ description: 'What kind of record it is about.' }),
    recordId: anyId('The id of the proposal.'),
    stateCode: ref('state', 'The state.'),
    position: stance.meta({ description: 'Where it stood.' }),
    statedOn: partialDate('When it said so.'),
    meetingId: ref('meeting', 'The meeting at which it said so.').nullable(),
    note: text(5000, 'What a reader should know about it.').nullable(),
  },
  derived: { support },
  required: ['recordKind', 'recordId', 'stateCode', 'position', 'statedOn'],
  includes: {
    state: { to: 'state', field: 'stateCode' },
    meeting: { to: 'meeting', field: 'meetingId' },
    evidence: { part: 'evidence' },
  },
  example: { stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' },
})

export const positionCreate = positions.writable.omit({ recordKind: true, recordId: true }).meta({
  id: 'PositionCreate',
  description: 'Where a state stood on the proposal.',
  examples: [{ stateCode: 'UZ', position: 'supported', statedOn: '2022-08-24' }],
})

/** The same state, day and position are the same record of it. */
export const positionAttachment: Attachment = {
  kind: 'position',
  shape: ({ kind }) => (kind === 'proposal' ? positionCreate : null),
  add: (records, tx, { kind }, { id: recordId }, input, id) =>
    records.create(tx, positions, input, { recordKind: kind, recordId }, id),
  async same(_records, reader, record, input) {
    const said = await positionsOf(reader, record.id)
    return said.find((doc) =>
      (['stateCode', 'position', 'statedOn'] as const).every((field) => doc[field] === input[field]),
    )
  },
}

/** Where one state stood on a day. */
export interface Standing {
  stateCode: string
  name: string
  /** Null: no record. */
  position: string | null
  statedOn: string | null
  positionId: string | null
}

/** Where every state that was a member on a day stood then, and every other state that had said something by then. */
export async function standings(
  records: Records,
  reader: Reader,
  proposalId: string,
  asOf: string,
): Promise<Standing[]> {
  const states = records.catalogue.entity('state').table
  const held = records.engine.items(sql`${states.doc} -> 'memberships'`, sql`held`, 'objects')
  const members = await reader.all<{ code: string; name: string }>(
    sql`select ${states.id} as code, ${columnNamed(states, 'name')} as name from ${states} where exists (select 1 from ${held} where held.value ->> 'status' = 'member' and ${inForce(sql`held.value`, asOf)}) order by ${states.id}`,
  )
  const said = await positionsOf(reader, proposalId)
  const latest = new Map(
    said.filter(({ statedOn }) => String(statedOn) <= asOf).map((doc) => [doc['stateCode'] as string, doc]),
  )
  const names = new Map(members.map(({ code, name }) => [code, name]))
  for (const code of latest.keys()) {
    if (names.has(code)) continue
    const state = await records.find(reader, records.catalogue.entity('state'), code)
    if (state) names.set(code, String(parse(state)['name']))
  }
  return [...names].map(([stateCode, name]) => {
    const doc = latest.get(stateCode)
    return {
      stateCode,
      name,
      position: (doc?.['position'] ?? null) as string | null,
      statedOn: (doc?.['statedOn'] ?? null) as string | null,
      positionId: doc?.id ?? null,
    }
  })
}

/** All positions on a proposal, in order of date. */
export async function positionsOf(reader: Reader, proposalId: string): Promise<Doc[]> {
  const rows = await reader.all<Stored>(IN_ORDER, { id: proposalId })
  return rows.map(parse)
}

const IN_ORDER = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.recordId} = ${sql.placeholder('id')} order by ${table.statedOn}, ${table.firstSeq}`

// States, and what they have been to the SCO.
import { z } from 'zod'
import { earliest, endsBeforeStart, latest } from '../../core/dates.ts'
import type { Fault } from '../../core/problems.ts'
import { named, partialDate, STATE_CODE, text } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'
import { states as table } from './table.ts'

const STATUSES = ['member', 'observer', 'dialogue-partner', 'partner'] as const

const status = named('MembershipStatus', z.enum(STATUSES))

const membership = z
  .strictObject({
    status: status.meta({
      description: 'What it was. On 1 September 2025 observers and dialogue partners became partners.',
    }),
    startDate: partialDate('The first day.'),
    endDate: partialDate('The last day.').nullable().default(null),
  })
  .meta({ id: 'Membership', description: 'What a state was to the SCO, from when to when.' })

type Membership = z.infer<typeof membership>

function membershipFaults(held: Membership, index: number, all: Membership[]): Fault[] {
  const pointer = `/memberships/${index}`
  if (endsBeforeStart(held.startDate, held.endDate)) {
    return [{ pointer: `${pointer}/endDate`, detail: 'The membership ends before it starts.' }]
  }
  const overlapping = all.slice(0, index).some((other) => certainlyOverlap(held, other))
  return overlapping ? [{ pointer, detail: 'It overlaps with another; a state is one thing at a time.' }] : []
}

/** Do two memberships share a day, whatever days their partial dates stand for? */
const certainlyOverlap = (one: Membership, other: Membership) =>
  latest(one.startDate) < (other.endDate === null ? '9999' : earliest(other.endDate)) &&
  latest(other.startDate) < (one.endDate === null ? '9999' : earliest(one.endDate))

export const states = defineResource({
  kind: 'state',
  path: 'states',
  about: 'A state, and what it is to the SCO.',
  table,
  fields: {
    code: z
      .string()
      .regex(STATE_CODE, 'Must be an ISO 3166-1 alpha-2 code.')
      .meta({ description: 'ISO 3166-1 alpha-2.', maxLength: 2, examples: ['UZ'] }),
    name: text(200, 'Its short name.'),
    officialName: text(300, 'Its official name.').nullable(),
    memberships: z
      .array(membership)
      .max(50)
      .meta({ description: 'What it has been to the SCO, in order of date.' }),
  },
  required: ['code', 'name'],
  titleField: 'name',
  includes: {
    proposals: { from: 'proposal', field: 'onBehalfOf.stateCode' },
    agreements: { from: 'agreement', field: 'draftedBy.stateCode' },
    meetings: { from: 'meeting', field: 'countryCode' },
    organizations: { from: 'organization', field: 'countryCode' },
    evidence: { part: 'evidence' },
  },
  filters: {
    code: {
      by: 'column',
      column: 'code',
      value: z.string().regex(STATE_CODE).meta({ maxLength: 2 }),
      description: 'The code.',
    },
    membership: {
      by: 'membership',
      value: status,
      description: 'What it is to the SCO: on the day of `asOf`, or today.',
    },
    name: {
      by: 'column',
      column: 'name',
      value: z.string().min(1).max(300),
      description: 'The short name, as it is written.',
    },
  },
  sorts: ['name', 'code', 'createdAt', 'updatedAt'],
  defaultSort: 'name',
  constant: ['code'],
  searchText: (doc) => ({
    title: [doc['name'], doc['officialName'] ?? '', doc['code']].join('\n'),
    body: [],
    date: null,
  }),
  rules: (doc) => (doc['memberships'] as unknown as Membership[]).flatMap(membershipFaults),
  example: { code: 'UZ', name: 'Uzbekistan', memberships: [{ status: 'member', startDate: '2001-06-15' }] },
})

// States and their memberships of the SCO.
import { z } from 'zod'
import { endsBeforeStart, spanOf } from '../../core/dates.ts'
import type { Fault } from '../../core/problems.ts'
import { choice, date, list, object, pattern, text } from '../../records/schema/fields.ts'
import { STATE_CODE } from '../../records/schema/kinds.ts'
import { defineResource } from '../../records/schema/resource.ts'

const STATUSES = ['member', 'observer', 'dialogue-partner', 'partner'] as const

const status = choice(
  'MembershipStatus',
  STATUSES,
  'The status of the state. On 1 September 2025 observers and dialogue partners became partners.',
  { required: true },
)

const membership = object(
  'A period in which a state had a status in the SCO.',
  {
    status,
    startDate: date('The first day.', { required: true }),
    endDate: date('The last day.'),
  },
  'Membership',
)

type Membership = z.output<typeof membership>

function membershipFaults(membership: Membership, index: number, all: Membership[]): Fault[] {
  const pointer = `/memberships/${index}`
  if (endsBeforeStart(membership.startDate, membership.endDate)) {
    return [{ pointer: `${pointer}/endDate`, detail: 'The membership ends before it starts.' }]
  }
  const overlapping = all.slice(0, index).some((other) => certainlyOverlap(membership, other))
  return overlapping ? [{ pointer, detail: 'The membership overlaps with another one.' }] : []
}

/** Whether two memberships overlap for all days that their dates can mean. */
const certainlyOverlap = (one: Membership, other: Membership) =>
  startsBefore(one.startDate, other.endDate) && startsBefore(other.startDate, one.endDate)

const startsBefore = (start: string, end: string | null) =>
  end === null || spanOf(start).last < spanOf(end).first

const code = z
  .string()
  .regex(STATE_CODE, 'Must be an ISO 3166-1 alpha-2 code.')
  .meta({ maxLength: 2, examples: ['UZ'] })

export const states = defineResource({
  kind: 'state',
  path: 'states',
  about: 'A state with its memberships of the SCO.',
  titleField: 'name',
  defaultSort: 'name',
  fields: {
    code: pattern(code, 'The ISO 3166-1 alpha-2 code.', {
      required: true,
      unique: true,
      constant: true,
      filter: true,
      sort: true,
      search: 'title',
    }),
    name: text(200, 'The short name.', {
      required: true,
      filter: true,
      match: 'names',
      sort: true,
      search: 'title',
    }),
    officialName: text(300, 'The official name.', { search: 'title' }),
    memberships: list(membership, 50, 'The statuses of the state in the SCO, in order of date.'),
  },
  filters: {
    membership: {
      by: 'membership',
      value: status,
      description: 'The status of the state in the SCO on the day of `asOf` (default: today).',
    },
  },
  rules: ({ memberships }) => memberships.flatMap(membershipFaults),
  example: { code: 'UZ', name: 'Uzbekistan', memberships: [{ status: 'member', startDate: '2001-06-15' }] },
})

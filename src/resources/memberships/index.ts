// Memberships: of people in bodies and posts, of states in organizations, of organizations in others (Popolo).
import { endsBeforeStart } from '../../core/dates.ts'
import { fold } from '../../core/fold.ts'
import { STATE_ROLES } from '../../core/membership-roles.ts'
import type { Fault } from '../../core/problems.ts'
import { type Child, defineChild, withoutParent } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { date, ref, text } from '../../records/schema/fields.ts'
import { exampleId } from '../../records/schema/kinds.ts'
import { trust } from '../../records/schema/resource.ts'
import { recordIdOfQuery } from '../../records/schema/shapes.ts'

const example = { role: 'Minister of Defence', stateCode: 'RU', startDate: '2012-11-06' }

export const memberships: Child = defineChild({
  kind: 'membership',
  path: 'memberships',
  about: 'A post or a membership: of a person, a state or an organization (Popolo).',
  of: ['speaker', 'state', 'organization'],
  fields: {
    organizationId: ref('organization', 'The body in which it is held.', {
      filterExample: 'org_01gb6jc400eaxvk0r2zz1tyrmg',
      filter: 'organization',
      include: 'organization',
    }),
    stateCode: ref('state', 'The state for which a person holds it.', { include: 'state' }),
    role: text(
      300,
      `The post, such as \`Minister of Defence\`. Of a state: one of ${STATE_ROLES.map((role) => `\`${role}\``).join(', ')}.`,
      { required: true, search: 'title', match: 'folded', filter: true },
    ),
    startDate: date('The first day.', { filter: 'start', sort: true }),
    endDate: date('The last day; null: not known to have ended.', { filter: 'end', sort: true }),
    note: text(5000, 'Remarks about the membership.'),
  },
  derived: trust,
  rules: ({ recordKind, organizationId, stateCode, role, startDate, endDate }) => {
    const faults: Fault[] = []
    if (endsBeforeStart(startDate, endDate))
      faults.push({ pointer: '/endDate', detail: 'The membership ends before it starts.' })
    if (organizationId === null && stateCode === null)
      faults.push({ pointer: '/organizationId', detail: 'Name a body or a state.' })
    if (recordKind !== 'state') return faults
    if (!STATE_ROLES.includes(role))
      faults.push({ pointer: '/role', detail: `The role of a state is one of ${STATE_ROLES.join(', ')}.` })
    if (organizationId === null)
      faults.push({ pointer: '/organizationId', detail: 'A state is a member of an organization.' })
    if (stateCode !== null)
      faults.push({ pointer: '/stateCode', detail: 'A state holds it for itself: leave this out.' })
    return faults
  },
  sameBy: [],
  isSame,
  sameDay: 'startDate',
  orderBy: 'startDate',
  period: { start: 'startDate', end: 'endDate' },
  filters: {
    holder: {
      by: 'column',
      column: 'recordId',
      value: recordIdOfQuery,
      example: exampleId('speaker'),
      description: 'Who holds it: a person, an organization, or a state by its code.',
    },
    state: {
      by: 'reference',
      fields: ['stateCode'],
      kind: 'state',
      orRecord: true,
      description: 'The state that holds it, or for which a person does.',
    },
  },
  defaultSort: '-startDate',
  createShape: () => membershipCreate,
  operations: {
    list: 'All posts and memberships, in order of their start; undated ones come first.',
    create: 'Names a body, a state or both.',
    get: 'The post, its body and its dates.',
    update: 'Ends it with `endDate`, or corrects what was entered.',
    delete: 'Its evidence is also deleted.',
  },
  example,
})

/** The same role in the same body or for the same state; one of the two may be unknown on one side. */
function isSame(membership: Doc, fields: Record<string, unknown>): boolean {
  const places = (['organizationId', 'stateCode'] as const).map((field) => {
    const [one, other] = [membership[field] ?? null, fields[field] ?? null]
    return one === null || other === null ? null : one === other
  })
  const hasRole = fold(String(membership['role'])) === fold(String(fields['role']))
  return hasRole && places.includes(true) && !places.includes(false)
}

const membershipCreate = withoutParent(memberships).meta({
  id: 'MembershipCreate',
  description: 'A post or a membership.',
  examples: [example],
})

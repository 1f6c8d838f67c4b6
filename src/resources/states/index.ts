// States. What they are to an organization, such as a member, are memberships.
import { z } from 'zod'
import { STATUSES } from '../../core/membership-roles.ts'
import { nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import { choice, pattern, text } from '../../records/schema/fields.ts'
import { exampleId, STATE_CODE } from '../../records/schema/kinds.ts'
import { defineResource } from '../../records/schema/resource.ts'

const code = z
  .string()
  .regex(STATE_CODE, 'Must be an ISO 3166-1 alpha-2 code.')
  .meta({ maxLength: 2, examples: ['UZ'] })

export const states = defineResource({
  kind: 'state',
  path: 'states',
  about: 'A state.',
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
    otherNames,
  },
  filters: {
    membership: {
      by: 'membership',
      value: choice('MembershipStatus', STATUSES, 'The status of a state in an organization.', {
        required: true,
      }),
      description:
        'The status of the state on the day of `asOf` (default: today) in `organization` (default: the first body of which states are members).',
    },
    organization: {
      by: 'membershipOf',
      description:
        'The organization of `membership`. Alone: the state has any status there on the day of `asOf`.',
    },
  },
  rules: ({ otherNames }) => nameFaults(otherNames),
  example: {
    code: 'UZ',
    name: 'Uzbekistan',
    memberships: [{ organizationId: exampleId('organization'), role: 'member', startDate: '2001-06-15' }],
  },
})

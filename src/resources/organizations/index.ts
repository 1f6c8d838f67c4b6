// Organizations: SCO bodies, ministries, agencies and publishers (Popolo: Organization).
import { endsBeforeStart } from '../../core/dates.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import { nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import { date, ref, text } from '../../records/schema/fields.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { namesakesAlike } from '../../records/write/named.ts'

export const organizations: Resource = defineResource({
  kind: 'organization',
  path: 'organizations',
  about: 'An organization: an SCO body, ministry, agency or publisher.',
  titleField: 'name',
  searchDate: 'foundingDate',
  defaultSort: 'name',
  fields: {
    name: text(500, 'The name of the organization.', {
      required: true,
      filter: true,
      match: 'names',
      sort: true,
      search: 'title',
    }),
    otherNames,
    abbreviation: text(50, 'The usual abbreviation.', { filter: true, search: 'title' }),
    classification: text(
      100,
      'The type of organization, such as `intergovernmental-organization`, `organ`, `working-group`, `ministry`, `news-agency`.',
      { required: true, filter: true, sort: true, search: 'body' },
    ),
    parentId: ref('organization', 'The parent organization.', {
      filterExample: 'org_01gb6jc400eaxvk0r2zz1tyrmg',
      filter: 'parent',
      include: 'parent',
      inverse: 'children',
      acyclic: true,
    }),
    countryCode: ref('state', 'The state to which it belongs.', {
      filter: 'country',
      include: 'country',
      inverse: 'organizations',
    }),
    seat: text(200, 'The city of its headquarters.'),
    foundingDate: date('When it was founded.', { filter: 'founded', sort: true }),
    dissolutionDate: date('When it was dissolved.'),
  },
  rules: (organization) => [
    ...nameFaults(organization.otherNames),
    ...(endsBeforeStart(organization.foundingDate, organization.dissolutionDate)
      ? [{ pointer: '/dissolutionDate', detail: 'The organization was dissolved before it was founded.' }]
      : []),
  ],
  findAlike: (tx: CatalogueReader, fields) => namesakesAlike(organizations, tx, fields),
  example: {
    name: 'Shanghai Cooperation Organisation',
    abbreviation: 'SCO',
    classification: 'intergovernmental-organization',
  },
})

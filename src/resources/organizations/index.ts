// Bodies, ministries, agencies and publishers (Popolo: Organization).
import { z } from 'zod'
import { endsBeforeStart } from '../../core/dates.ts'
import { partialDate, ref, text } from '../../records/schema/fields.ts'
import { dateRange, defineResource } from '../../records/schema/resource.ts'
import { organizations as table } from './table.ts'

export const organizations = defineResource({
  kind: 'organization',
  path: 'organizations',
  about: 'A body, ministry, agency or publisher.',
  table,
  fields: {
    name: text(500, 'Its name.'),
    otherNames: z
      .array(text(500, 'Another name.'))
      .max(100)
      .meta({ description: 'Other names, spellings and languages.' }),
    abbreviation: text(50, 'Its usual abbreviation.').nullable(),
    classification: text(
      100,
      'What it is, such as `intergovernmental-organization`, `organ`, `working-group`, `ministry`, `news-agency`.',
    ),
    parentId: ref('organization', 'The organization of which it is a part.').nullable(),
    countryCode: ref('state', 'The state to which it belongs.').nullable(),
    seat: text(200, 'The city in which it sits.').nullable(),
    foundingDate: partialDate('When it was founded.').nullable(),
    dissolutionDate: partialDate('When it was dissolved.').nullable(),
  },
  required: ['name', 'classification'],
  titleField: 'name',
  includes: {
    parent: { to: 'organization', field: 'parentId' },
    children: { from: 'organization', field: 'parentId' },
    country: { to: 'state', field: 'countryCode' },
    meetings: { from: 'meeting', field: 'organizationId' },
    entrusted: { from: 'proposal', field: 'addresseeId' },
    published: { from: 'source', field: 'publisherId' },
    evidence: { part: 'evidence' },
  },
  filters: {
    name: {
      by: 'column',
      column: 'name',
      value: z.string().min(1).max(500),
      description: 'The name, as it is written.',
    },
    abbreviation: {
      by: 'column',
      column: 'abbreviation',
      value: z.string().min(1).max(500),
      description: 'The abbreviation.',
    },
    classification: {
      by: 'column',
      column: 'classification',
      value: z.string().min(1).max(500),
      description: 'What it is.',
    },
    ...dateRange('founded', 'foundingDate', 'Founded'),
    parent: {
      by: 'reference',
      fields: ['parentId'],
      kind: 'organization',
      description: 'The organization of which it is a part.',
    },
    country: {
      by: 'reference',
      fields: ['countryCode'],
      kind: 'state',
      description: 'The state to which it belongs.',
    },
  },
  sorts: ['name', 'classification', 'foundingDate', 'createdAt', 'updatedAt'],
  defaultSort: 'name',
  acyclic: ['parentId'],
  searchText: (doc) => ({
    title: [doc['name'], doc['abbreviation'] ?? '', ...(doc['otherNames'] as string[])].join('\n'),
    body: [String(doc['classification'])],
    date: (doc['foundingDate'] ?? null) as string | null,
  }),
  rules: (doc) =>
    endsBeforeStart(doc['foundingDate'] as string | null, doc['dissolutionDate'] as string | null)
      ? [{ pointer: '/dissolutionDate', detail: 'It was dissolved before it was founded.' }]
      : [],
  example: {
    name: 'Shanghai Cooperation Organisation',
    abbreviation: 'SCO',
    classification: 'intergovernmental-organization',
  },
})

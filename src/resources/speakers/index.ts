// Speakers: people who spoke or acted (Popolo: Person). Their posts are memberships.
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import { nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import { text } from '../../records/schema/fields.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { peopleAlike } from '../../records/write/named.ts'

export const speakers: Resource = defineResource({
  kind: 'speaker',
  path: 'speakers',
  about: 'A person who made statements or proposals. Posts are memberships.',
  titleField: 'name',
  defaultSort: 'name',
  fields: {
    name: text(300, 'The usual name of the person.', {
      required: true,
      filter: true,
      match: 'names',
      sort: true,
      search: 'title',
    }),
    otherNames,
  },
  filters: {
    state: {
      by: 'part',
      part: 'membership',
      column: 'stateCode',
      kind: 'state',
      description: 'A state for which the person held a post. With `organization`: the same post.',
    },
    organization: {
      by: 'part',
      part: 'membership',
      column: 'organizationId',
      kind: 'organization',
      description: 'A body in which the person held a post.',
      example: 'org_01gb6jc400f0dt5gbw47ychy9c',
    },
  },
  rules: ({ otherNames }) => nameFaults(otherNames),
  findAlike: (tx: CatalogueReader, fields) => peopleAlike(speakers, tx, fields),
  example: {
    name: 'Sergei Shoigu',
    otherNames: [{ name: 'Sergey Shoigu' }, { name: 'Сергей Шойгу', language: 'ru', type: 'official' }],
    memberships: [{ role: 'Minister of Defence', stateCode: 'RU' }],
  },
})

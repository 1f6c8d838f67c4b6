// A person who spoke or proposed, with the posts held (Popolo: Person and Membership).
import { z } from 'zod'
import { endsBeforeStart } from '../../core/dates.ts'
import { partialDate, ref, text } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'
import { speakers as table } from './table.ts'

const post = z
  .strictObject({
    title: text(300, 'The name of the post.'),
    organizationId: ref('organization', 'The organization in which it was held.').nullable().default(null),
    stateCode: ref('state', 'The state for which it was held.').nullable().default(null),
    startDate: partialDate('Since when.').nullable().default(null),
    endDate: partialDate('Until when.').nullable().default(null),
  })
  .meta({ id: 'Post', description: 'A post that a person held.' })

interface Post {
  title: string
  startDate: string | null
  endDate: string | null
}

export const speakers = defineResource({
  kind: 'speaker',
  path: 'speakers',
  about: 'A person who spoke or proposed.',
  table,
  fields: {
    name: text(300, 'The name by which the person is known.'),
    otherNames: z
      .array(text(300, 'Another name.'))
      .max(100)
      .meta({ description: 'Other spellings and scripts.' }),
    posts: z
      .array(post)
      .max(100)
      .meta({ description: 'The posts held, with their dates as far as they are known.' }),
  },
  required: ['name'],
  titleField: 'name',
  includes: {
    organizations: { to: 'organization', field: 'posts.organizationId' },
    states: { to: 'state', field: 'posts.stateCode' },
    proposals: { from: 'proposal', field: 'speakerId' },
    statements: { from: 'statement', field: 'speakerId' },
    evidence: { part: 'evidence' },
  },
  filters: {
    name: {
      by: 'column',
      column: 'name',
      value: z.string().min(1).max(300),
      description: 'The name, as it is written.',
    },
    organization: {
      by: 'reference',
      fields: ['posts.organizationId'],
      kind: 'organization',
      description: 'An organization in which the person held a post.',
    },
    state: {
      by: 'reference',
      fields: ['posts.stateCode'],
      kind: 'state',
      description: 'A state for which the person held a post.',
    },
  },
  sorts: ['name', 'createdAt', 'updatedAt'],
  defaultSort: 'name',
  searchText: (doc) => ({
    title: [doc['name'], ...(doc['otherNames'] as string[])].join('\n'),
    body: (doc['posts'] as unknown as Post[]).map(({ title }) => title),
    date: null,
  }),
  rules: (doc) =>
    (doc['posts'] as unknown as Post[]).flatMap((held, index) =>
      endsBeforeStart(held.startDate, held.endDate)
        ? [{ pointer: `/posts/${index}/endDate`, detail: 'The post ends before it starts.' }]
        : [],
    ),
  example: {
    name: 'Sergei Shoigu',
    otherNames: ['Sergey Shoigu', 'Сергей Шойгу'],
    posts: [{ title: 'Minister of Defence', stateCode: 'RU' }],
  },
})

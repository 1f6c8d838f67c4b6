// A person who spoke or proposed, with the posts held (Popolo: Person and Membership).
import { endsBeforeStart } from '../../core/dates.ts'
import { date, list, object, ref, text } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

const post = object(
  'A post that a person held.',
  {
    title: text(300, 'The name of the post.', { required: true, search: 'body' }),
    organizationId: ref('organization', 'The organization in which the person held a post.', {
      filter: 'organization',
      include: 'organizations',
    }),
    stateCode: ref('state', 'The state for which the person held a post.', {
      filter: 'state',
      include: 'states',
    }),
    startDate: date('Since when.'),
    endDate: date('Until when.'),
  },
  'Post',
)

export const speakers = defineResource({
  kind: 'speaker',
  path: 'speakers',
  about: 'A person who spoke or proposed.',
  titleField: 'name',
  defaultSort: 'name',
  fields: {
    name: text(300, 'The name by which the person is known.', {
      required: true,
      filter: true,
      match: 'names',
      sort: true,
      search: 'title',
    }),
    otherNames: list(text(300, 'Another name.', { search: 'title' }), 100, 'Other spellings and scripts.'),
    posts: list(post, 100, 'The posts held, with their dates as far as they are known.'),
  },
  rules: ({ posts }) =>
    posts.flatMap(({ startDate, endDate }, index) =>
      endsBeforeStart(startDate, endDate)
        ? [{ pointer: `/posts/${index}/endDate`, detail: 'The post ends before it starts.' }]
        : [],
    ),
  example: {
    name: 'Sergei Shoigu',
    otherNames: ['Sergey Shoigu', 'Сергей Шойгу'],
    posts: [{ title: 'Minister of Defence', stateCode: 'RU' }],
  },
})

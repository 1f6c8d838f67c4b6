// Speakers: people who spoke at or proposed something, with their posts (Popolo: Person and Membership).
import { endsBeforeStart } from '../../core/dates.ts'
import { date, list, object, ref, text } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

const post = object(
  'A post of a person.',
  {
    title: text(300, 'The name of the post.', { required: true, search: 'body' }),
    organizationId: ref('organization', 'The organization in which the person held a post.', {
      filter: 'organization',
      filterExample: 'org_01gb6jc400f0dt5gbw47ychy9c',
      include: 'organizations',
    }),
    stateCode: ref('state', 'The state for which the person held a post.', {
      filter: 'state',
      include: 'states',
    }),
    startDate: date('The start of the term.'),
    endDate: date('The end of the term.'),
  },
  'Post',
)

export const speakers = defineResource({
  kind: 'speaker',
  path: 'speakers',
  about: 'A person who made statements or proposals.',
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
    otherNames: list(text(300, 'Another name.', { search: 'title' }), 100, 'Other spellings and scripts.'),
    posts: list(post, 100, 'The posts of the person, with dates if known.'),
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

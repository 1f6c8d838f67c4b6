// Statements of speakers that are not proposals.
import { choice, ref, text, topicIds } from '../../records/schema/fields.ts'
import { exampleId } from '../../records/schema/kinds.ts'
import { defineResource } from '../../records/schema/resource.ts'

export const statements = defineResource({
  kind: 'statement',
  path: 'statements',
  about: 'A statement of a speaker that is not a proposal.',
  titleField: 'text',
  defaultSort: 'createdAt',
  fields: {
    speakerId: ref('speaker', 'The person who made the statement.', {
      required: true,
      filter: 'speaker',
      include: 'speaker',
      inverse: 'statements',
    }),
    meetingId: ref('meeting', 'The meeting at which it was made.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'statements',
    }),
    kind: choice(
      'StatementKind',
      ['direct', 'reported'],
      '`direct`: in the words of the speaker. `reported`: in the words of a reporter.',
      { required: true, filter: true },
    ),
    text: text(20_000, 'The text of the statement.', { required: true, search: 'body' }),
    topicIds: topicIds('A topic of the statement.'),
  },
  example: {
    speakerId: exampleId('speaker'),
    kind: 'reported',
    text: 'The maintenance of peace and security remains a key priority of the SCO.',
    topicIds: ['regional-security'],
  },
})

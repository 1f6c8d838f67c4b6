// What a speaker said, short of a proposal.
import { choice, ref, text, topicIds } from '../../records/schema/fields.ts'
import { exampleId } from '../../records/schema/kinds.ts'
import { defineResource } from '../../records/schema/resource.ts'

export const statements = defineResource({
  kind: 'statement',
  path: 'statements',
  about: 'What a speaker said, short of a proposal.',
  titleField: 'text',
  defaultSort: 'createdAt',
  fields: {
    speakerId: ref('speaker', 'Who said it.', {
      required: true,
      filter: 'speaker',
      include: 'speaker',
      inverse: 'statements',
    }),
    meetingId: ref('meeting', 'The meeting at which it was said.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'statements',
    }),
    kind: choice(
      'StatementKind',
      ['direct', 'reported'],
      '`direct` speech is in the words of the speaker, `reported` in those of a reporter.',
      { required: true, filter: true },
    ),
    text: text(20_000, 'What was said.', { required: true, search: 'body' }),
    topicIds: topicIds('A topic that it is about.'),
  },
  example: {
    speakerId: exampleId('speaker'),
    kind: 'reported',
    text: 'The maintenance of peace and security remains a key priority of the SCO.',
    topicIds: ['regional-security'],
  },
})

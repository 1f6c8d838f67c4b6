// What a speaker said, short of a proposal.
import { z } from 'zod'
import { named, ref, text, topicIds } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'
import { statements as table } from './table.ts'

const KINDS = ['direct', 'reported'] as const

const kind = named('StatementKind', z.enum(KINDS))

export const statements = defineResource({
  kind: 'statement',
  path: 'statements',
  about: 'What a speaker said, short of a proposal.',
  table,
  fields: {
    speakerId: ref('speaker', 'Who said it.'),
    meetingId: ref('meeting', 'The meeting at which it was said.').nullable(),
    kind: kind.meta({
      description: '`direct` speech is in the words of the speaker, `reported` in those of a reporter.',
    }),
    text: text(20_000, 'What was said.'),
    topicIds,
  },
  required: ['speakerId', 'kind', 'text'],
  titleField: 'text',
  includes: {
    speaker: { to: 'speaker', field: 'speakerId' },
    meeting: { to: 'meeting', field: 'meetingId' },
    topics: { to: 'topic', field: 'topicIds' },
    evidence: { part: 'evidence' },
  },
  filters: {
    kind: { by: 'column', column: 'kind', value: kind, description: 'In whose words.' },
    speaker: { by: 'reference', fields: ['speakerId'], kind: 'speaker', description: 'Who said it.' },
    meeting: {
      by: 'reference',
      fields: ['meetingId'],
      kind: 'meeting',
      description: 'The meeting at which it was said.',
    },
    topic: { by: 'reference', fields: ['topicIds'], kind: 'topic', description: 'What it is about.' },
  },
  sorts: ['createdAt', 'updatedAt'],
  defaultSort: 'createdAt',
  searchText: (doc) => ({ title: '', body: [String(doc['text'])], date: null }),
  example: {
    speakerId: 'spk_01gb6jc400ezz8kdnweefcy4dk',
    kind: 'reported',
    text: 'The maintenance of peace and security remains a key priority of the SCO.',
    topicIds: ['regional-security'],
  },
})

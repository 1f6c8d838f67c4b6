// Statements of people, states and bodies that are not proposals.
import { isExactDay } from '../../core/dates.ts'
import { findRecord, parse } from '../../records/read/record.ts'
import type { CatalogueReader, WriteTransaction } from '../../records/schema/catalogue.ts'
import {
  collectiveFilter,
  contributor,
  contributorFaults,
  languageTag,
  locator,
  translation,
} from '../../records/schema/common-fields.ts'
import { choice, date, list, pattern, ref, text, topicIds } from '../../records/schema/fields.ts'
import { exampleId } from '../../records/schema/kinds.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { checkPosts } from '../../records/write/contributors.ts'
import { statementsAlike } from './alike.ts'

const author = contributor('StatementContributor', ['author', 'spokesperson'], 'made the statement')

export const statements: Resource = defineResource({
  kind: 'statement',
  path: 'statements',
  about: 'A statement of a person, a state or a body that is not a proposal.',
  titleField: 'text',
  searchDate: 'date',
  defaultSort: 'createdAt',
  fields: {
    contributors: list(author, 100, 'Who made the statement, and who spoke for them; at least one.'),
    date: date(
      'The day on which it was made. Default: the day of its meeting, if that has one certain day.',
      { filter: 'said', sort: true, stats: 'year' },
    ),
    meetingId: ref('meeting', 'The meeting at which it was made.', {
      filter: 'meeting',
      include: 'meeting',
      inverse: 'statements',
    }),
    agreementId: ref('agreement', 'The document of which it is a part.', {
      filter: 'agreement',
      include: 'agreement',
      inverse: 'statements',
    }),
    locator: locator.meta({ description: 'Its place in that document.' }),
    kind: choice(
      'StatementKind',
      ['direct', 'reported'],
      '`direct`: in the words of the author. `reported`: in the words of a reporter.',
      { required: true, filter: true },
    ),
    language: pattern(languageTag, 'The language of `text` (BCP 47).', { filter: true, match: 'language' }),
    text: text(20_000, 'The text of the statement.', { required: true, search: 'body' }),
    translations: list(translation, 20, 'Translations of the text.'),
    topicIds: topicIds('A topic of the statement.', { stats: 'topic' }),
  },
  filters: { collective: collectiveFilter },
  rules: ({ contributors, meetingId }) => [
    ...(contributors.length === 0
      ? [{ pointer: '/contributors', detail: 'A statement has at least one contributor.' }]
      : []),
    ...contributorFaults(contributors, 'contributors', meetingId),
  ],
  async beforeWrite(tx: WriteTransaction, statement, before) {
    statement['date'] ??= await dayOfMeeting(tx, statement['meetingId'])
    await checkPosts(tx, statement, before, 'contributors', 'date')
  },
  findAlike: (tx: CatalogueReader, fields, among) => statementsAlike(statements, tx, fields, among),
  example: {
    contributors: [{ role: 'author', speakerId: exampleId('speaker'), stateCode: 'RU' }],
    kind: 'reported',
    language: 'en',
    text: 'The maintenance of peace and security remains a key priority of the SCO.',
    topicIds: ['regional-security'],
  },
})

/** The day of a meeting, if it has one certain day. */
async function dayOfMeeting(tx: WriteTransaction, id: unknown): Promise<string | null> {
  const stored = typeof id === 'string' && (await findRecord(tx, tx.catalogue.entity('meeting'), id))
  if (!stored) return null
  const { startDate, endDate } = parse(stored)
  const day = String(startDate)
  return isExactDay(day) && (endDate === null || endDate === day) ? day : null
}

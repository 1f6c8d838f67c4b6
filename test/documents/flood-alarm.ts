// 1. A news report with speakers of several states.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('1')

const agency = {
  key: 'telegraph',
  name: 'Steppe Telegraph',
  classification: 'news-agency',
  countryCode: 'KZ',
}

const source = {
  key: 'source',
  title: 'Ministers want one flood alarm for seven countries',
  publisherId: '=telegraph',
  publishedOn: '2024-09-12',
  language: 'en',
  url: 'https://steppe-telegraph.example/2024/09/flood-alarm',
  classification: 'news',
  textStatus: 'full',
  text,
}

/** A speaker with one post, both quoted. */
export const speaker = (key: string, name: string, post: Body, exact: string) => ({
  key,
  name,
  memberships: [{ ...post, evidence: quotes(exact) }],
  evidence: quotes(exact),
})

const speakers = [
  speaker(
    'qosimov',
    'Jamshed Qosimov',
    { stateCode: 'TJ', role: 'Minister of Energy and Water Resources' },
    "Tajikistan's Minister of Energy and Water Resources Jamshed Qosimov",
  ),
  speaker(
    'sadykbekova',
    'Ainura Sadykbekova',
    { stateCode: 'KG', role: 'Minister of Water Resources' },
    "Kyrgyzstan's Minister of Water Resources Ainura Sadykbekova",
  ),
  speaker(
    'dashdorj',
    'Bolormaa Dashdorj',
    { stateCode: 'MN', role: 'Minister of Environment' },
    "Mongolia's Minister of Environment Bolormaa Dashdorj",
  ),
  speaker(
    'qiu',
    'Qiu Wenbo',
    { stateCode: 'CN', role: 'Vice-Minister of Water Resources' },
    "China's Vice-Minister of Water Resources Qiu Wenbo",
  ),
  speaker(
    'yoqubov',
    'Dilshod Yoqubov',
    { stateCode: 'UZ', role: 'Minister of Water Management' },
    "Uzbekistan's Minister of Water Management Dilshod Yoqubov",
  ),
]

const meeting = ({ bodies }: Base) => ({
  key: 'M12',
  name: 'Twelfth meeting of the Council of Water Ministers',
  organizationId: bodies.cwm,
  classification: 'council',
  ordinal: 12,
  status: 'held',
  startDate: '2024-09-11',
  endDate: '2024-09-12',
  city: 'Tashkent',
  countryCode: 'UZ',
  participants: [
    { role: 'chair', stateCode: 'UZ', speakerId: '=yoqubov' },
    { role: 'member', stateCode: 'TJ', speakerId: '=qosimov' },
    { role: 'member', stateCode: 'KG', speakerId: '=sadykbekova' },
    { role: 'member', stateCode: 'MN', speakerId: '=dashdorj' },
    { role: 'member', stateCode: 'CN', speakerId: '=qiu' },
  ],
  evidence: [
    ...quotes('ended its twelfth meeting in Tashkent on Thursday', {
      '': null,
      '/ordinal': 12,
      '/endDate': '2024-09-12',
      '/city': 'Tashkent',
    }),
    ...quotes('The meeting had opened on 11 September', { '/startDate': '2024-09-11' }),
    ...quotes('who had chaired the meeting', { '/participants': { role: 'chair', stateCode: 'UZ' } }),
  ],
})

/** A proposal of the meeting, with its event; the same words are quoted for both. */
const proposal = (key: string, title: string, proposer: Body, exact: string, more: Body = {}) => ({
  key,
  title,
  meetingId: '=M12',
  proposedOn: '2024-09-12',
  contributors: [{ role: 'proposer', ...proposer }],
  events: [{ type: 'proposed', occurredOn: '2024-09-12', meetingId: '=M12', evidence: quotes(exact) }],
  ...more,
  evidence: quotes(exact),
})

const position = (stance: string, exact: string) => ({
  stateCode: 'KG',
  position: stance,
  statedOn: '2024-09-12',
  meetingId: '=M12',
  speakerId: '=sadykbekova',
  evidence: quotes(exact),
})

const proposals = [
  {
    ...proposal(
      'P1',
      'Set up a joint flood alarm on the shared rivers',
      { speakerId: '=qosimov', stateCode: 'TJ' },
      'on Thursday proposed a joint flood alarm that would reach every gauge on the shared rivers within ten minutes',
      { positions: [position('supported', 'she backed the flood alarm')] },
    ),
    evidence: [
      {
        exact:
          'on Thursday proposed a joint flood alarm that would reach every gauge on the shared rivers within ten minutes',
        assertion: 'proposed',
      },
    ],
  },
  proposal(
    'P2',
    'Send reservoir levels to the Secretariat every Monday',
    { speakerId: '=qosimov', stateCode: 'TJ' },
    'In the same speech he asked upstream states to send their reservoir levels to the Secretariat every Monday',
    { positions: [position('reserved', 'reserved her position on the weekly levels')] },
  ),
  proposal(
    'P3',
    'Hold a seminar on river ice in Ulaanbaatar in 2025',
    { speakerId: '=dashdorj', stateCode: 'MN' },
    'offered on the same day to hold a seminar on river ice in Ulaanbaatar in 2025',
  ),
]

const statements = ({ bodies }: Base) => [
  {
    key: 'S1',
    kind: 'direct',
    date: '2024-09-12',
    meetingId: '=M12',
    language: 'en',
    contributors: [{ role: 'author', speakerId: '=yoqubov', stateCode: 'UZ' }],
    text: 'A flood does not stop at a border post, but our warnings still do',
    evidence: quotes('A flood does not stop at a border post, but our warnings still do'),
  },
  {
    key: 'S2',
    kind: 'reported',
    meetingId: '=M12',
    language: 'en',
    contributors: [{ role: 'author', speakerId: '=qiu', stateCode: 'CN' }],
    text: 'Glacier pictures taken by Chinese satellites stay open to all members.',
    evidence: quotes('glacier pictures taken by Chinese satellites would stay open to all members'),
  },
  {
    key: 'S3',
    kind: 'reported',
    date: '2024-09-12',
    meetingId: '=M12',
    language: 'en',
    contributors: [
      {
        role: 'author',
        organizationId: bodies.cwm,
        collective: 'members',
        attributionText: 'The ministers',
      },
    ],
    text: 'The ministers agreed to meet again in 2025.',
    evidence: quotes('The ministers agreed to meet again in 2025'),
  },
]

/** The names of the speakers. */
export const PEOPLE = speakers.map(({ name }) => name)

export const floodAlarm = (base: Base): Body => ({
  organizations: [agency],
  source,
  speakers,
  meetings: [meeting(base)],
  proposals,
  statements: statements(base),
})

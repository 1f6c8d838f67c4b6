// 11. A fate: what was offered a year before, the one who offered it has done.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'
import { confluence } from './summit.ts'

export const text = textOf('11')

const source = {
  key: 'source',
  title: 'Mongolia keeps its word on river ice',
  publisherId: '=confluence',
  publishedOn: '2025-09-12',
  language: 'en',
  url: 'https://confluence.example/2025/river-ice',
  classification: 'news',
  textStatus: 'full',
  text,
}

const meetings = ({ bodies }: Base) => [
  {
    key: 'M12',
    name: 'Twelfth meeting of the Council of Water Ministers',
    organizationId: bodies.cwm,
    classification: 'council',
    ordinal: 12,
    startDate: '2024-09',
    city: 'Tashkent',
    evidence: [
      ...quotes('at the twelfth meeting of the Council of Water Ministers in Tashkent'),
      ...quotes('in September 2024', { '/startDate': '2024-09' }),
    ],
  },
  {
    key: 'MS',
    name: 'Seminar on river ice, Ulaanbaatar',
    classification: 'conference',
    status: 'held',
    startDate: '2025-09-08',
    endDate: '2025-09-12',
    city: 'Ulaanbaatar',
    countryCode: 'MN',
    participants: [{ role: 'host', stateCode: 'MN' }],
    relations: [
      {
        type: 'implements',
        targetId: '=P3',
        evidence: quotes('We said that we would do it, and we have done it'),
      },
    ],
    evidence: [
      ...quotes('ended in Ulaanbaatar on Friday', {
        '': null,
        '/endDate': '2025-09-12',
        '/city': 'Ulaanbaatar',
      }),
      ...quotes('It had begun on Monday, 8 September', { '/startDate': '2025-09-08' }),
    ],
  },
]

const proposal = {
  key: 'P3',
  title: 'Hold a seminar on river ice in Ulaanbaatar in 2025',
  meetingId: '=M12',
  proposedOn: '2024-09',
  contributors: [{ role: 'proposer', speakerId: '=dashdorj', stateCode: 'MN' }],
  events: [
    {
      type: 'implemented',
      occurredOn: '2025-09-12',
      evidence: quotes('we have done it, at our own cost'),
    },
  ],
  evidence: quotes('Mongolia had offered to hold the seminar in September 2024'),
}

const statement = {
  key: 'S4',
  kind: 'direct',
  meetingId: '=MS',
  date: '2025-09-12',
  language: 'en',
  contributors: [{ role: 'author', speakerId: '=dashdorj', stateCode: 'MN' }],
  text: 'We said that we would do it, and we have done it, at our own cost',
  evidence: quotes('We said that we would do it, and we have done it, at our own cost'),
}

export const riverIce = (base: Base): Body => ({
  organizations: [confluence],
  source,
  speakers: [
    {
      key: 'dashdorj',
      name: 'Bolormaa Dashdorj',
      evidence: quotes('Minister of Environment Bolormaa Dashdorj'),
    },
  ],
  meetings: meetings(base),
  proposals: [proposal],
  statements: [statement],
})

// 2. A second agency, the same meeting, one other date, one new proposal.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('2')

export const agency = {
  key: 'lowerBank',
  name: 'Lower Bank News',
  classification: 'news-agency',
  countryCode: 'UZ',
}

const source = {
  key: 'source',
  title: 'Tashkent water talks: the alarm finds friends',
  publisherId: '=lowerBank',
  publishedOn: '2024-09-13',
  language: 'en',
  url: 'https://lowerbank.example/a/5521',
  classification: 'news',
  textStatus: 'full',
  text,
}

const speakers = [
  {
    key: 'lapshin',
    name: 'Yegor Lapshin',
    memberships: [
      {
        stateCode: 'RU',
        role: 'Head of the river agency',
        evidence: quotes("Yegor Lapshin, who heads the country's river agency"),
      },
    ],
    evidence: quotes("Yegor Lapshin, who heads the country's river agency"),
  },
  {
    key: 'qosimov',
    name: 'Jamshed Qosimov',
    evidence: quotes("Tajikistan's minister Jamshed Qosimov"),
  },
]

export const meeting = ({ bodies }: Base): Body => ({
  key: 'M12',
  name: 'Twelfth meeting of the Council of Water Ministers',
  organizationId: bodies.cwm,
  classification: 'council',
  ordinal: 12,
  startDate: '2024-09-10',
  endDate: '2024-09-12',
  venue: 'House of Engineers',
  participants: [
    { role: 'chair', stateCode: 'UZ' },
    { role: 'member', stateCode: 'RU', speakerId: '=lapshin' },
  ],
  evidence: [
    ...quotes('Three days of talks among the water ministers of the Inland Rivers Council came to an end'),
    // The value is that of the item.
    ...quotes('had begun on 10 September', { '/startDate': null }),
    ...quotes('in the House of Engineers on Thursday evening', { '/venue': null }),
    ...quotes('Uzbekistan chaired the talks', { '/participants': { role: 'chair', stateCode: 'UZ' } }),
  ],
})

const position = (stateCode: string, exact: string) => ({
  stateCode,
  position: 'supported',
  statedOn: '2024-09-12',
  evidence: quotes(exact),
})

const proposals = [
  {
    key: 'P1',
    title: 'Set up a joint flood alarm on the shared rivers',
    meetingId: '=M12',
    proposedOn: '2024-09-12',
    contributors: [{ role: 'proposer', speakerId: '=qosimov', stateCode: 'TJ' }],
    positions: [position('KG', 'Kyrgyzstan supported it'), position('CN', 'and so did China')],
    evidence: quotes("The flood alarm that Tajikistan's minister Jamshed Qosimov put forward on Thursday"),
  },
  {
    key: 'P4',
    title: 'Keep a common register of ferry crossings',
    meetingId: '=M12',
    proposedOn: '2024-09-12',
    contributors: [{ role: 'proposer', speakerId: '=lapshin', stateCode: 'RU' }],
    events: [
      {
        type: 'proposed',
        occurredOn: '2024-09-12',
        meetingId: '=M12',
        evidence: quotes(
          'proposed on the last day that the members keep a common register of ferry crossings',
        ),
      },
    ],
    evidence: quotes('proposed on the last day that the members keep a common register of ferry crossings'),
  },
]

export const secondAgency = (base: Base): Body => ({
  organizations: [agency],
  source,
  speakers,
  meetings: [meeting(base)],
  proposals,
})

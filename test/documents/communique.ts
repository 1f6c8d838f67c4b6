// 4. A joint communiqué, and a state that does not associate itself with one paragraph.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('4')

const source = ({ bodies }: Base) => ({
  key: 'source',
  title: 'Joint Communiqué of the Council of Heads of State of the Inland Rivers Council',
  publisherId: bodies.sec,
  publishedOn: '2025-07-05',
  language: 'en',
  url: 'https://irc.example/docs/2025-07-04-communique',
  classification: 'official-document',
  textStatus: 'full',
  text,
})

const meetings = ({ bodies }: Base) => [
  {
    key: 'M9',
    name: 'Ninth meeting of the Council of Heads of State',
    organizationId: bodies.chs,
    classification: 'summit',
    ordinal: 9,
    status: 'held',
    startDate: '2025-07-04',
    endDate: '2025-07-04',
    city: 'Cholpon-Ata',
    countryCode: 'KG',
    participants: [{ role: 'chair', stateCode: 'KG' }],
    evidence: [
      ...quotes('held its ninth meeting in Cholpon-Ata on 4 July 2025', {
        '': null,
        '/ordinal': 9,
        '/startDate': '2025-07-04',
        '/city': 'Cholpon-Ata',
      }),
      ...quotes('The Kyrgyz Republic was in the chair', {
        '/participants': { role: 'chair', stateCode: 'KG' },
      }),
    ],
  },
  {
    key: 'M10',
    name: 'Next meeting of the Council of Heads of State',
    organizationId: bodies.chs,
    classification: 'summit',
    status: 'scheduled',
    startDate: '2026',
    city: 'Dushanbe',
    countryCode: 'TJ',
    evidence: quotes('will be held in Dushanbe in 2026', { '': null, '/startDate': '2026' }),
  },
]

const memberStates = ({ bodies }: Base) => ({
  role: 'author',
  organizationId: bodies.irc,
  collective: 'members',
  attributionText: 'The Member States',
})

const agreement = (base: Base) => ({
  key: 'A1',
  title: 'Joint Communiqué of the Council of Heads of State, Cholpon-Ata, 2025',
  kind: 'communique',
  organizationId: base.bodies.irc,
  contributors: [memberStates(base)],
  texts: [{ sourceId: '=source', authentic: false }],
  events: [
    {
      type: 'text-adopted',
      occurredOn: '2025-07-04',
      meetingId: '=M9',
      evidence: quotes('Adopted in Cholpon-Ata on 4 July 2025'),
    },
  ],
  positions: [
    {
      stateCode: 'UZ',
      position: 'reserved',
      statedOn: '2025-07-04',
      meetingId: '=M9',
      locator: { label: 'paragraph', value: '4' },
      evidence: quotes('The Republic of Uzbekistan does not associate itself with paragraph 4'),
    },
  ],
  evidence: [
    ...quotes('Adopted in Cholpon-Ata on 4 July 2025'),
    ...quotes('The English text is a translation made by the Secretariat', {
      '/texts': { authentic: false },
    }),
  ],
})

const NOTED =
  'noted the proposal of the Republic of Tajikistan to set up a joint flood alarm on the shared rivers'

export const proposal = ({ bodies }: Base): Body => ({
  key: 'P1',
  title: 'Set up a joint flood alarm on the shared rivers',
  contributors: [{ role: 'proposer', stateCode: 'TJ' }],
  proposedOn: '[..2025-07-04]',
  addresseeId: bodies.cwm,
  events: [
    { type: 'proposed', occurredOn: '[..2025-07-04]', evidence: quotes(NOTED) },
    { type: 'noted', occurredOn: '2025-07-04', meetingId: '=M9', evidence: quotes(NOTED) },
  ],
  evidence: [
    ...quotes(NOTED),
    ...quotes('They asked the Council of Water Ministers to estimate its cost', {
      '/addresseeId': bodies.cwm,
    }),
  ],
})

/** The paragraphs, with the words that are quoted from them. */
const PARAGRAPHS: [number: string, text: string, exact: string][] = [
  [
    '2',
    'The Member States noted the proposal of the Republic of Tajikistan to set up a joint flood alarm on the shared rivers. They asked the Council of Water Ministers to estimate its cost.',
    'The Member States noted the proposal of the Republic of Tajikistan',
  ],
  [
    '3',
    'The Member States reaffirmed that the flow of a shared river is not to be changed without prior notice to those who live downstream.',
    'reaffirmed that the flow of a shared river is not to be changed without prior notice',
  ],
  [
    '4',
    'The Member States called for every dam of more than one hundred metres to be inspected by engineers from three countries.',
    'called for every dam of more than one hundred metres to be inspected',
  ],
  [
    '5',
    'The Member States welcomed the readiness of Mongolia to hold a seminar on river ice.',
    'welcomed the readiness of Mongolia to hold a seminar on river ice',
  ],
]

const statements = (base: Base) =>
  PARAGRAPHS.map(([value, paragraph, exact]) => ({
    key: `S${value}`,
    kind: 'reported',
    language: 'en',
    meetingId: '=M9',
    agreementId: '=A1',
    locator: { label: 'paragraph', value },
    contributors: [memberStates(base)],
    text: paragraph,
    evidence: [{ exact, locator: { label: 'paragraph', value } }],
  }))

export const communique = (base: Base): Body => ({
  source: source(base),
  meetings: meetings(base),
  agreements: [agreement(base)],
  proposals: [proposal(base)],
  statements: statements(base),
})

// 9. A state refuses to sign.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('9')

/** The states that signed. */
export const SIGNATORIES = ['CN', 'KZ', 'KG', 'MN', 'RU', 'UZ']

const weir = { key: 'weir', name: 'The Weir', classification: 'newspaper', countryCode: 'KZ' }

const source = {
  key: 'source',
  title: 'Six sign, one does not',
  publisherId: '=weir',
  publishedOn: '2023-10-27',
  language: 'en',
  url: 'https://weir.example/2023/10/27/six-sign',
  classification: 'news',
  textStatus: 'full',
  text,
}

const minister = (key: string, name: string, stateCode: string, exact: string) => ({
  key,
  name,
  memberships: [{ stateCode, role: 'Minister', evidence: quotes(exact) }],
  evidence: quotes(exact),
})

const meeting = ({ bodies }: Base) => ({
  key: 'M11',
  name: 'Eleventh meeting of the Council of Water Ministers',
  organizationId: bodies.cwm,
  classification: 'council',
  ordinal: 11,
  status: 'held',
  startDate: '2023-10-27',
  city: 'Almaty',
  countryCode: 'KZ',
  evidence: [
    ...quotes('It happened at the eleventh meeting of the Council of Water Ministers in Almaty', {
      '': null,
      '/ordinal': 11,
      '/city': 'Almaty',
    }),
    ...quotes('ALMATY, 27 October 2023', { '/startDate': '2023-10-27' }),
  ],
})

const signature = (party: Body = {}) => ({
  type: 'signed',
  occurredOn: '2023-10-27',
  meetingId: '=M11',
  ...party,
  evidence: quotes('China, Kazakhstan, Kyrgyzstan, Mongolia, Russia and Uzbekistan'),
})

const agreement = ({ bodies }: Base) => ({
  key: 'A1',
  title: 'Protocol on Winter Releases from Reservoirs',
  kind: 'protocol',
  organizationId: bodies.irc,
  entryIntoForce: { by: 'consent', consentsNeeded: 4, condition: 'Four ratifications.' },
  events: [signature(), ...SIGNATORIES.map((stateCode) => signature({ stateCode }))],
  positions: [
    {
      stateCode: 'TJ',
      position: 'declined',
      statedOn: '2023-10-27',
      meetingId: '=M11',
      evidence: quotes('Tajikistan refused to sign'),
    },
  ],
  evidence: [
    ...quotes('signed a Protocol on Winter Releases from Reservoirs on Friday'),
    ...quotes('Four ratifications are needed for the Protocol to take effect', {
      '/entryIntoForce': { consentsNeeded: 4 },
    }),
  ],
})

const statement = (
  key: string,
  kind: string,
  author: Body,
  said: string,
  exact: string[],
  more: Body = {},
) => ({
  key,
  kind,
  date: '2023-10-27',
  language: 'en',
  contributors: [{ role: 'author', ...author }],
  text: said,
  ...more,
  evidence: exact.map((words) => ({ exact: words })),
})

const qosimov = { speakerId: '=qosimov', stateCode: 'TJ' }

export const refusal = (base: Base): Body => ({
  organizations: [weir],
  source,
  speakers: [
    minister('qosimov', 'Jamshed Qosimov', 'TJ', "Tajikistan's minister Jamshed Qosimov"),
    minister('yoqubov', 'Dilshod Yoqubov', 'UZ', "Uzbekistan's minister Dilshod Yoqubov"),
  ],
  meetings: [meeting(base)],
  agreements: [agreement(base)],
  statements: [
    // Said after the meeting.
    statement(
      'S1',
      'direct',
      qosimov,
      'We will not put our name to a table of releases that nobody has measured',
      ['We will not put our name to a table of releases that nobody has measured'],
    ),
    statement(
      'S2',
      'reported',
      { speakerId: '=yoqubov', stateCode: 'UZ' },
      'The refusal is regrettable; the Protocol stays open for signature until 31 March 2024.',
      [
        'had called the refusal regrettable in the hall',
        'the Protocol would stay open for signature until 31 March 2024',
      ],
      { meetingId: '=M11' },
    ),
    statement('S3', 'reported', qosimov, 'A later signature is not excluded.', [
      'Qosimov did not exclude a later signature',
    ]),
  ],
})

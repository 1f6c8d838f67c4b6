// 5. Five documents signed at a summit.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('5')

const source = {
  key: 'source',
  title: 'Five documents signed in Khujand',
  publisherId: '=confluence',
  publishedOn: '2023-06-20',
  language: 'en',
  url: 'https://confluence.example/2023/khujand',
  classification: 'news',
  textStatus: 'full',
  text,
}

const speaker = ({ bodies }: Base) => ({
  key: 'beknazarov',
  name: 'Sanjar Beknazarov',
  memberships: [
    {
      organizationId: bodies.irc,
      role: 'Secretary-General',
      evidence: quotes("The Council's Secretary-General Sanjar Beknazarov"),
    },
  ],
  evidence: quotes("The Council's Secretary-General Sanjar Beknazarov"),
})

const meeting = ({ bodies }: Base) => ({
  key: 'M8',
  name: 'Eighth meeting of the Council of Heads of State',
  organizationId: bodies.chs,
  classification: 'summit',
  ordinal: 8,
  status: 'held',
  startDate: '2023-06-20',
  endDate: '2023-06-20',
  city: 'Khujand',
  countryCode: 'TJ',
  evidence: [
    ...quotes('At the end of their eighth meeting', { '': null, '/ordinal': 8 }),
    ...quotes('KHUJAND, 20 June 2023', { '/startDate': '2023-06-20', '/city': 'Khujand' }),
  ],
})

const document = (
  { bodies }: Base,
  key: string,
  title: string,
  kind: string,
  exact: string,
  event: Body,
  more: Body = {},
) => ({
  key,
  title,
  kind,
  organizationId: bodies.irc,
  events: [event],
  ...more,
  evidence: [...quotes(exact), ...(more['evidence'] ?? [])],
})

/** One of the five, signed by nobody in particular. */
const signed = (base: Base, key: string, title: string, kind: string, exact: string, more: Body = {}) =>
  document(
    base,
    key,
    title,
    kind,
    exact,
    {
      type: 'signed',
      occurredOn: '2023-06-20',
      meetingId: '=M8',
      evidence: quotes('signed five documents on Tuesday'),
    },
    more,
  )

const TAKES_EFFECT =
  'The Protocol takes effect when the Secretariat, as depositary, has heard from every signatory that its domestic procedures are complete'

const agreements = (base: Base) => [
  signed(base, 'D1', 'Khujand Declaration', 'declaration', 'the Khujand Declaration'),
  signed(
    base,
    'D2',
    'Decision approving the Plan of Action on Glacier Monitoring',
    'decision',
    'a Decision approving the Plan of Action on Glacier Monitoring for 2024–2028',
    {
      relations: [{ type: 'approves', targetId: '=D6', evidence: quotes('approving the Plan of Action') }],
    },
  ),
  signed(
    base,
    'D3',
    'Protocol amending the Agreement on the Exchange of Hydrological Data',
    'protocol',
    'a Protocol amending the Agreement on the Exchange of Hydrological Data',
    {
      depositary: { organizationId: base.bodies.sec },
      entryIntoForce: {
        by: 'consent',
        consentsNeeded: 'all',
        condition:
          'When the depositary has heard from every signatory that its domestic procedures are complete.',
      },
      relations: [
        {
          type: 'amends',
          targetId: '=D7',
          evidence: quotes('amending the Agreement on the Exchange of Hydrological Data'),
        },
      ],
      evidence: quotes(TAKES_EFFECT, { '/entryIntoForce': null, '/depositary': null }),
    },
  ),
  signed(
    base,
    'D4',
    'Regulation on Observers to the Council',
    'regulation',
    'the Regulation on Observers to the Council',
  ),
  signed(
    base,
    'D5',
    'Programme of Cooperation on Safe Ferries for 2024–2026',
    'programme',
    'the Programme of Cooperation on Safe Ferries for 2024–2026',
  ),
  document(
    base,
    'D6',
    'Plan of Action on Glacier Monitoring for 2024–2028',
    'plan',
    'approving the Plan of Action on Glacier Monitoring',
    {
      type: 'text-adopted',
      occurredOn: '2023-06-20',
      meetingId: '=M8',
      evidence: quotes('approving the Plan of Action on Glacier Monitoring'),
    },
  ),
  document(
    base,
    'D7',
    'Agreement on the Exchange of Hydrological Data',
    'agreement',
    'which had been signed in Osh on 3 June 2011',
    {
      type: 'signed',
      occurredOn: '2011-06-03',
      evidence: quotes('which had been signed in Osh on 3 June 2011'),
    },
  ),
  document(
    base,
    'D8',
    'Charter of River Cities',
    'charter',
    'a draft Charter of River Cities had been discussed but was not ready',
    {
      type: 'under-consideration',
      occurredOn: '2023-06-20',
      meetingId: '=M8',
      evidence: quotes('a draft Charter of River Cities had been discussed but was not ready'),
    },
  ),
]

const statement = ({ bodies }: Base) => ({
  key: 'S1',
  kind: 'reported',
  meetingId: '=M8',
  language: 'en',
  contributors: [{ role: 'author', speakerId: '=beknazarov', organizationId: bodies.irc }],
  text: 'A draft Charter of River Cities was discussed but is not ready.',
  evidence: quotes('said that a draft Charter of River Cities had been discussed but was not ready'),
})

export const confluence = {
  key: 'confluence',
  name: 'Confluence Daily',
  classification: 'newspaper',
  countryCode: 'TJ',
}

export const summit = (base: Base): Body => ({
  organizations: [confluence],
  source,
  speakers: [speaker(base)],
  meetings: [meeting(base)],
  agreements: agreements(base),
  statements: [statement(base)],
})

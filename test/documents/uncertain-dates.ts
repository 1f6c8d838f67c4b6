// 14. Dates that nobody is sure of.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const text = textOf('14')

export const INITIALLED = 'initialled the final draft by post on 15 or 16 September 2024'

const MET = 'It met in the old customs house at Kegen in early September 2024'

const PUT_FORWARD = 'Kazakhstan had put it forward by the end of 2023'

const source = {
  key: 'source',
  title: 'What nobody wrote down in Kegen',
  publisherId: '=weir',
  publishedOn: '2024-11-05',
  language: 'en',
  url: 'https://weir.example/2024/11/05/kegen',
  classification: 'news',
  textStatus: 'full',
  text,
}

const ospanov = { role: 'author', speakerId: '=ospanov', stateCode: 'KZ' }

export const uncertainDates = ({ bodies }: Base): Body => ({
  organizations: [
    { key: 'weir', name: 'The Weir', classification: 'newspaper', countryCode: 'KZ' },
    {
      key: 'DG',
      name: 'Dredging Group of the IRC',
      classification: 'working-group',
      parentId: bodies.irc,
      foundingDate: '2019?',
      evidence: quotes('Probably in 2019', { '/foundingDate': '2019?' }),
    },
  ],
  source,
  speakers: [
    {
      key: 'ospanov',
      name: 'Marat Ospanov',
      memberships: [
        {
          stateCode: 'KZ',
          role: 'Delegate',
          evidence: quotes("Kazakhstan's delegate Marat Ospanov"),
        },
      ],
      evidence: quotes("Kazakhstan's delegate Marat Ospanov"),
    },
  ],
  meetings: [
    {
      key: 'MD',
      name: 'Meeting of the Dredging Group, Kegen',
      organizationId: '=DG',
      classification: 'working-group',
      status: 'held',
      startDate: '2024-09',
      city: 'Kegen',
      countryCode: 'KZ',
      venue: 'Old customs house',
      evidence: quotes(MET, { '': null, '/startDate': '2024-09', '/city': 'Kegen' }),
    },
  ],
  agreements: [
    {
      key: 'A1',
      title: 'Understanding on Dredging Depths',
      kind: 'memorandum',
      organizationId: bodies.irc,
      events: [
        {
          type: 'drafted',
          occurredOn: '2022~',
          evidence: quotes(
            'a first draft of an Understanding on Dredging Depths had been written in about 2022',
          ),
        },
        {
          type: 'authenticated',
          occurredOn: '[2024-09-15..2024-09-16]',
          evidence: quotes(INITIALLED),
        },
      ],
    },
  ],
  proposals: [
    {
      key: 'P1',
      title: 'Agree on common dredging depths',
      proposedOn: '[..2023-12-31]',
      contributors: [{ role: 'proposer', stateCode: 'KZ' }],
      events: [{ type: 'proposed', occurredOn: '[..2023-12-31]', evidence: quotes(PUT_FORWARD) }],
      evidence: quotes(PUT_FORWARD, { '': null, '/proposedOn': '[..2023-12-31]' }),
    },
  ],
  statements: [
    {
      key: 'S1',
      kind: 'direct',
      language: 'en',
      contributors: [ospanov],
      text: 'Probably in 2019, but I would not swear to it',
      evidence: quotes('Probably in 2019, but I would not swear to it'),
    },
    {
      key: 'S2',
      kind: 'reported',
      language: 'en',
      contributors: [ospanov],
      text: 'The Understanding should be signed by the end of 2026.',
      evidence: quotes('hopes that the Understanding will be signed by the end of 2026'),
    },
  ],
})

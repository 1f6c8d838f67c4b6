// 13. An excerpt, later the full text.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const excerpt = textOf('13a')
export const fullText = textOf('13b')

const riverside = {
  key: 'riverside',
  name: 'Riverside Post',
  classification: 'newspaper',
  countryCode: 'UZ',
}

const source = {
  key: 'source',
  title: 'Twelve gauges for the Syr Darya',
  publisherId: '=riverside',
  publishedOn: '2025-04-15',
  language: 'en',
  url: 'https://riverside.example/gauges',
  classification: 'news',
}

export const fullSource = { ...source, text: fullText, textStatus: 'full' }

const SECRETARY_GENERAL = 'its Secretary-General Sanjar Beknazarov'

export const excerptReport = ({ bodies }: Base): Body => ({
  organizations: [riverside],
  source: { ...source, text: excerpt, textStatus: 'excerpt' },
  speakers: [
    {
      key: 'beknazarov',
      name: 'Sanjar Beknazarov',
      memberships: [
        {
          organizationId: bodies.irc,
          role: 'Secretary-General',
          evidence: quotes(SECRETARY_GENERAL),
        },
      ],
      evidence: quotes(SECRETARY_GENERAL),
    },
  ],
  statements: [
    {
      key: 'S1',
      kind: 'reported',
      date: '2025-04-15',
      language: 'en',
      contributors: [{ role: 'author', speakerId: '=beknazarov', organizationId: bodies.irc }],
      text: 'Twelve pilot gauges on the Syr Darya in the autumn of 2025, looked after by Kyrgyzstan, Tajikistan and Uzbekistan, four each.',
      evidence: [
        ...quotes('KHUJAND, 15 April 2025', { '/date': '2025-04-15' }),
        ...quotes('The gauges will report the water level every ten minutes'),
        ...quotes('Kyrgyzstan, Tajikistan and Uzbekistan will each look after four of them'),
      ],
    },
  ],
})

const OWNER = 'Whoever owns a gauge owns its figures, and shows them to the others'

const DELEGATE = "Kazakhstan's delegate Saule Imangaliyeva"

const SALT = 'proposed at the meeting that the gauges measure salt as well'

/** What the full text says beyond the excerpt. @param more quotes for the second statement */
export const fullReport = ({ bodies }: Base, more: Body[] = []): Body => ({
  organizations: [
    riverside,
    {
      key: 'WGD',
      name: 'Working Group on Data of the IRC',
      classification: 'working-group',
      parentId: bodies.irc,
    },
  ],
  source: fullSource,
  speakers: [
    { key: 'beknazarov', name: 'Sanjar Beknazarov' },
    {
      key: 'imangaliyeva',
      name: 'Saule Imangaliyeva',
      memberships: [{ stateCode: 'KZ', role: 'Delegate', evidence: quotes(DELEGATE) }],
      evidence: quotes(DELEGATE),
    },
  ],
  meetings: [
    {
      key: 'MK',
      name: 'Meeting of the Working Group on Data, Khujand',
      organizationId: '=WGD',
      classification: 'working-group',
      status: 'held',
      startDate: '2025-04-15',
      city: 'Khujand',
      countryCode: 'TJ',
      evidence: [
        ...quotes("that day's meeting of the Council's Working Group on Data in Khujand", {
          '': null,
          '/city': 'Khujand',
        }),
        ...quotes('KHUJAND, 15 April 2025', { '/startDate': '2025-04-15' }),
      ],
    },
  ],
  proposals: [
    {
      key: 'P1',
      title: 'Let the pilot gauges measure salt',
      meetingId: '=MK',
      proposedOn: '2025-04-15',
      contributors: [{ role: 'proposer', speakerId: '=imangaliyeva', stateCode: 'KZ' }],
      events: [{ type: 'proposed', occurredOn: '2025-04-15', meetingId: '=MK', evidence: quotes(SALT) }],
      evidence: quotes(SALT),
    },
  ],
  statements: [
    {
      key: 'S2',
      kind: 'direct',
      date: '2025-04-15',
      language: 'en',
      contributors: [{ role: 'author', speakerId: '=beknazarov', organizationId: bodies.irc }],
      text: OWNER,
      evidence: [...quotes(OWNER), ...more],
    },
  ],
})

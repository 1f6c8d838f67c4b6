// Further documents about the Inland Rivers Council, each worked in as one report.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes } from '../helpers/documents.ts'

const agency = (key: string, name: string, countryCode: string) => ({
  key,
  name,
  classification: 'news-agency',
  countryCode,
})

const source = (title: string, publisherId: string, publishedOn: string, text: string, more: Body = {}) => ({
  key: 'source',
  title,
  publisherId,
  publishedOn,
  language: 'en',
  url: `https://papers.example/${title.toLowerCase().replaceAll(/\W+/g, '-')}`,
  classification: 'news',
  textStatus: 'full',
  text,
  ...more,
})

/** Steps of the parties of a treaty: signature, approval at home, consent, entry into force, and the way out. */
export const ratification = ({ bodies }: Base): Body => {
  const party = (type: string, stateCode: string, occurredOn: string, exact: string, more: Body = {}) => ({
    type,
    stateCode,
    occurredOn,
    ...more,
    evidence: quotes(exact),
  })
  const consent = (by: string, stateCode: string, occurredOn: string, exact: string) =>
    party('consent', stateCode, occurredOn, exact, { consentBy: by })
  const signed = 'signed in Osh on 29 April 2019 by China, Kazakhstan, Russia and Uzbekistan'
  return {
    organizations: [agency('ford', 'Ford and Ferry', 'KZ')],
    source: source(
      'Who is bound by the ice agreement',
      '=ford',
      '2026-02-03',
      `The Agreement on Ice Warnings was ${signed}. In Astana the parliament approved it on 12 October 2020; the note that told the depositary was dated 1 February 2021. Russia ratified on 3 June 2020. China deposited its acceptance in the summer of 2021. Mongolia, which had not signed, acceded on 10 January 2022 with a reservation to article 7, and took the reservation back on 5 May 2023. The Agreement entered into force on 1 March 2022. It was suspended in the flood of 2024, from 1 May, and has applied again since 15 September 2024. Uzbekistan has not ratified. Russia gave notice of denunciation on 20 January 2026.`,
    ),
    agreements: [
      {
        key: 'ice',
        title: 'Agreement on Ice Warnings',
        kind: 'agreement',
        organizationId: bodies.irc,
        entryIntoForce: { by: 'consent', consentsNeeded: 4 },
        events: [
          { type: 'signed', occurredOn: '2019-04-29', evidence: quotes(signed) },
          ...['CN', 'KZ', 'RU', 'UZ'].map((code) => party('signed', code, '2019-04-29', signed)),
          party('domestic-approval', 'KZ', '2020-10-12', 'the parliament approved it on 12 October 2020'),
          consent('notification', 'KZ', '2021-02-01', 'was dated 1 February 2021'),
          consent('ratification', 'RU', '2020-06-03', 'Russia ratified on 3 June 2020'),
          consent('acceptance', 'CN', '[2021-06..2021-08]', 'its acceptance in the summer of 2021'),
          consent('accession', 'MN', '2022-01-10', 'acceded on 10 January 2022'),
          party('reservation', 'MN', '2022-01-10', 'with a reservation to article 7'),
          party('reservation-withdrawn', 'MN', '2023-05-05', 'took the reservation back on 5 May 2023'),
          {
            type: 'in-force',
            occurredOn: '2022-03-01',
            evidence: quotes('entered into force on 1 March 2022'),
          },
          {
            type: 'suspended',
            occurredOn: '2024-05-01',
            evidence: quotes('was suspended in the flood of 2024'),
          },
          {
            type: 'in-force',
            occurredOn: '2024-09-15',
            evidence: quotes('has applied again since 15 September 2024'),
          },
          party('denounced', 'RU', '2026-01-20', 'gave notice of denunciation on 20 January 2026'),
        ],
        evidence: quotes('The Agreement on Ice Warnings'),
      },
    ],
  }
}

/** People with one name, one of them in two posts after each other, who act in these posts. */
export const namesakes = ({ bodies }: Base): Body => ({
  organizations: [agency('lock', 'The Lock Keeper', 'RU')],
  source: source(
    'Two men called Ivan Petrov',
    '=lock',
    '2025-03-02',
    'Two men called Ivan Petrov spoke in Bishkek on 1 March 2025. Ivan Petrov, Deputy Minister of Transport of Kazakhstan since January 2025 and before that, from 2019 to December 2024, an adviser in the Secretariat of the Council, asked for a common form of ship papers. His namesake Ivan Petrov, the captain who heads the Russian river academy, warned that nobody would read them. It was a meeting of the water ministers.',
  ),
  speakers: [
    {
      key: 'minister',
      name: 'Ivan Petrov',
      memberships: [
        {
          key: 'post',
          stateCode: 'KZ',
          role: 'Deputy Minister of Transport',
          startDate: '2025-01',
          evidence: quotes('Deputy Minister of Transport of Kazakhstan since January 2025', {
            '': null,
            '/startDate': '2025-01',
          }),
        },
        {
          key: 'former',
          organizationId: bodies.sec,
          role: 'Adviser',
          startDate: '2019',
          endDate: '2024-12',
          evidence: quotes('from 2019 to December 2024, an adviser in the Secretariat', {
            '': null,
            '/endDate': null,
          }),
        },
      ],
      evidence: quotes('Ivan Petrov, Deputy Minister of Transport of Kazakhstan'),
    },
    {
      key: 'captain',
      name: 'Ivan Petrov',
      distinctFrom: ['=minister'],
      memberships: [
        {
          stateCode: 'RU',
          role: 'Head of the river academy',
          evidence: quotes('heads the Russian river academy'),
        },
      ],
      evidence: quotes('His namesake Ivan Petrov'),
    },
  ],
  meetings: [
    {
      key: 'met',
      name: 'Meeting of the water ministers, Bishkek',
      organizationId: bodies.cwm,
      classification: 'council',
      startDate: '2025-03-01',
      city: 'Bishkek',
      countryCode: 'KG',
      participants: [
        { role: 'member', stateCode: 'KZ', speakerId: '=minister', membershipId: '=post' },
        { role: 'guest', stateCode: 'RU', speakerId: '=captain' },
      ],
      evidence: quotes('in Bishkek on 1 March 2025', {
        '': null,
        '/participants': { role: 'guest', stateCode: 'RU' },
      }),
    },
  ],
  proposals: [
    {
      key: 'papers',
      title: 'Use one form of ship papers',
      meetingId: '=met',
      proposedOn: '2025-03-01',
      contributors: [{ role: 'proposer', speakerId: '=minister', stateCode: 'KZ', membershipId: '=post' }],
      events: [
        {
          type: 'proposed',
          occurredOn: '2025-03-01',
          meetingId: '=met',
          evidence: quotes('asked for a common form of ship papers'),
        },
      ],
      evidence: quotes('asked for a common form of ship papers'),
    },
  ],
  statements: [
    {
      key: 'warning',
      kind: 'reported',
      language: 'en',
      meetingId: '=met',
      contributors: [{ role: 'author', speakerId: '=captain', stateCode: 'RU' }],
      text: 'Nobody would read them.',
      evidence: quotes('warned that nobody would read them'),
    },
  ],
})

/** A decision that establishes a body, names its seat, and gives a state the chair. */
export const establishment = ({ bodies }: Base): Body => ({
  source: source(
    'Decision on the Centre for River Rescue',
    bodies.sec,
    '2024-07-06',
    'DECISION of the Council of Heads of State. Dushanbe, 5 July 2024. 1. A Centre for River Rescue is established, with its seat in Tashkent. 2. The Regulation on the Centre, annexed to this Decision, is approved. 3. The Republic of Kazakhstan holds the chair of the Council from 6 July 2024 until the next meeting in July 2025. 4. The exercise “Clear Channel”, which the Plan of Joint Training provides for, is held near Termez in May 2025.',
    { classification: 'official-document' },
  ),
  organizations: [
    {
      key: 'centre',
      name: 'Centre for River Rescue',
      classification: 'organ',
      parentId: bodies.irc,
      seat: 'Tashkent',
      countryCode: 'UZ',
      foundingDate: '2024-07-05',
      relations: [
        {
          type: 'established-by',
          targetId: '=decision',
          evidence: quotes('A Centre for River Rescue is established'),
        },
      ],
      evidence: quotes('A Centre for River Rescue is established, with its seat in Tashkent', {
        '': null,
        '/seat': null,
        '/foundingDate': '2024-07-05',
      }),
    },
  ],
  states: [
    {
      key: 'kz',
      code: 'KZ',
      memberships: [
        {
          organizationId: bodies.irc,
          role: 'chair',
          startDate: '2024-07-06',
          endDate: '2025-07',
          evidence: quotes('The Republic of Kazakhstan holds the chair of the Council from 6 July 2024', {
            '': null,
            '/startDate': null,
          }),
        },
      ],
    },
  ],
  meetings: [
    {
      key: 'summit',
      name: 'Meeting of the Council of Heads of State, Dushanbe',
      organizationId: bodies.chs,
      classification: 'summit',
      startDate: '2024-07-05',
      city: 'Dushanbe',
      countryCode: 'TJ',
      evidence: quotes('Dushanbe, 5 July 2024', { '': null, '/startDate': null, '/city': null }),
    },
    {
      key: 'exercise',
      name: 'Clear Channel 2025',
      classification: 'exercise',
      startDate: '2025-05',
      city: 'Termez',
      countryCode: 'UZ',
      participants: [{ role: 'organizer', organizationId: '=centre' }],
      relations: [
        {
          type: 'implements',
          targetId: '=plan',
          evidence: quotes('which the Plan of Joint Training provides for'),
        },
      ],
      evidence: quotes('The exercise “Clear Channel”', { '': null, '/startDate': '2025-05' }),
    },
  ],
  agreements: [
    {
      key: 'decision',
      title: 'Decision on the Centre for River Rescue',
      kind: 'decision',
      organizationId: bodies.irc,
      contributors: [{ role: 'author', organizationId: bodies.chs }],
      texts: [{ sourceId: '=source' }],
      events: [
        {
          type: 'text-adopted',
          occurredOn: '2024-07-05',
          meetingId: '=summit',
          evidence: quotes('Dushanbe, 5 July 2024'),
        },
      ],
      relations: [
        {
          type: 'approves',
          targetId: '=regulation',
          evidence: quotes('annexed to this Decision, is approved'),
        },
      ],
      evidence: quotes('DECISION of the Council of Heads of State'),
    },
    {
      key: 'regulation',
      title: 'Regulation on the Centre for River Rescue',
      kind: 'regulation',
      organizationId: bodies.irc,
      events: [
        {
          type: 'text-adopted',
          occurredOn: '2024-07-05',
          meetingId: '=summit',
          evidence: quotes('The Regulation on the Centre'),
        },
      ],
      relations: [
        { type: 'annexed-to', targetId: '=decision', evidence: quotes('annexed to this Decision') },
      ],
      evidence: quotes('The Regulation on the Centre'),
    },
    {
      key: 'plan',
      title: 'Plan of Joint Training',
      kind: 'plan',
      organizationId: bodies.irc,
      evidence: quotes('the Plan of Joint Training provides for'),
    },
  ],
})

/** The results of an agenda: each item with what was dealt with under it, also when that follows in the report. */
export const agenda = ({ bodies }: Base): Body => ({
  source: source(
    'Protocol of the thirteenth meeting',
    bodies.sec,
    '2025-09-20',
    'PROTOCOL of the thirteenth meeting of the Council of Water Ministers, Astana, 18 September 2025. The meeting, first called for 4 June 2025, had been moved at the request of the Chinese side. 1. Flood alarm: the proposal of Tajikistan and Uzbekistan, which Mongolia joined, was adopted. 2a. Weekly levels: deferred. 2b. Programme on Bank Protection: adopted. 3. The participants thanked the people of Astana. The Secretary-General said on behalf of the members that the alarm would be tested in spring.',
    { classification: 'official-document' },
  ),
  speakers: [
    {
      key: 'secretary',
      name: 'Sanjar Beknazarov',
      memberships: [
        {
          key: 'office',
          organizationId: bodies.irc,
          role: 'Secretary-General',
          evidence: quotes('The Secretary-General'),
        },
      ],
      evidence: quotes('The Secretary-General'),
    },
  ],
  meetings: [
    {
      key: 'M13',
      name: 'Thirteenth meeting of the Council of Water Ministers',
      organizationId: bodies.cwm,
      classification: 'council',
      ordinal: 13,
      status: 'held',
      startDate: '2025-09-18',
      previousStartDates: ['2025-06-04'],
      city: 'Astana',
      countryCode: 'KZ',
      agenda: [
        { position: 1, number: '1', title: 'Flood alarm', recordIds: ['=alarm'] },
        { position: 2, number: '2a', title: 'Weekly levels', recordIds: ['=levels'] },
        { position: 3, number: '2b', title: 'Programme on Bank Protection', recordIds: ['=programme'] },
      ],
      evidence: [
        ...quotes('the thirteenth meeting of the Council of Water Ministers, Astana, 18 September 2025', {
          '': null,
          '/ordinal': null,
          '/startDate': null,
        }),
        ...quotes('first called for 4 June 2025', { '/previousStartDates': '2025-06-04' }),
        ...quotes('2b. Programme on Bank Protection', { '/agenda': { number: '2b' } }),
      ],
    },
  ],
  agreements: [
    {
      key: 'programme',
      title: 'Programme on Bank Protection',
      kind: 'programme',
      organizationId: bodies.irc,
      events: [
        {
          type: 'text-adopted',
          occurredOn: '2025-09-18',
          meetingId: '=M13',
          evidence: quotes('2b. Programme on Bank Protection: adopted'),
        },
      ],
      evidence: quotes('Programme on Bank Protection'),
    },
  ],
  proposals: [
    {
      key: 'alarm',
      title: 'Set up a flood alarm',
      contributors: [
        { role: 'proposer', stateCode: 'TJ' },
        { role: 'proposer', stateCode: 'UZ' },
        { role: 'co-sponsor', stateCode: 'MN', attributionText: 'which Mongolia joined' },
      ],
      proposedOn: '[..2025-09-18]',
      events: [
        {
          type: 'proposed',
          occurredOn: '[..2025-09-18]',
          evidence: quotes('the proposal of Tajikistan and Uzbekistan'),
        },
        {
          type: 'adopted',
          occurredOn: '2025-09-18',
          meetingId: '=M13',
          evidence: quotes('which Mongolia joined, was adopted'),
        },
      ],
      evidence: quotes('the proposal of Tajikistan and Uzbekistan', {
        '': null,
        '/contributors': { role: 'proposer', stateCode: 'TJ' },
      }),
    },
    {
      key: 'levels',
      title: 'Report weekly levels',
      events: [
        {
          type: 'deferred',
          occurredOn: '2025-09-18',
          meetingId: '=M13',
          evidence: quotes('Weekly levels: deferred'),
        },
      ],
      evidence: quotes('Weekly levels'),
    },
  ],
  statements: [
    {
      key: 'thanks',
      kind: 'reported',
      language: 'en',
      meetingId: '=M13',
      contributors: [{ role: 'author', collective: 'participants', attributionText: 'The participants' }],
      text: 'Thanks to the people of Astana.',
      evidence: quotes('The participants thanked the people of Astana'),
    },
    {
      key: 'test',
      kind: 'reported',
      language: 'en',
      meetingId: '=M13',
      contributors: [
        {
          role: 'spokesperson',
          speakerId: '=secretary',
          organizationId: bodies.irc,
          membershipId: '=office',
        },
        { role: 'author', organizationId: bodies.irc, collective: 'members', attributionText: 'the members' },
      ],
      text: 'The alarm will be tested in spring.',
      evidence: quotes('said on behalf of the members that the alarm would be tested in spring'),
    },
  ],
})

/** A denial: it contests a whole record, one of its fields, and an entry of a list, without other values. */
export const denial = ({ bodies }: Base, levels: string): Body => {
  const denies = (exact: string, field = '', value?: unknown) => [
    { exact, field, direction: 'disputes', ...(value !== undefined && { value }) },
  ]
  return {
    organizations: [agency('ferry', 'The Ferryman', 'UZ')],
    source: source(
      'What did not happen in Astana',
      '=ferry',
      '2025-09-25',
      'It is not true that the Council of Water Ministers met in Astana on 18 September 2025: the ministers met on 19 September. Mongolia did not join the proposal on a flood alarm. Nobody deferred the weekly levels.',
    ),
    meetings: [
      {
        key: 'M13',
        name: 'Thirteenth meeting of the Council of Water Ministers',
        organizationId: bodies.cwm,
        classification: 'council',
        ordinal: 13,
        startDate: '2025-09-19',
        evidence: [
          ...denies(
            'It is not true that the Council of Water Ministers met in Astana on 18 September 2025',
            '/city',
          ),
          ...quotes('the ministers met on 19 September', { '/startDate': null }),
        ],
      },
    ],
    proposals: [
      {
        key: 'alarm',
        title: 'Set up a flood alarm',
        contributors: [{ role: 'proposer', stateCode: 'TJ' }],
        proposedOn: '[..2025-09-18]',
        evidence: denies('Mongolia did not join the proposal on a flood alarm', '/contributors', {
          role: 'co-sponsor',
          stateCode: 'MN',
        }),
      },
      {
        key: 'levels',
        id: levels,
        events: [
          {
            type: 'deferred',
            occurredOn: '2025-09-18',
            evidence: denies('Nobody deferred the weekly levels'),
          },
        ],
      },
    ],
  }
}

/** A Chinese original, with editions in two languages, a reprint and an excerpt of the reprint. */
const ORIGINAL = '【阿拉木图电】中国代表丘文博14日表示，冰川影像对所有成员开放。他说：“冰川不属于任何人。”'

const EDITION = {
  ru: 'АЛМАТЫ. Представитель Китая Цю Вэньбо заявил 14 мая, что снимки ледников открыты для всех членов. «Ледники никому не принадлежат», — сказал он.',
  en: 'ALMATY – Qiu Wenbo of China said on 14 May that the glacier pictures are open to all members. “Glaciers belong to nobody,” he said.',
}

export const original = (): Body =>
  editionOf('zh-Hans', ORIGINAL, '中国代表丘文博', '冰川影像对所有成员开放', '=gorge')

function editionOf(
  language: string,
  text: string,
  person: string,
  words: string,
  publisherId: string,
  more: Body = {},
): Body {
  return {
    organizations: [
      agency('gorge', 'Gorge News', 'CN'),
      ...(publisherId === '=gorge'
        ? []
        : [agency(publisherId.slice(1), `Paper ${publisherId.slice(1)}`, 'KZ')]),
    ],
    source: source(
      `Glacier pictures (${language} ${publisherId.slice(1)})`,
      publisherId,
      '2025-05-14',
      text,
      { language, ...more },
    ),
    speakers: [
      {
        key: 'qiu',
        name: 'Qiu Wenbo',
        otherNames: [{ name: '丘文博', language: 'zh-Hans', type: 'official' }],
        evidence: quotes(person),
      },
    ],
    statements: [
      {
        key: 'open',
        kind: 'reported',
        date: '2025-05-14',
        language: 'en',
        contributors: [{ role: 'author', speakerId: '=qiu', stateCode: 'CN' }],
        text: 'Glacier pictures are open to all members.',
        evidence: quotes(words),
      },
    ],
  }
}

export const russian = (relations: Body[] = []) =>
  editionOf(
    'ru',
    EDITION.ru,
    'Представитель Китая Цю Вэньбо',
    'снимки ледников открыты для всех членов',
    '=gorge',
    { relations },
  )

export const english = (publisher: string, relations: Body[] = []) =>
  editionOf(
    'en',
    EDITION.en,
    'Qiu Wenbo of China',
    'the glacier pictures are open to all members',
    `=${publisher}`,
    { relations },
  )

export const excerpt = (publisher: string, relations: Body[] = []) =>
  editionOf('en', EDITION.en.slice(9, 85), 'Qiu Wenbo of China', 'the glacier pictures', `=${publisher}`, {
    relations,
    textStatus: 'excerpt',
  })

/** A newspaper on the same meeting: some of what the protocol says, and some more. */
export const agendaNews = ({ bodies }: Base): Body => ({
  organizations: [agency('quay', 'The Quay', 'KZ')],
  source: source(
    'Alarm adopted in Astana',
    '=quay',
    '2025-09-19',
    'In Astana the water ministers adopted the flood alarm that Tajikistan had proposed. China supported it. Kazakhstan was in the chair. The Secretary-General since 2024, Sanjar Beknazarov, said for the members that it would be tested in spring. The participants thanked the city.',
  ),
  speakers: [
    {
      key: 'secretary',
      name: 'Sanjar Beknazarov',
      memberships: [
        {
          key: 'office',
          organizationId: bodies.irc,
          role: 'Secretary-General',
          startDate: '2024',
          evidence: quotes('The Secretary-General since 2024', { '': null, '/startDate': null }),
        },
      ],
      evidence: quotes('Sanjar Beknazarov'),
    },
  ],
  meetings: [
    {
      key: 'M13',
      name: 'Thirteenth meeting of the Council of Water Ministers',
      organizationId: bodies.cwm,
      classification: 'council',
      ordinal: 13,
      status: 'held',
      startDate: '2025-09-18',
      venue: 'Palace of Peace',
      participants: [{ role: 'chair', stateCode: 'KZ' }],
      agenda: [{ position: 1, title: 'Flood alarm' }],
      evidence: quotes('Kazakhstan was in the chair', {
        '/participants': { role: 'chair', stateCode: 'KZ' },
      }),
    },
  ],
  proposals: [
    {
      key: 'alarm',
      title: 'Set up a flood alarm',
      contributors: [{ role: 'proposer', stateCode: 'TJ', attributionText: 'Tajikistan' }],
      proposedOn: '[..2025-09-18]',
      events: [{ type: 'adopted', meetingId: '=M13', evidence: quotes('adopted the flood alarm') }],
      positions: [
        { stateCode: 'CN', position: 'supported', meetingId: '=M13', evidence: quotes('China supported it') },
      ],
      evidence: quotes('that Tajikistan had proposed'),
    },
  ],
  statements: [
    {
      key: 'test',
      kind: 'reported',
      language: 'en',
      meetingId: '=M13',
      contributors: [
        {
          role: 'spokesperson',
          speakerId: '=secretary',
          organizationId: bodies.irc,
          membershipId: '=office',
        },
      ],
      text: 'The alarm will be tested in spring.',
      translations: [{ language: 'ru', text: 'Тревогу испытают весной.', by: 'analyst' }],
      evidence: quotes('said for the members that it would be tested in spring'),
    },
    {
      key: 'thanks',
      kind: 'reported',
      meetingId: '=M13',
      contributors: [{ role: 'author', collective: 'participants' }],
      text: 'Thanks to the people of Astana.',
      evidence: quotes('The participants thanked the city'),
    },
  ],
})

/** An earlier, shorter report about the treaty: most of its steps are undated. */
export const ratificationNews = ({ bodies }: Base): Body => ({
  organizations: [agency('raft', 'Raft Daily', 'RU')],
  source: source(
    'Ice warnings in force',
    '=raft',
    '2022-03-02',
    'The Agreement on Ice Warnings, signed in 2019, is in force. Kazakhstan notified the depositary, and China accepted. The Secretariat is the depositary.',
  ),
  agreements: [
    {
      key: 'ice',
      title: 'Agreement on Ice Warnings',
      kind: 'agreement',
      organizationId: bodies.irc,
      depositary: { organizationId: bodies.sec },
      events: [
        { type: 'signed', evidence: quotes('signed in 2019') },
        {
          type: 'consent',
          stateCode: 'KZ',
          note: 'By note.',
          evidence: quotes('Kazakhstan notified the depositary'),
        },
        { type: 'consent', stateCode: 'CN', evidence: quotes('China accepted') },
        { type: 'in-force', occurredOn: '2022-03-01', evidence: quotes('is in force') },
      ],
      evidence: quotes('The Secretariat is the depositary', { '': null, '/depositary': null }),
    },
  ],
})

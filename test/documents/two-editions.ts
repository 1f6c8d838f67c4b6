// 7. A Russian report with a proposal, and its English edition.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'

export const russian = textOf('7a')
export const english = textOf('7b')

const agency = {
  key: 'verkhovye',
  name: 'Verkhovye Agency',
  classification: 'news-agency',
  countryCode: 'RU',
  otherNames: [{ name: 'Агентство «Верховье»', language: 'ru', type: 'official' }],
}

const source = {
  publisherId: '=verkhovye',
  publishedOn: '2025-02-18',
  classification: 'news',
  textStatus: 'full',
}

const group = ({ bodies }: Base) => ({
  key: 'EGN',
  name: 'Expert Group on Navigation of the IRC',
  classification: 'working-group',
  parentId: bodies.irc,
  otherNames: [{ name: 'экспертная группа по судоходству', language: 'ru', type: 'alternative' }],
})

const speaker = (key: string, name: string, russianName: string, post: Body, exact: string) => ({
  key,
  name,
  otherNames: [{ name: russianName, language: 'ru', type: 'official' }],
  memberships: [{ ...post, evidence: quotes(exact) }],
  evidence: quotes(exact),
})

const PROPOSED = 'предложила странам Совета по внутренним рекам завести единый электронный журнал шлюзования'

/** Her words, in Russian. */
const CAPTAIN =
  'Капитан должен один раз внести рейс в журнал, и этого должно хватить на всём пути от верховьев до устья'

export const russianReport = (base: Base): Body => ({
  organizations: [agency, group(base)],
  source: {
    key: 'source',
    title: 'Россия предложила единый журнал шлюзования',
    language: 'ru',
    url: 'https://verkhovye.example/ru/881',
    text: russian,
    ...source,
  },
  speakers: [
    speaker(
      'kovrigina',
      'Yelena Kovrigina',
      'Елена Ковригина',
      { stateCode: 'RU', role: 'Deputy head of the river agency' },
      'Заместитель руководителя речного ведомства России Елена Ковригина',
    ),
    speaker(
      'doszhanov',
      'Yerlan Doszhanov',
      'Ерлан Досжанов',
      { stateCode: 'KZ', role: 'Representative' },
      'Представитель Казахстана Ерлан Досжанов',
    ),
  ],
  meetings: [
    {
      key: 'MO',
      name: 'Meeting of the Expert Group on Navigation, Omsk',
      organizationId: '=EGN',
      classification: 'working-group',
      status: 'held',
      startDate: '2025-02-18',
      city: 'Omsk',
      countryCode: 'RU',
      evidence: [
        ...quotes('во вторник в Омске на заседании экспертной группы по судоходству', {
          '': null,
          '/city': 'Omsk',
        }),
        ...quotes('ОМСК, 18 февраля 2025 года', { '/startDate': '2025-02-18' }),
      ],
    },
  ],
  proposals: [
    {
      key: 'P1',
      title: 'Keep a single electronic log of lock passages',
      meetingId: '=MO',
      proposedOn: '2025-02-18',
      contributors: [{ role: 'proposer', speakerId: '=kovrigina', stateCode: 'RU' }],
      events: [{ type: 'proposed', occurredOn: '2025-02-18', meetingId: '=MO', evidence: quotes(PROPOSED) }],
      positions: [
        {
          stateCode: 'KZ',
          position: 'supported',
          statedOn: '2025-02-18',
          meetingId: '=MO',
          speakerId: '=doszhanov',
          evidence: quotes('поддержал идею'),
        },
      ],
      evidence: [
        {
          exact: PROPOSED,
          translation: {
            language: 'en',
            text: 'proposed that the countries of the Inland Rivers Council keep a single electronic log of lock passages',
            by: 'analyst',
          },
        },
      ],
    },
    {
      key: 'P2',
      title: 'Begin the log of lock passages on the Irtysh',
      meetingId: '=MO',
      proposedOn: '2025-02-18',
      contributors: [{ role: 'proposer', speakerId: '=doszhanov', stateCode: 'KZ' }],
      events: [
        {
          type: 'proposed',
          occurredOn: '2025-02-18',
          meetingId: '=MO',
          evidence: quotes('предложил начать с Иртыша'),
        },
      ],
      relations: [{ type: 'elaborates', targetId: '=P1', evidence: quotes('предложил начать с Иртыша') }],
      evidence: quotes('предложил начать с Иртыша'),
    },
  ],
  statements: [
    {
      key: 'S1',
      kind: 'direct',
      meetingId: '=MO',
      language: 'ru',
      contributors: [{ role: 'author', speakerId: '=kovrigina', stateCode: 'RU' }],
      text: CAPTAIN,
      evidence: quotes(CAPTAIN),
    },
    {
      key: 'S2',
      kind: 'reported',
      meetingId: '=MO',
      language: 'ru',
      contributors: [{ role: 'author', speakerId: '=kovrigina', stateCode: 'RU' }],
      text: 'Российская сторона готова взять на себя расходы на первый год.',
      translations: [
        { language: 'en', text: 'Russia is ready to bear the costs of the first year.', by: 'analyst' },
      ],
      evidence: quotes('российская сторона готова взять на себя расходы на первый год'),
    },
  ],
})

const CAPTAIN_IN_ENGLISH =
  'A captain should enter a voyage once, and that should do from the headwaters to the mouth'

/** @param more of the source: its relation to the Russian edition, or another publisher */
export const englishReport = (base: Base, more: Body = {}): Body => ({
  organizations: [agency, group(base)],
  source: {
    key: 'source',
    title: 'Russia suggests a single log of lock passages',
    language: 'en',
    url: 'https://verkhovye.example/en/412',
    text: english,
    ...source,
    ...more,
  },
  speakers: [
    {
      key: 'kovrigina',
      name: 'Yelena Kovrigina',
      evidence: quotes("Russia's deputy head of the river agency, Yelena Kovrigina"),
    },
    {
      key: 'doszhanov',
      name: 'Yerlan Doszhanov',
      evidence: quotes("Kazakhstan's representative, Yerlan Doszhanov"),
    },
  ],
  meetings: [
    {
      key: 'MO',
      name: 'Meeting of the Expert Group on Navigation, Omsk',
      organizationId: '=EGN',
      startDate: '2025-02-18',
      evidence: quotes('She spoke on Tuesday in Omsk at a meeting of the expert group on navigation'),
    },
  ],
  proposals: [
    {
      key: 'P1',
      title: 'Keep a single electronic log of lock passages',
      meetingId: '=MO',
      contributors: [{ role: 'proposer', speakerId: '=kovrigina' }],
      positions: [
        {
          stateCode: 'KZ',
          position: 'supported',
          statedOn: '2025-02-18',
          evidence: quotes('supported the idea'),
        },
      ],
      evidence: quotes(
        'has suggested that the countries of the Inland Rivers Council keep a single electronic log of lock passages',
      ),
    },
    {
      key: 'P2',
      title: 'Begin the log of lock passages on the Irtysh',
      meetingId: '=MO',
      contributors: [{ role: 'proposer', speakerId: '=doszhanov' }],
      evidence: quotes('proposed to begin with the Irtysh'),
    },
  ],
  statements: [
    {
      key: 'S1',
      kind: 'direct',
      meetingId: '=MO',
      language: 'ru',
      contributors: [{ role: 'author', speakerId: '=kovrigina', stateCode: 'RU' }],
      text: CAPTAIN,
      translations: [{ language: 'en', text: CAPTAIN_IN_ENGLISH, by: 'publisher' }],
      evidence: quotes(CAPTAIN_IN_ENGLISH),
    },
  ],
})

// A summit with everything that the page of a record can show: sessions, parties, positions, a lineage, contradictions, a Persian
// source, and versions. It is written over the seed.
import type { Body } from '../helpers/bodies.ts'

/** What writes the records: the service of a test, or one that runs. */
export interface Writer {
  post: (url: string, body: Body) => Promise<{ status: number; text: string; body: Body }>
  patch: (url: string, body: Body) => Promise<{ status: number; text: string; body: Body }>
}

export const SCO = 'org_01gb6jc400eaxvk0r2zz1tyrmg'

export const PERSIAN =
  'رئیس‌جمهور ایران گفت: «ما از ایجاد بانک توسعه پشتیبانی می‌کنیم.» او این سخنان را در ۱ سپتامبر ۲۰۲۵ بیان کرد.'

/** The part of it that is quoted. */
export const QUOTED = 'ما از ایجاد بانک توسعه پشتیبانی می‌کنیم'

export type SummitIds = Record<
  | 'series'
  | 'before'
  | 'after'
  | 'summit'
  | 'session'
  | 'bilateral'
  | 'topic'
  | 'narrower'
  | 'speaker'
  | 'proposal'
  | 'part'
  | 'treaty'
  | 'amendment'
  | 'annex'
  | 'statement'
  | 'paragraph'
  | 'persian'
  | 'english'
  | 'correction',
  string
>

export async function writeSummit({ post, patch }: Writer): Promise<SummitIds> {
  const create = async (path: string, body: Body): Promise<string> => {
    const answer = await post(`/v1/${path}`, body)
    if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`)
    return answer.body['id'] as string
  }
  const ids = {} as SummitIds
  ids.persian = await create('sources', {
    title: 'سخنان رئیس‌جمهور در تیانجین',
    language: 'fa',
    text: PERSIAN,
    url: 'https://example.org/fa/1',
    publishedOn: '2025-09-01',
  })
  ids.english = await create('sources', {
    title: 'Leaders agree on a development bank',
    language: 'en',
    text: 'TIANJIN, 1 September 2025. The leaders signed a protocol on a development bank. Uzbekistan supported it, India did not. The summit ended on 1 September.',
    url: 'https://example.org/en/1',
    publishedOn: '2025-09-01',
  })
  ids.correction = await create('sources', {
    title: 'A summit of three days',
    language: 'en',
    text: 'The summit in Tianjin lasted until 2 September 2025. It is not true that India was silent.',
    url: 'https://example.com/other',
    publishedOn: '2025-09-03',
  })
  ids.series = await create('organizations', {
    name: 'A council of leaders',
    classification: 'organ',
    parentId: SCO,
    foundingDate: '2001-06-15',
  })
  ids.topic = await create('topics', { slug: 'bank', prefLabel: 'A bank', definition: 'Money for projects.' })
  ids.narrower = await create('topics', {
    slug: 'bank-rules',
    prefLabel: 'Rules of the bank',
    broaderId: ids.topic,
  })
  ids.speaker = await create('speakers', {
    name: 'Masoud Pezeshkian',
    otherNames: [{ name: 'مسعود پزشکیان', language: 'fa', type: 'official' }],
    memberships: [{ role: 'President', stateCode: 'IR', startDate: '2024-07-28' }],
  })
  const meeting = (name: string, startDate: string, more: Body) =>
    create('meetings', { name, startDate, organizationId: ids.series, ...more })
  const summit = (name: string, startDate: string, ordinal: number, more: Body) =>
    meeting(name, startDate, { classification: 'summit', ordinal, ...more })
  ids.before = await summit('The summit of Astana', '2024-07-04', 24, { city: 'Astana', countryCode: 'KZ' })
  ids.summit = await summit('The summit of Tianjin', '2025-08-31', 25, {
    endDate: '2025-09-01',
    city: 'Tianjin',
    countryCode: 'CN',
    summary: 'The leaders agreed on a bank.',
    participants: [
      { role: 'chair', stateCode: 'CN' },
      { role: 'head-of-delegation', stateCode: 'UZ' },
      { role: 'head-of-delegation', stateCode: 'IR', speakerId: ids.speaker },
      { role: 'guest', organizationId: SCO },
    ],
  })
  ids.after = await summit('The summit of Bishkek', '2026-09-01', 26, { city: 'Bishkek', countryCode: 'KG' })
  ids.session = await meeting('The extended session', '2025-09-01', {
    classification: 'plus',
    parentId: ids.summit,
    city: 'Tianjin',
    countryCode: 'CN',
  })
  ids.bilateral = await create('meetings', {
    name: 'China and Iran meet',
    startDate: '2025-09-02',
    classification: 'bilateral',
    parentId: ids.summit,
    city: 'Tianjin',
    countryCode: 'CN',
  })
  await create(`meetings/${ids.summit}/evidence`, {
    sourceId: ids.english,
    field: '/endDate',
    motivation: 'quote',
    assertion: 'reported',
    exact: 'The summit ended on 1 September',
  })
  await create(`meetings/${ids.summit}/evidence`, {
    sourceId: ids.correction,
    field: '/endDate',
    value: '2025-09-02',
    motivation: 'quote',
    assertion: 'reported',
    exact: 'lasted until 2 September 2025',
  })
  await create(`meetings/${ids.summit}/evidence`, {
    sourceId: ids.persian,
    field: '/participants',
    value: { stateCode: 'IR' },
    motivation: 'inference',
    exact: 'او این سخنان را در ۱ سپتامبر ۲۰۲۵ بیان کرد',
    note: 'He spoke there, so he took part.',
  })
  await writeTexts(create, patch, ids)
  return ids
}

type Create = (path: string, body: Body) => Promise<string>

/** The proposal, the treaty that it became, what amends it, and who said what. */
async function writeTexts(create: Create, patch: Writer['patch'], ids: SummitIds): Promise<void> {
  const at = { meetingId: ids.summit, occurredOn: '2025-09-01' }
  ids.proposal = await create('proposals', {
    title: 'Create a development bank',
    summary: 'A bank of the members for their joint projects.',
    contributors: [{ role: 'proposer', stateCode: 'CN' }],
    addresseeId: SCO,
    topicIds: [ids.topic],
    events: [
      { type: 'proposed', occurredOn: '2010-11-25' },
      { type: 'under-consideration', occurredOn: '2024-07-04', meetingId: ids.before },
      { type: 'adopted', ...at },
    ],
  })
  ids.part = await create('proposals', {
    title: 'Give the bank a seat in Tianjin',
    contributors: [{ role: 'proposer', stateCode: 'CN' }],
    meetingId: ids.summit,
    parentId: ids.proposal,
    events: [{ type: 'proposed', ...at }],
  })
  for (const [stateCode, position, statedOn] of [
    ['UZ', 'abstained', '2024-07-04'],
    ['UZ', 'supported', '2025-09-01'],
    ['IN', 'objected', '2025-09-01'],
    ['IR', 'supported', '2025-09-01'],
    ['PK', 'reserved', '2025-09-01'],
  ] as const)
    await create(`proposals/${ids.proposal}/positions`, {
      stateCode,
      position,
      statedOn,
      ...(statedOn === '2025-09-01' && { meetingId: ids.summit }),
      ...(stateCode === 'IR' && {
        speakerId: ids.speaker,
        evidence: [{ sourceId: ids.persian, motivation: 'quote', assertion: 'claimed', exact: QUOTED }],
      }),
    })
  const signed = (stateCode: string) => ({ type: 'signed', stateCode, ...at })
  ids.treaty = await create('agreements', {
    title: 'Protocol on the development bank',
    kind: 'protocol',
    organizationId: ids.series,
    topicIds: [ids.topic],
    depositary: { organizationId: SCO },
    entryIntoForce: { by: 'consent', consentsNeeded: 2, condition: 'Two ratifications.' },
    events: [
      { type: 'drafted', occurredOn: '2025-03' },
      { type: 'signed', ...at },
      ...['CN', 'KZ', 'RU', 'UZ'].map(signed),
      { type: 'consent', consentBy: 'ratification', stateCode: 'CN', occurredOn: '2025-12-01' },
      { type: 'consent', consentBy: 'ratification', stateCode: 'UZ', occurredOn: '2026-02-01' },
      { type: 'in-force', occurredOn: '2026-03-01' },
      { type: 'in-force', stateCode: 'CN', occurredOn: '2026-03-01' },
      { type: 'in-force', stateCode: 'UZ', occurredOn: '2026-03-01' },
      { type: 'reservation', stateCode: 'UZ', occurredOn: '2026-02-01', note: 'On the seat.' },
      { type: 'denounced', stateCode: 'UZ', occurredOn: '2026-10-01' },
    ],
  })
  ids.amendment = await create('agreements', {
    title: 'Protocol amending the Protocol on the development bank',
    kind: 'protocol',
    organizationId: ids.series,
    events: [{ type: 'drafted', occurredOn: '2026-10-01' }],
  })
  ids.annex = await create('agreements', {
    title: 'Rules of the development bank',
    kind: 'regulation',
    events: [{ type: 'text-adopted', occurredOn: '[..2025-09-01]', meetingId: ids.summit }],
  })
  const evidence = [
    {
      sourceId: ids.english,
      motivation: 'inference',
      exact: 'signed a protocol',
      note: 'It has the same aim.',
    },
  ]
  await create(`proposals/${ids.proposal}/relations`, { type: 'became', targetId: ids.treaty, evidence })
  await create(`agreements/${ids.amendment}/relations`, { type: 'amends', targetId: ids.treaty })
  await create(`agreements/${ids.annex}/relations`, { type: 'annexed-to', targetId: ids.treaty })
  ids.statement = await create('statements', {
    kind: 'direct',
    text: QUOTED,
    language: 'fa',
    date: '2025-09-01',
    meetingId: ids.summit,
    contributors: [{ role: 'author', speakerId: ids.speaker, stateCode: 'IR' }],
    translations: [{ language: 'en', text: 'We support the creation of the bank.', by: 'analyst' }],
    evidence: [{ sourceId: ids.persian, motivation: 'quote', assertion: 'claimed', exact: QUOTED }],
  })
  ids.paragraph = await create('statements', {
    kind: 'direct',
    text: 'The bank serves all members.',
    agreementId: ids.treaty,
    locator: { label: 'article', value: '1' },
    contributors: [{ role: 'author', collective: 'members', organizationId: SCO }],
  })
  const agenda = [
    {
      position: 1,
      number: '1a',
      title: 'The bank',
      recordIds: [ids.proposal, ids.statement],
      topicIds: [ids.topic],
    },
    { position: 2, title: 'Other matters' },
  ]
  for (const [path, body] of [
    [`meetings/${ids.summit}?reason=The%20programme%20was%20published.`, { agenda }],
    [
      `proposals/${ids.proposal}?reason=In%20plainer%20words.`,
      { summary: 'A bank of the member states for their joint work, with a seat of its own.' },
    ],
    [
      `proposals/${ids.proposal}?reason=In%20Chinese.`,
      { otherNames: [{ name: '建立开发银行', language: 'zh-Hans', type: 'translation' }] },
    ],
  ] as const) {
    const answer = await patch(`/v1/${path}`, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`)
  }
}

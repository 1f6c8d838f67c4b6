// The page of a record: positions and parties as in the API, its changes one by one, contradictions, and texts in other scripts.
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { MEETING_FIELDS } from '../../src/web/meeting.ts'
import { service } from '../helpers/app.ts'
import { type Body, fullBody, kinds, oneOfEach, pathOf } from '../helpers/bodies.ts'
import { create, get } from '../helpers/requests.ts'
import { expectSafe, textOf } from './check.ts'
import { QUOTED, SCO, writeSummit } from './summit.ts'

const HTML = { accept: 'text/html' }
const PREFIXES = ['', '/ru', '/zh']

/** A section of a page, by the id of its heading. */
const sectionOf = (page: string, id: string) => {
  const start = page.indexOf(`<h2 id="${id}">`)
  return start === -1 ? '' : page.slice(start, page.indexOf('</section>', start))
}

const rowsOf = (section: string) =>
  [...section.matchAll(/<div><dt>(.*?)<\/dt><dd>(.*?)<\/dd><\/div>/gs)].map(
    ([, title = '', content = '']) => ({
      title: textOf(title),
      content,
    }),
  )

const statesIn = (html: string) =>
  [...html.matchAll(/href="(?:\/\w\w)?\/states\/(\w\w)"/g)].map(([, code]) => code)

describe('the status of a document', () => {
  test('names the last event, also if it is of one party and leaves the status as it is', async () => {
    const app = await service()
    await app.post('/v1/states', { code: 'RU', name: 'Russia' })
    const { id } = await create(app, '/v1/agreements', {
      title: 'A treaty',
      kind: 'treaty',
      events: [{ type: 'signed', occurredOn: '2017-06-09' }],
    })
    expect(textOf((await app.get(`/agreements/${id}`, HTML)).text)).toContain('No later event is recorded')
    await create(app, `/v1/agreements/${id}/events`, {
      type: 'domestic-approval',
      stateCode: 'RU',
      occurredOn: '2019-07-01',
    })
    const text = textOf((await app.get(`/agreements/${id}`, HTML)).text)
    expect(text).toContain('Signed on 9 June 2017. Last event: 1 July 2019')
    expect(text).not.toContain('No later event')
  })
})

describe('positions', () => {
  test('are grouped as the API has them, with those that nobody recorded', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { data } = await get(app, `/v1/proposals/${ids.proposal}/positions`)
    const { text } = await app.get(`/proposals/${ids.proposal}`, HTML)
    const rows = new Map(
      rowsOf(sectionOf(text, 'positions')).map(({ title, content }) => [title.split(' (')[0], content]),
    )
    expect([...rows.keys()]).toEqual(['Supported', 'Reserved', 'Objected', 'Proposed it', 'No record'])
    const codes = (position: string | null) =>
      data.filter((each: Body) => each['position'] === position).map((each: Body) => each['stateCode'])
    for (const position of ['supported', 'reserved', 'objected']) {
      const title = position.charAt(0).toUpperCase() + position.slice(1)
      expect(statesIn(rows.get(title) ?? '')).toEqual(codes(position))
    }
    const silent = [...statesIn(rows.get('Proposed it') ?? ''), ...statesIn(rows.get('No record') ?? '')]
    expect(silent.sort()).toEqual(codes(null))
    expect(rows.get('No record')).toContain('That is not an abstention.')
  })

  test('each have their anchor and their quote, and an earlier one is below the later one', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { records } = await get(app, `/v1/proposals/${ids.proposal}/positions`)
    const { text } = await app.get(`/proposals/${ids.proposal}`, HTML)
    for (const { id } of records) expect(text.split(`id="${id}"`)).toHaveLength(2)
    const supported = rowsOf(sectionOf(text, 'positions'))[0]?.content ?? ''
    expect(textOf(supported)).toContain('Earlier: abstained · 4 July 2024')
    expect(supported).toContain(`<mark>${QUOTED}</mark>`)
  })

  test('are those of the day', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { text } = await app.get(`/proposals/${ids.proposal}?asOf=2024-12-31`, HTML)
    const rows = rowsOf(sectionOf(text, 'positions'))
    expect(rows.map(({ title }) => title.split(' (')[0])).toEqual(['Abstained', 'Proposed it', 'No record'])
  })
})

describe('parties', () => {
  test('are a table with the days that the API has, each a link to its event', async () => {
    const app = await service({ seed: true, clock: () => new Date('2026-11-30T12:00:00Z') })
    const ids = await writeSummit(app)
    const view = await get(app, `/v1/agreements/${ids.treaty}/parties`)
    const { text } = await app.get(`/agreements/${ids.treaty}`, HTML)
    const section = sectionOf(text, 'parties')
    const rows = [...section.matchAll(/<tr><th scope="row">(.*?)<\/tr>/g)].map(([, row = '']) => row)
    expect(rows.map((row) => statesIn(row)[0])).toEqual(view['data'].map(({ stateCode }: Body) => stateCode))
    for (const [index, party] of view['data'].entries())
      for (const field of ['signedOn', 'consentOn', 'inForceOn', 'denouncedOn'])
        if (party[field]) expect(rows[index]).toContain(`<time datetime="${party[field]}">`)
    for (const [, target = ''] of section.matchAll(/href="#(evt_\w+)"/g))
      expect(text).toContain(`<li id="${target}">`)
    expect(textOf(rows[0] ?? '')).toContain('ratification · 364 days')
    expect(textOf(section)).toContain(
      '4 parties are known, it is recorded of 1 that it is bound, 2 consents are needed',
    )
    const missing = (label: string) =>
      statesIn(section.slice(section.indexOf(`${label}:`)).split('</p>')[0] ?? '')
    expect(missing('Signed, consent not recorded')).toEqual(view['awaitingConsent'])
    expect(missing('Members that have not signed')).toEqual(view['notSigned'])
  })

  test.each([
    ['', 'Who signed is not recorded.'],
    ['/ru', 'Кто подписал, не записано.'],
    ['/zh', '签署方：未记录。'],
  ])(
    'of a document that was signed are said to be unknown if they are not recorded: %s',
    async (prefix, words) => {
      const { get, post } = await service()
      const show = async (type: string) => {
        const events = [{ type, occurredOn: '2024-07-04' }]
        const { body } = await post('/v1/agreements', {
          title: `A document ${type}`,
          kind: 'declaration',
          events,
        })
        return (await get(`${prefix}/agreements/${body['id']}`, HTML)).text
      }
      expect(textOf(sectionOf(await show('signed'), 'parties'))).toContain(words)
      expect(await show('text-adopted')).not.toContain(words)
    },
  )

  test('of one day are one entry of the timeline', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { body } = await app.get(`/v1/agreements/${ids.treaty}/events`)
    const { text } = await app.get(`/agreements/${ids.treaty}`, HTML)
    const timeline = sectionOf(text, 'timeline')
    for (const { id } of body['data']) expect(timeline.split(`id="${id}"`)).toHaveLength(2)
    expect(textOf(timeline)).toContain('Signed · 4 parties')
    expect(timeline).toMatch(/<li class="next">Possible next: suspended, terminated<\/li>/)
  })
})

describe('what may come next', () => {
  const next = async (kind: string, ...types: string[]) => {
    const { get, post } = await service()
    const events = types.map((type, index) => ({ type, occurredOn: `2024-07-0${index + 1}` }))
    const { body, status } = await post('/v1/agreements', { title: 'A document', kind, events })
    expect([kind, types, status]).toEqual([kind, types, 201])
    const { text } = await get(`/agreements/${body['id']}`, HTML)
    return textOf(/<li class="next">(.*?)<\/li>/.exec(text)?.[1] ?? '').replace('Possible next: ', '')
  }

  test('of a treaty has the stages of treaties', async () => {
    expect(await next('convention', 'signed')).toBe('in force, suspended, terminated, not adopted, withdrawn')
  })

  test.each(['declaration', 'statement', 'strategy', 'communique'])(
    'of a %s is its adoption or signature, and nothing after these',
    async (kind) => {
      expect(await next(kind, 'drafted')).toBe(
        'under consideration, text adopted, signed, not adopted, withdrawn',
      )
      expect(await next(kind, 'text-adopted')).toBe('')
      expect(await next(kind, 'signed')).toBe('')
    },
  )

  test('of a document that entered into force is what ends that, whatever its kind', async () => {
    expect(await next('regulation', 'in-force')).toBe('suspended, terminated')
  })
})

describe('changes', () => {
  test('lead one by one from the last to the first and back', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const path = `/proposals/${ids.proposal}`
    const { body } = await app.get(`/v1${path}/history?limit=200`)
    const linkOf = (page: string, rel: string) =>
      new RegExp(`rel="${rel} nofollow" href="([^"]*)"`).exec(page)?.[1]?.replaceAll('&amp;', '&')
    const walk = async (start: string, rel: 'prev' | 'next') => {
      const addresses = [start]
      for (let url = start; ; ) {
        const next = linkOf((await app.get(url, HTML)).text, rel)
        if (next === undefined) return addresses
        addresses.push(next)
        url = next
      }
    }
    const back = await walk(path, 'prev')
    const instants = back.map((address) => address.split('knownAt=')[1])
    // Every version is one of them. There are more: those of parts and of evidence.
    for (const { at } of body['data'].slice(1)) expect(instants).toContain(at)
    expect(instants.at(-1)).toBe(body['data'].at(-1).at)
    expect(new Set(back).size).toBe(back.length)
    const forth = await walk(back.at(-1) ?? '', 'next')
    expect(forth.slice(0, -1).toReversed()).toEqual(back.slice(1))
  })

  test('are those up to the instant that the page shows', async () => {
    const app = await service()
    const { id } = await create(app, '/v1/topics', { slug: 'a', prefLabel: 'A' })
    for (let n = 0; n < 15; n++) await app.patch(`/v1/topics/${id}`, { definition: `Definition ${n}` })
    const { body } = await app.get(`/v1/topics/${id}/history?limit=200`)
    const third = body['data'].find(({ version }: Body) => version === 3)
    const { text } = await app.get(`/topics/${id}?knownAt=${third.at}`, HTML)
    expect(sectionOf(text, 'changes').match(/<li>/g)).toHaveLength(3)
    expect(textOf(sectionOf((await app.get(`/topics/${id}`, HTML)).text, 'changes'))).toContain(
      'Older changes are not shown.',
    )
  })
})

test('a page with a clock is not indexed, none of its links is followed, and its days end with the clock', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  for (const path of [
    `/meetings/${ids.summit}`,
    `/proposals/${ids.proposal}`,
    `/agreements/${ids.treaty}`,
    '/states/RU',
  ])
    for (const clock of ['asOf=2025-10-01', `knownAt=${new Date().toISOString()}`]) {
      const { text } = await app.get(`${path}?${clock}`, HTML)
      await expectSafe(path, text)
      expect(text).toContain('<meta name="robots" content="noindex, nofollow">')
      expect(text).toContain(`<link rel="canonical" href="${path}">`)
      expect(text).not.toContain('hreflang="ru" href="/ru"')
      const links = text.match(/<a [^>]*>/g) ?? []
      expect(links.length).toBeGreaterThan(20)
      expect(links.filter((link) => !/rel="[^"]*\bnofollow\b/.test(link))).toEqual([])
    }
  const { text } = await app.get(`/meetings/${ids.summit}?asOf=2025-09-10`, HTML)
  expect(textOf(text)).toContain('(10 days ago)')
  expect((await app.get(`/meetings/${ids.summit}`, HTML)).text).not.toMatch(
    /<a rel="nofollow" href="\/states/,
  )
})

describe('contradictions', () => {
  test('of a fact are named on top, with a link to it', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
    expect(text).toContain('Sources disagree about: <a href="#fact-endDate">Last day</a>.')
    const fact = text.slice(text.indexOf('<div id="fact-endDate">'))
    expect(textOf(fact.slice(0, fact.indexOf('</dd>')))).toMatch(
      /1 independent source · .*Other sources have: 2 September 2025/s,
    )
  })

  test('of a part are beside it, and named on top', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const path = `proposals/${ids.proposal}`
    const { body } = await app.get(`/v1/${path}/events`)
    const adopted = body['data'].find(({ type }: Body) => type === 'adopted')
    await create(app, `/v1/${path}/events/${adopted.id}/evidence`, {
      sourceId: ids.correction,
      field: '/occurredOn',
      value: '2025-09-02',
      motivation: 'quote',
      exact: 'until 2 September 2025',
    })
    await create(app, `/v1/${path}/events/${adopted.id}/evidence`, {
      sourceId: ids.english,
      field: '/occurredOn',
      motivation: 'quote',
      exact: 'TIANJIN, 1 September 2025',
    })
    const { text } = await app.get(`/${path}`, HTML)
    expect(text).toContain(`Sources disagree about: <a href="#${adopted.id}">Event</a>.`)
    const item = text.slice(text.indexOf(`<li id="${adopted.id}">`))
    const words = textOf(item.slice(0, item.indexOf('<li class="next">')))
    expect(words).toContain('Why do we say this? 1 independent source · 1 quote')
    expect(words).toContain('Date. Other sources have: 2 September 2025')
    expect(words).toMatch(/Date · reported|Date · in the source/)
  })

  test('by denial say so', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { records } = await get(app, `/v1/proposals/${ids.proposal}/positions`)
    const india = records.find(({ stateCode }: Body) => stateCode === 'IN')
    await create(app, `/v1/proposals/${ids.proposal}/positions/${india.id}/evidence`, {
      sourceId: ids.correction,
      direction: 'disputes',
      motivation: 'quote',
      exact: 'It is not true that India was silent',
    })
    const { text } = await app.get(`/proposals/${ids.proposal}`, HTML)
    expect(text).toContain(`<a href="#${india.id}">Position</a>`)
    expect(text).toMatch(/<div class="dispute"><details class="why".*?A source denies this\./)
  })
})

describe('a quote', () => {
  test('that the record rests on is above all sections, open, and a target of links once', async () => {
    const app = await service({ seed: true })
    const path = '/proposals/prp_01gb6jc400egbsbzx9etj88v69'
    const { body } = await app.get(`/v1${path}/evidence`)
    const ofTitle = body['data'].find(({ field }: Body) => field === '/title')
    const { text } = await app.get(path, HTML)
    const top = text.slice(0, text.indexOf('<h2'))
    expect(top).toContain(`<figure class="quote" id="${ofTitle.id}">`)
    expect(top).toContain(`<mark>${ofTitle.exact}</mark>`)
    expect(text.split(`id="${ofTitle.id}"`)).toHaveLength(2)
    expect(text).not.toContain('<details class="why" open>')
  })

  test('that is written from right to left has its language and direction', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    for (const prefix of PREFIXES) {
      const { text } = await app.get(`${prefix}/statements/${ids.statement}`, HTML)
      await expectSafe(prefix, text)
      expect(text).toMatch(new RegExp(`<blockquote dir="auto" lang="fa">.*<mark>${QUOTED}</mark>`))
      expect(text).toContain(`<h1><bdi lang="fa">${QUOTED}</bdi></h1>`)
      expect(text).toContain('>We support the creation of the bank.</q>')
      expect(text).toContain('<bdi lang="fa">سخنان رئیس‌جمهور در تیانجین</bdi>')
    }
  })

  test('that is an inference has its reasoning', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { text } = await app.get(`/meetings/${ids.summit}`, HTML)
    const section = textOf(sectionOf(text, 'fact-participants'))
    expect(section).toContain('inference')
    expect(section).toContain('Reasoning: He spoke there, so he took part.')
  })
})

describe('parts and wholes', () => {
  test('lead to each other', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    for (const [whole, part] of [
      [`/proposals/${ids.proposal}`, `/proposals/${ids.part}`],
      [`/topics/${ids.topic}`, `/topics/${ids.narrower}`],
      [`/organizations/${SCO}`, `/organizations/${ids.series}`],
      [`/agreements/${ids.treaty}`, `/statements/${ids.paragraph}`],
    ] as const) {
      expect(sectionOf((await app.get(whole, HTML)).text, 'parts')).toContain(`href="${part}"`)
      expect((await app.get(part, HTML)).text).toMatch(
        new RegExp(`<p class="muted">Part of: (?:.* › )?<a href="${whole}">`),
      )
    }
  })

  test('have the whole chain, the outermost first', async () => {
    const app = await service({ seed: true })
    const ids = await writeSummit(app)
    const { id } = await create(app, '/v1/organizations', {
      name: 'Its secretariat',
      classification: 'organ',
      parentId: ids.series,
    })
    const { text } = await app.get(`/organizations/${id}`, HTML)
    expect(textOf(text)).toContain('Part of: Shanghai Cooperation Organisation › A council of leaders')
  })
})

/** A value as evidence has it: without fields that are null or empty. */
function filled(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, filled(inner)])
  return Object.fromEntries(
    entries.filter(([, inner]) => inner !== null && (!Array.isArray(inner) || inner.length > 0)),
  )
}

test.each(kinds)(
  'every piece of evidence of a %s is on its page once, with what it is about',
  async (kind) => {
    const app = await service()
    const ids = await oneOfEach(app)
    const path = pathOf(kind)
    const { id } = await create(app, path, fullBody(kind, ids))
    const { id: sourceId } = await create(app, '/v1/sources', {
      title: 'For all',
      language: 'en',
      text: 'A sentence for all of it.',
    })
    const { data: claims } = await get(app, `${path}/${id}/claims`)
    const evidence: string[] = []
    for (const { field, value } of [{ field: '', value: undefined }, ...claims]) {
      const body = { sourceId, field, motivation: 'quote', exact: 'A sentence for all of it' }
      const { id: one } = await create(app, `${path}/${id}/evidence`, {
        ...body,
        ...(value !== undefined && { value: filled(value) }),
      })
      evidence.push(one)
    }
    expect(evidence.length).toBeGreaterThan(3)
    const { text } = await app.get(`${path.slice(3)}/${id}`, HTML)
    await expectSafe(path, text)
    for (const one of evidence) expect([one, text.split(`id="${one}"`).length]).toEqual([one, 2])
    const elsewhere = [
      catalogue.resource(kind).titleField,
      ...MEETING_FIELDS,
      ...(kind === 'source' ? ['text'] : []),
    ]
    for (const { field } of claims) {
      const key = field.split('/')[1]
      if (!elsewhere.includes(key)) expect(text).toContain(`id="fact-${key}"`)
    }
  },
)

test('the sentence under the title has the days, for every kind', async () => {
  const app = await service({ seed: true, clock: () => new Date('2026-11-30T12:00:00Z') })
  const ids = await writeSummit(app)
  const sentence = async (path: string) =>
    textOf(/<p class="status">(.*?)<\/p>/.exec((await app.get(path, HTML)).text)?.[1] ?? '')
  expect(await sentence(`/proposals/${ids.proposal}`)).toBe(
    'Adopted on 1 September 2025 (455 days ago). Proposed by China. No source is quoted for it yet.',
  )
  expect(await sentence(`/agreements/${ids.treaty}`)).toMatch(
    /^In force since 1 March 2026 \(274 days\)\. 4 parties/,
  )
  expect(await sentence(`/agreements/${ids.amendment}`)).toBe(
    'Drafted on 1 October 2026. No later event is recorded in the 60 days since. No source is quoted for it yet.',
  )
  expect(await sentence(`/meetings/${ids.after}`)).toBe(
    'Held: 1 September 2026 (90 days ago), Bishkek, Kyrgyzstan. No source is quoted for it yet.',
  )
  expect(await sentence(`/meetings/${ids.after}?asOf=2026-08-30`)).toContain('(in 2 days)')
  expect(await sentence(`/statements/${ids.statement}`)).toBe(
    'Said: 1 September 2025 (455 days ago). By Masoud Pezeshkian for Iran. One independent source supports it.',
  )
  expect(await sentence(`/speakers/${ids.speaker}`)).toBe(
    'President, Iran, since 28 July 2024 (2 years). No source is quoted for it yet.',
  )
  expect(await sentence(`/organizations/${ids.series}`)).toMatch(
    /^Organ\. Founded: 15 June 2001 \(25 years ago\)\./,
  )
  expect(await sentence(`/topics/${ids.topic}`)).toBe('Last event about it: 1 October 2026 (60 days ago).')
  expect(await sentence('/states/RU')).toMatch(
    /^Member, Shanghai Cooperation Organisation, since 15 June 2001 \(25 years\)\./,
  )
  expect(await sentence(`/sources/${ids.english}`)).toBe('Published: 1 September 2025 (455 days ago).')
})

test('every kind of page of a full record is valid in three languages, now and in the past', async () => {
  const app = await service({ seed: true })
  const ids = await writeSummit(app)
  const kinds = {
    mtg: 'meetings',
    prp: 'proposals',
    agr: 'agreements',
    stm: 'statements',
    spk: 'speakers',
    org: 'organizations',
    top: 'topics',
    src: 'sources',
  }
  for (const id of Object.values(ids)) {
    const path = `/${kinds[id.slice(0, 3) as keyof typeof kinds]}/${id}`
    for (const prefix of PREFIXES)
      for (const clock of ['', '?asOf=2025-09-01']) {
        const { status, text } = await app.get(`${prefix}${path}${clock}`, HTML)
        // A document that had not begun is not there on that day.
        if (clock !== '' && status === 404) continue
        expect([path, status]).toEqual([path, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN/)
        await expectSafe(prefix + path + clock, text)
      }
  }
})

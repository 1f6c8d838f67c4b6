// Evidence of single fields: values, directions, origins, disputes, the standing of sources, and the claims of a record.
import { describe, expect, test } from 'vitest'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'
import { create, get } from './helpers/requests.ts'

const TEXT = 'The ministers met. It was a meeting. The minister spoke.'

/** A service with a meeting, and functions that create sources and evidence. */
async function fixture() {
  const s = await service()
  let number = 0
  const organization = async (name: string) =>
    (await create(s, '/v1/organizations', { name, classification: 'news-agency' }))['id'] as string
  /** A source with a text of its own, unless one is given. */
  const source = async (more: Body = {}) => {
    number += 1
    const body = { title: `Report ${number}`, language: 'en', text: `${TEXT} (${number})`, ...more }
    return (await create(s, '/v1/sources', body))['id'] as string
  }
  const meeting = `/v1/meetings/${
    (
      await create(s, '/v1/meetings', {
        name: 'Twelfth meeting',
        startDate: '2024-09-11',
        city: 'Tashkent',
        status: 'held',
        agenda: [
          { position: 1, title: 'Floods' },
          { position: 2, title: 'Ferries' },
        ],
      })
    )['id']
  }`
  const cite = (sourceId: string, more: Body = {}, url = meeting) =>
    create(s, `${url}/evidence`, { sourceId, motivation: 'quote', exact: 'The ministers met.', ...more })
  const tryCite = (sourceId: string, more: Body = {}, url = meeting) =>
    s.post(`${url}/evidence`, { sourceId, motivation: 'quote', exact: 'The ministers met.', ...more })
  const relate = async (from: string, type: string, targetId: string) =>
    (await create(s, `/v1/sources/${from}/relations`, { type, targetId }))['id'] as string
  const trust = async (url = meeting) => {
    const { support, origins, disputed } = await get(s, url)
    return [support, origins, disputed]
  }
  const claims = async (field: string, url = meeting) =>
    (await get(s, `${url}/claims?field=${encodeURIComponent(field)}`))['data'] as Body[]
  return { s, organization, source, meeting, cite, tryCite, relate, trust, claims }
}

describe('evidence of a field', () => {
  test('stores the value that the record has, and the one that is sent', async () => {
    const { source, cite, s, meeting } = await fixture()
    const [one, two] = [await source(), await source()]
    expect(await cite(one, { field: '/startDate' })).toMatchObject({
      field: '/startDate',
      value: '2024-09-11',
      direction: 'supports',
      denial: false,
      standing: 'current',
      locator: null,
      translation: null,
    })
    expect(await cite(two, { field: '/startDate', value: '2024-09-10' })).toMatchObject({
      value: '2024-09-10',
      direction: 'disputes',
      denial: false,
    })
    expect(await cite(one)).toMatchObject({ field: '', value: null, direction: 'supports' })
    const located = { label: 'paragraph', value: '4' }
    const translated = { language: 'RU', text: 'Министры встретились.', by: 'analyst' }
    expect(await cite(two, { locator: located, translation: translated })).toMatchObject({
      locator: located,
      translation: { ...translated, language: 'ru' },
    })
    expect((await get(s, meeting))['disputed']).toEqual(['/startDate'])
  })

  test('names a field of the record, or the legal ones are listed', async () => {
    const { source, tryCite } = await fixture()
    const id = await source()
    for (const field of [
      '/nothing',
      'startDate',
      '/agenda/0',
      '/agenda/0/title',
      '/support',
      '/id',
      '/',
      '/__proto__',
      '/startDate/',
    ]) {
      const { status, body } = await tryCite(id, { field })
      expect([field, status, body['errors'][0].pointer]).toEqual([field, 400, '/field'])
      expect(body['legal']).toContain('/startDate')
    }
    for (const field of ['/agenda/*', 3, null]) expect((await tryCite(id, { field })).status).toBe(400)
  })

  test('has a value that the schema of the field allows', async () => {
    const { source, tryCite } = await fixture()
    const id = await source()
    expect((await tryCite(id, { field: '/agenda', value: [{ title: 'Floods' }] })).status).toBe(400)
    const wrong: Body[] = [
      { field: '/startDate', value: '2024-13-01' },
      { field: '/startDate', value: 20240911 },
      { field: '/startDate', value: { year: 2024 } },
      { field: '/status', value: 'unknown' },
      { field: '/countryCode', value: 'Uzbekistan' },
      { field: '/countryCode', value: 'ZZ' },
      { field: '/countryCode' },
      { field: '', value: 'x' },
      { field: '/agenda' },
      { field: '/agenda', value: {} },
      { field: '/agenda', value: { subject: 'Floods' } },
      { field: '/participants', value: { stateCode: 'ZZ' } },
      { field: '/participants', value: { constructor: 'x' } },
      { field: '/startDate', value: '[2024-09-16..2024-09-15]' },
      { field: '/city', value: 'x'.repeat(40_000) },
    ]
    for (const body of wrong) {
      const refused = await tryCite(id, body)
      expect([body, refused.status]).toEqual([body, 422])
      expect(refused.body['errors'][0].pointer).toMatch(/^\/value/)
    }
  })

  test('of a date supports it if it is equal or narrower, disputes it if apart, and neither if broader', async () => {
    const { source, cite, trust } = await fixture()
    const id = await source()
    const directions = [
      ['2024-09-11', 'supports'],
      ['2024-09', null],
      ['2024', null],
      ['2024-09-12', 'disputes'],
      ['2023', 'disputes'],
    ] as const
    for (const [value, direction] of directions)
      expect([value, (await cite(id, { field: '/startDate', value }))['direction']]).toEqual([
        value,
        direction,
      ])
    expect(await trust()).toEqual(['single-source', 1, ['/startDate']])
  })

  test('of a part is compared with the part, also with uncertain dates', async () => {
    const { s, source, cite, trust } = await fixture()
    const { id } = await create(s, '/v1/agreements', { title: 'Understanding', kind: 'memorandum' })
    const { id: event } = await create(s, `/v1/agreements/${id}/events`, {
      type: 'authenticated',
      occurredOn: '[2024-09-15..2024-09-16]',
    })
    const url = `/v1/agreements/${id}/events/${event}`
    const sourceId = await source()
    const on = async (value: string) => cite(sourceId, { field: '/occurredOn', value }, url)
    expect((await on('2024-09-16'))['direction']).toBe('supports')
    expect((await on('2024-09'))['direction']).toBe(null)
    expect((await on('[2024-09-16..2024-09-20]'))['direction']).toBe(null)
    expect(await trust(url)).toEqual(['single-source', 1, []])
    const late = await on('2024-09-17')
    expect(late['direction']).toBe('disputes')
    expect(await trust(url)).toEqual(['single-source', 1, ['/occurredOn']])
    await s.del(`/v1/evidence/${late['id']}?reason=Misread`)
    expect(await trust(url)).toEqual(['single-source', 1, []])
    // The record has evidence of its own.
    expect(await trust(`/v1/agreements/${id}`)).toEqual(['unsupported', 0, []])
  })

  test('of free text never disputes by itself', async () => {
    const { source, cite, trust } = await fixture()
    const id = await source()
    expect((await cite(id, { field: '/city', value: 'TASHKENT' }))['direction']).toBe('supports')
    expect((await cite(id, { field: '/city', value: 'Toshkent' }))['direction']).toBe(null)
    expect((await trust())[2]).toEqual([])
    expect((await cite(id, { field: '/city', direction: 'disputes' }))['direction']).toBe('disputes')
    expect((await trust())[2]).toEqual(['/city'])
  })

  test('of a list is an entry or a part of one; an entry that is gone disputes', async () => {
    const { s, source, cite, trust, meeting } = await fixture()
    const id = await source()
    const { id: entry } = await cite(id, { field: '/agenda', value: { position: 2 } })
    expect(await trust()).toEqual(['single-source', 1, []])
    await s.patch(meeting, { agenda: [{ position: 1, title: 'Floods' }] })
    expect(await trust()).toEqual(['unsupported', 0, ['/agenda']])
    expect((await get(s, `${meeting}/evidence/${entry}`))['direction']).toBe('disputes')
    await s.patch(meeting, { agenda: [{ position: 2, title: 'Boats' }] })
    expect(await trust()).toEqual(['single-source', 1, []])
  })

  test('follows the record when it changes, and is not rewritten', async () => {
    const { s, source, cite, trust, meeting } = await fixture()
    const first = await cite(await source(), { field: '/startDate' })
    const other = await cite(await source(), { field: '/startDate', value: '2024-09-10' })
    await s.patch(meeting, { startDate: '2024-09-10' })
    const read = async ({ id }: Body) => get(s, `${meeting}/evidence/${id}`)
    expect(await read(first)).toEqual({ ...first, direction: 'disputes' })
    expect(await read(other)).toEqual({ ...other, direction: 'supports' })
    expect(await trust()).toEqual(['single-source', 1, ['/startDate']])
    const { body } = await s.patch(meeting, { city: 'Samarkand' })
    expect(body['disputed']).toEqual(['/startDate'])
  })

  test('can deny: a whole record, or a value, as long as the record has it', async () => {
    const { s, source, cite, trust, meeting } = await fixture()
    const id = await source()
    const whole = await cite(id, { direction: 'disputes' })
    expect(whole).toMatchObject({ denial: true, direction: 'disputes', field: '' })
    expect(await trust()).toEqual(['unsupported', 0, ['']])
    await s.del(`${meeting}/evidence/${whole['id']}`)
    expect(await trust()).toEqual(['unsupported', 0, []])
    const denial = await cite(id, { field: '/startDate', direction: 'disputes' })
    expect(denial).toMatchObject({ denial: true, value: '2024-09-11' })
    expect(await trust()).toEqual(['unsupported', 0, ['/startDate']])
  })
})

describe('a changed piece of evidence', () => {
  test('is compared again, and the record follows', async () => {
    const { s, source, cite, trust, meeting } = await fixture()
    const { id } = await cite(await source(), { field: '/startDate' })
    const url = `${meeting}/evidence/${id}`
    const patch = async (body: Body) => (await s.patch(url, body)).body
    expect(await patch({ value: '2024-09-10' })).toMatchObject({
      direction: 'disputes',
      denial: false,
      version: 2,
    })
    expect(await trust()).toEqual(['unsupported', 0, ['/startDate']])
    expect(await patch({ value: null })).toMatchObject({ value: '2024-09-11', direction: 'supports' })
    expect(await patch({ direction: 'disputes' })).toMatchObject({ direction: 'disputes', denial: true })
    expect(await trust()).toEqual(['unsupported', 0, ['/startDate']])
    // What does not concern it leaves a denial as it is.
    expect(await patch({ note: 'Denied.' })).toMatchObject({ direction: 'disputes', denial: true })
    expect(await patch({ direction: 'supports' })).toMatchObject({ direction: 'supports', denial: false })
    expect(await patch({ field: '/city' })).toMatchObject({ field: '/city', value: 'Tashkent' })
    expect(await patch({ field: '' })).toMatchObject({ field: '', value: null, direction: 'supports' })
    expect(await trust()).toEqual(['single-source', 1, []])
    for (const [body, status] of [
      [{ field: '/nothing' }, 400],
      [{ field: '/venue' }, 422],
      [{ value: 'x' }, 422],
      [{ denial: true }, 422],
      [{ standing: 'retracted' }, 422],
      [{ sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk' }, 422],
      [{ exact: 'Not there.' }, 422],
    ] as const)
      expect([body, (await s.patch(url, body)).status]).toEqual([body, status])
  })

  test('is found again by what it says, not by the direction that follows from it', async () => {
    const { s, meeting } = await fixture()
    const report = (title: string, more: Body = {}) => ({
      source: { title, language: 'en', text: TEXT },
      meetings: [
        {
          name: 'Another meeting',
          startDate: '2024-09-10',
          status: 'held',
          evidence: [{ exact: 'The ministers met.', field: '/startDate', ...more }],
        },
      ],
    })
    await create(s, '/v1/reports', report('One'))
    const { data } = await get(s, '/v1/evidence')
    expect(data).toMatchObject([{ field: '/startDate', value: '2024-09-10', direction: 'supports' }])
    expect((await get(s, '/v1/evidence?field=/startDate&direction=supports'))['data']).toHaveLength(1)
    expect((await get(s, '/v1/evidence?direction=disputes'))['data']).toHaveLength(0)
    expect((await get(s, `${meeting}/evidence`))['data']).toHaveLength(0)
  })
})

describe('lists', () => {
  test('of records know what is disputed, and lists of evidence know fields', async () => {
    const { s, source, cite, meeting } = await fixture()
    const other = await create(s, '/v1/meetings', { name: 'Other', startDate: '2024', status: 'held' })
    const disputed = async (value: boolean) =>
      ((await get(s, `/v1/meetings?disputed=${value}`))['data'] as Body[]).map(({ id }) => id)
    expect(await disputed(true)).toEqual([])
    const id = await source()
    await cite(id, { field: '/startDate', value: '2024-09-10' })
    await cite(id, { field: '/city' })
    expect(await disputed(true)).toEqual([meeting.split('/').at(-1)])
    expect(await disputed(false)).toEqual([other['id']])
    expect((await s.get('/v1/meetings?disputed=maybe')).status).toBe(400)
    const values = async (url: string) => ((await get(s, url))['data'] as Body[]).map(({ value }) => value)
    expect(await values(`${meeting}/evidence?field=/startDate`)).toEqual(['2024-09-10'])
    expect(await values('/v1/evidence?field=/startDate')).toEqual(['2024-09-10'])
    // A field whose name begins with it is another field.
    expect(await values(`${meeting}/evidence?field=/start`)).toEqual([])
    expect((await s.get(`${meeting}/evidence?fields=/city`)).status).toBe(400)
    const [first] = (await get(s, `${meeting}?include=evidence.source`))['evidence'] as Body[]
    expect(first).toMatchObject({ standing: 'current', source: { id, standing: 'current' } })
  })
})

describe('the origins of a record', () => {
  test('are sources that do not say the same words and do not depend on each other', async () => {
    const { s, source, cite, relate, trust } = await fixture()
    const [a, b, c] = [await source(), await source(), await source()]
    await cite(a)
    expect(await trust()).toEqual(['single-source', 1, []])
    await cite(b)
    expect(await trust()).toEqual(['corroborated', 2, []])
    for (const type of ['reprint-of', 'excerpt-of', 'version-of', 'based-on']) {
      const relation = await relate(a, type, b)
      expect([type, ...(await trust())]).toEqual([type, 'single-source', 1, []])
      await s.del(`/v1/sources/${a}/relations/${relation}`)
      expect([type, ...(await trust())]).toEqual([type, 'corroborated', 2, []])
    }
    // Both used a third, which is not cited.
    await relate(a, 'based-on', c)
    expect(await trust()).toEqual(['corroborated', 2, []])
    const { id } = (await relate(b, 'based-on', c).then((id) => ({ id }))) as { id: string }
    expect(await trust()).toEqual(['single-source', 1, []])
    await s.del(`/v1/sources/${b}/relations/${id}`)
    expect(await trust()).toEqual(['corroborated', 2, []])
    // A source of which the deletion takes its relations with it.
    const hub = await source()
    await relate(hub, 'based-on', a)
    await relate(hub, 'based-on', b)
    expect(await trust()).toEqual(['single-source', 1, []])
    expect((await s.del(`/v1/sources/${hub}`)).status).toBe(204)
    expect(await trust()).toEqual(['corroborated', 2, []])
  })

  test('are one for the same text under two publishers', async () => {
    const { source, cite, trust, organization } = await fixture()
    const [one, two] = [await organization('One'), await organization('Two')]
    await cite(await source({ text: TEXT, publisherId: one, url: 'https://one.example/' }))
    await cite(await source({ text: TEXT, publisherId: two, url: 'https://two.example/' }))
    expect(await trust()).toEqual(['single-source', 1, []])
  })

  test('of one publisher do not corroborate; unknown publishers are nobody', async () => {
    const { s, source, cite, trust, organization } = await fixture()
    const [one, two] = [await organization('One'), await organization('Two')]
    const [a, b] = [await source({ publisherId: one }), await source({ publisherId: one })]
    await cite(a)
    await cite(b)
    expect(await trust()).toEqual(['single-source', 2, []])
    await s.patch(`/v1/sources/${b}`, { publisherId: two })
    expect(await trust()).toEqual(['corroborated', 2, []])
    await s.patch(`/v1/sources/${b}`, { publisherId: one })
    expect(await trust()).toEqual(['single-source', 2, []])
    await s.patch(`/v1/sources/${b}`, { publisherId: null })
    expect(await trust()).toEqual(['corroborated', 2, []])
  })

  test('do not count inferences, disputes or retracted sources, which stay readable', async () => {
    const { s, source, cite, relate, trust, meeting } = await fixture()
    const [a, b, notice] = [await source(), await source(), await source()]
    await cite(a, { motivation: 'inference', note: 'By the date.' })
    expect(await trust()).toEqual(['unsupported', 0, []])
    const quote = await cite(a, { field: '/startDate' })
    await cite(b, { field: '/startDate', value: '2024-09-10' })
    expect(await trust()).toEqual(['single-source', 1, ['/startDate']])
    const relation = await relate(notice, 'retracts', a)
    expect(await trust()).toEqual(['unsupported', 0, ['/startDate']])
    expect(await get(s, `${meeting}/evidence/${quote['id']}`)).toEqual({ ...quote, standing: 'retracted' })
    await relate(notice, 'retracts', b)
    expect(await trust()).toEqual(['unsupported', 0, []])
    await s.del(`/v1/sources/${notice}/relations/${relation}`)
    expect(await trust()).toEqual(['single-source', 1, []])
    expect((await get(s, `${meeting}/evidence/${quote['id']}`))['standing']).toBe('current')
  })

  test('let the latest edition speak: a corrected issue does not dispute its correction', async () => {
    const { s, source, cite, relate, trust, claims, organization, meeting } = await fixture()
    const publisherId = await organization('Steppe Telegraph')
    const [first, again] = [await source({ publisherId }), await source({ publisherId })]
    const wrong = await cite(first, { field: '/startDate' })
    await cite(again, { field: '/startDate', value: '2024-09-10' })
    await relate(again, 'corrects', first)
    expect(await trust()).toEqual(['single-source', 1, ['/startDate']])
    await s.patch(meeting, { startDate: '2024-09-10' })
    expect(await trust()).toEqual(['single-source', 1, []])
    expect(await claims('/startDate')).toMatchObject([
      {
        value: '2024-09-10',
        origins: 1,
        alternatives: [{ value: '2024-09-11', evidenceIds: [wrong['id']] }],
      },
    ])
  })

  test('are two when another publisher corrects', async () => {
    const { source, cite, relate, trust, organization } = await fixture()
    const first = await source({ publisherId: await organization('One') })
    const other = await source({ publisherId: await organization('Two') })
    await cite(first)
    await cite(other)
    await relate(other, 'corrects', first)
    expect(await trust()).toEqual(['corroborated', 2, []])
  })
})

describe('the standing of a source', () => {
  test('follows from the relations that lead to it, the strongest first', async () => {
    const { s, source, relate } = await fixture()
    const [a, b] = [await source(), await source()]
    const standing = async () => (await get(s, `/v1/sources/${a}`))['standing']
    expect(await standing()).toBe('current')
    const relations: string[] = []
    for (const [type, expected] of [
      ['corrects', 'corrected'],
      ['questions', 'questioned'],
      ['retracts', 'retracted'],
    ] as const) {
      relations.push(await relate(b, type, a))
      expect(await standing()).toBe(expected)
    }
    expect((await get(s, '/v1/sources?standing=retracted'))['data'].map(({ id }: Body) => id)).toEqual([a])
    expect((await get(s, '/v1/sources?standing=current'))['data'].map(({ id }: Body) => id)).toEqual([b])
    for (const [expected, id] of [
      ['questioned', relations[2]],
      ['corrected', relations[1]],
      ['current', relations[0]],
    ]) {
      await s.del(`/v1/sources/${b}/relations/${id}`)
      expect(await standing()).toBe(expected)
    }
    expect((await s.patch(`/v1/sources/${a}`, { standing: 'retracted' })).status).toBe(422)
    expect(
      (await s.post('/v1/sources', { title: 'T', language: 'en', text: 'x', standing: 'current' })).status,
    ).toBe(400)
  })

  test('needs translations in another language, then and later', async () => {
    const { s, source } = await fixture()
    const [en, again, ru] = [await source(), await source(), await source({ language: 'ru' })]
    const relate = (from: string, targetId: string) =>
      s.post(`/v1/sources/${from}/relations`, { type: 'translation-of', targetId })
    expect((await relate(en, again)).body).toMatchObject({ status: 422, errors: [{ pointer: '/targetId' }] })
    expect((await relate(ru, en)).status).toBe(201)
    expect((await s.patch(`/v1/sources/${en}`, { language: 'ru' })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/language' }],
    })
    expect((await s.patch(`/v1/sources/${ru}`, { language: 'en' })).status).toBe(422)
    expect((await s.patch(`/v1/sources/${ru}`, { language: 'kk' })).status).toBe(200)
  })

  test('relations of sources form no cycles', async () => {
    const { s, source, relate } = await fixture()
    const [a, b, c] = [await source(), await source(), await source()]
    for (const type of ['reprint-of', 'based-on', 'corrects', 'retracts', 'questions']) {
      await relate(a, type, b)
      await relate(b, type, c)
      const closed = await s.post(`/v1/sources/${c}/relations`, { type, targetId: a })
      expect([type, closed.status]).toEqual([type, 422])
    }
  })
})

describe('the claims of a record', () => {
  test('have a row for every field that is not empty, with what supports and what disputes it', async () => {
    const { s, source, cite, claims, meeting } = await fixture()
    const [a, b, c] = [await source(), await source(), await source()]
    const one = await cite(a, { field: '/startDate' })
    const two = await cite(b, { field: '/startDate', value: '2024-09-11' })
    const three = await cite(c, { field: '/startDate', value: '2024-09-10' })
    await cite(c, { field: '/startDate', value: '2024-09' })
    const denial = await cite(c, { field: '/city', direction: 'disputes' })
    expect(await claims('/startDate')).toEqual([
      {
        field: '/startDate',
        value: '2024-09-11',
        support: 'corroborated',
        origins: 2,
        evidenceIds: [one['id'], two['id']],
        alternatives: [{ value: '2024-09-10', origins: 1, evidenceIds: [three['id']] }],
        disputedBy: [],
      },
    ])
    expect(await claims('/city')).toEqual([
      {
        field: '/city',
        value: 'Tashkent',
        support: 'unsupported',
        origins: 0,
        evidenceIds: [],
        alternatives: [],
        disputedBy: [denial['id']],
      },
    ])
    const all = (await get(s, `${meeting}/claims`))['data'] as Body[]
    const fields = all.map(({ field }) => field)
    expect(fields).toEqual(expect.arrayContaining(['/name', '/startDate', '/city', '/status']))
    for (const computed of ['/id', '/support', '/origins', '/version', '/createdAt', '/endDate', '/venue'])
      expect(fields).not.toContain(computed)
    expect((await s.get(`${meeting}/claims?field=/nothing`)).status).toBe(400)
    expect((await s.get('/v1/meetings/mtg_01gb6jc400ezz8kdnweefcy4dk/claims')).status).toBe(404)
  })

  test('have a row for each entry of a list, and one for entries that are gone', async () => {
    const { s, source, cite, claims, meeting } = await fixture()
    const floods = await cite(await source(), { field: '/agenda', value: { title: 'Floods' } })
    const ferries = await cite(await source(), { field: '/agenda', value: { position: 2 } })
    expect(await claims('/agenda')).toMatchObject([
      { value: { title: 'Floods' }, support: 'single-source', evidenceIds: [floods['id']] },
      { value: { title: 'Ferries' }, support: 'single-source', evidenceIds: [ferries['id']] },
    ])
    await s.patch(meeting, { agenda: [{ position: 1, title: 'Floods' }] })
    expect(await claims('/agenda')).toMatchObject([
      { value: { title: 'Floods' }, evidenceIds: [floods['id']] },
      { value: null, support: 'unsupported', alternatives: [{ value: { position: 2 }, origins: 1 }] },
    ])
  })

  test('count evidence of an object for the fields in it', async () => {
    const { s, source, cite, claims } = await fixture()
    const { id } = await create(s, '/v1/agreements', {
      title: 'Protocol',
      kind: 'protocol',
      entryIntoForce: { by: 'consent', condition: 'When all have consented.', consentsNeeded: 'all' },
    })
    const url = `/v1/agreements/${id}`
    const whole = await cite(await source(), { field: '/entryIntoForce' }, url)
    expect(whole['value']).toEqual({
      by: 'consent',
      condition: 'When all have consented.',
      consentsNeeded: 'all',
    })
    const part = await cite(await source(), { field: '/entryIntoForce', value: { by: 'signature' } }, url)
    expect(part['direction']).toBe('disputes')
    expect(await claims('/entryIntoForce/by', url)).toMatchObject([
      { value: 'consent', evidenceIds: [whole['id']], alternatives: [{ value: 'signature' }] },
    ])
    expect(await claims('/entryIntoForce/consentsNeeded', url)).toMatchObject([
      { value: 'all', evidenceIds: [whole['id']], alternatives: [] },
    ])
    expect((await get(s, url))['disputed']).toEqual(['/entryIntoForce'])
  })

  test('are also those of parts', async () => {
    const { s, source, cite, claims } = await fixture()
    const { id } = await create(s, '/v1/proposals', { title: 'P', proposedOn: '2024-09-12' })
    await create(s, '/v1/states', { code: 'KG', name: 'Kyrgyzstan' })
    const position = await create(s, `/v1/proposals/${id}/positions`, {
      stateCode: 'KG',
      position: 'supported',
      statedOn: '2024-09-12',
    })
    const url = `/v1/proposals/${id}/positions/${position['id']}`
    await cite(await source(), { field: '/position' }, url)
    expect(await claims('/position', url)).toMatchObject([{ value: 'supported', support: 'single-source' }])
    expect(await claims('/recordId', url).catch(() => 'refused')).toBe('refused')
  })
})

describe('a merge', () => {
  const merge = (s: Service, url: string, into: string) =>
    s.post(`${url}/merge?reason=Twice`, { into }, { 'if-match': '*' })

  test('turns a dropped value with a quote into a dispute', async () => {
    const { s, source, cite, trust, claims, meeting } = await fixture()
    const twin = `/v1/meetings/${
      (
        await create(s, '/v1/meetings', {
          name: 'Meeting of twelve',
          startDate: '2024-09-10',
          status: 'held',
          distinctFrom: [],
        })
      )['id']
    }`
    await cite(await source(), { field: '/startDate' })
    await cite(await source(), { field: '/startDate' }, twin)
    const merged = await merge(s, twin, meeting.split('/').at(-1) ?? '')
    expect([merged.status, merged.text]).toEqual([200, expect.any(String)])
    expect(await trust()).toEqual(['single-source', 1, ['/startDate']])
    expect(await claims('/startDate')).toMatchObject([
      { value: '2024-09-11', origins: 1, alternatives: [{ value: '2024-09-10', origins: 1 }] },
    ])
  })

  test('of sources counts the quotes of both as one origin', async () => {
    const { s, source, cite, trust } = await fixture()
    const a = await source()
    const b = await source({ text: `${TEXT} (1) And more.`, distinctFrom: [a] })
    await s.patch(`/v1/sources/${b}`, { distinctFrom: [] })
    await cite(a)
    await cite(b, { field: '/startDate' })
    expect(await trust()).toEqual(['corroborated', 2, []])
    const merged = await merge(s, `/v1/sources/${a}`, b)
    expect([merged.status, merged.text]).toEqual([200, expect.any(String)])
    expect(await trust()).toEqual(['single-source', 1, []])
  })

  test('of organizations moves the values of evidence too', async () => {
    const { s, source, cite, trust, claims, organization, meeting } = await fixture()
    const [one, two] = [await organization('Council A'), await organization('Council B')]
    await s.patch(meeting, { organizationId: one })
    await cite(await source(), { field: '/organizationId' })
    expect((await merge(s, `/v1/organizations/${one}`, two)).status).toBe(200)
    expect(await claims('/organizationId')).toMatchObject([{ value: two, origins: 1, alternatives: [] }])
    expect(await trust()).toEqual(['single-source', 1, []])
  })
})

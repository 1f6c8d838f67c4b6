// Evidence: quotes that support records, and the rejection of quotes that the source does not contain.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { locateQuote } from '../src/core/quotes.ts'
import { catalogue } from '../src/resources/index.ts'
import { service, type TestResponse } from './helpers/app.ts'

/** The part of a text between two code points, independent of the code under test. */
const select = (text: string, start: number, end: number) => [...text].slice(start, end).join('')
const count = (text: string) => [...text].length

/** A service with one source of this text, one speaker, and a function that cites the source for the speaker. */
async function withSource(text = 'A text.') {
  const api = await service()
  const sourceIds: string[] = []
  const addSource = async (title: string, words: string): Promise<string> => {
    // One text may contain another; a text that is already there is the same source.
    const { body } = await api.post('/v1/sources', {
      title,
      language: 'en',
      text: words,
      distinctFrom: sourceIds,
    })
    if (body['existingId']) return body['existingId']
    sourceIds.push(body['id'])
    return body['id']
  }
  const sourceId = await addSource('A report', text)
  const speaker = `/v1/speakers/${(await api.post('/v1/speakers', { name: 'A speaker' })).body['id']}`
  const cite = (body: Record<string, unknown>) =>
    api.post(`${speaker}/evidence`, { sourceId, motivation: 'quote', ...body })
  return { ...api, addSource, sourceId, source: `/v1/sources/${sourceId}`, speaker, cite }
}

const rangeOf = ({ body }: TestResponse) => [body['start'], body['end']]
const candidatesOf = ({ body }: TestResponse) =>
  body['candidates'] as { start: number; end: number; exact: string; prefix: string; suffix: string }[]

describe('a quote', () => {
  test('is found without offsets, and is read back with its position and its context', async () => {
    const { cite, get, sourceId } = await withSource(
      'The minister spoke. He proposed a working group. All agreed.',
    )
    const created = await cite({ exact: 'He proposed a working group.', assertion: 'proposed' })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({
      sourceId,
      motivation: 'quote',
      assertion: 'proposed',
      exact: 'He proposed a working group.',
      start: 20,
      end: 48,
      prefix: 'The minister spoke. ',
      suffix: ' All agreed.',
      note: null,
      version: 1,
    })
    const read = await get(String(created.headers['location']))
    expect(read.status).toBe(200)
    expect(read.body).toEqual(created.body)
    expect(read.headers['etag']).toBe(created.headers['etag'])
  })

  test('has the assertion `reported` by default', async () => {
    const { cite } = await withSource('A draft was announced.')
    expect((await cite({ exact: 'draft' })).body['assertion']).toBe('reported')
    expect((await cite({ exact: 'draft', assertion: 'certain' })).status).toBe(400)
  })

  const text = 'One two 😀 three 👩‍👩‍👧 four'
  const selectors = [
    ['both offsets', { exact: 'three', start: 10, end: 15 }],
    ['only start', { exact: 'three', start: 10 }],
    ['only end', { exact: 'three', end: 15 }],
    ['neither', { exact: 'three' }],
  ] as const

  test('has the same position with both offsets, only start, only end, or neither', async () => {
    const { cite } = await withSource(text)
    expect(select(text, 10, 15)).toBe('three')
    for (const [what, body] of selectors) {
      const created = await cite(body)
      expect([what, created.status, ...rangeOf(created)]).toEqual([what, 201, 10, 15])
    }
  })

  const counted = [
    ['an emoji before the quote', '😀😀 peace and security', 'peace'],
    ['an emoji inside the quote', 'they said 🕊️ peace 🕊️ first', '🕊️ peace 🕊️'],
    ['an emoji alone', 'so 😀 it is', '😀'],
    ['a family joined by zero-width joiners', 'a 👩‍👩‍👧 came', '👩‍👩‍👧'],
    ['a rare Chinese character beyond the BMP', '他姓𠮷野。上海合作组织', '上海合作组织'],
    ['Chinese', '上海合作组织成员国国防部长会议在塔什干举行。', '国防部长会议'],
    ['Cyrillic', 'Министр обороны России Сергей Шойгу предложил повысить потенциал ШОС.', 'Сергей Шойгу'],
    ['combining marks', 'le cafe\u0301 de\u0301fense', 'cafe\u0301'],
    ['the base of a combining mark, without the mark', 'le cafe\u0301', 'cafe'],
    ['a CRLF before the quote', 'Line one\r\nLine two\r\n', 'Line two'],
    ['a CRLF inside the quote', 'Line one\r\nLine two\r\n', 'one\r\nLine'],
    ['several line breaks', 'first\n\nsecond\n\n\nthird', 'second\n\n\nthird'],
    ['white space at its ends', 'one  two  three', '  two  '],
    ['the very start', 'TASHKENT, 24 Aug.', 'TASHKENT'],
    ['the very end', 'TASHKENT, 24 Aug.', '24 Aug.'],
    ['the whole text', '😀 whole', '😀 whole'],
    ['a byte order mark before it', '\ufeffhello', 'hello'],
  ] as const

  test('has offsets in code points, for every kind of text', async () => {
    const { cite, get, addSource } = await withSource()
    for (const [what, words, exact] of counted) {
      const sourceId = await addSource(what, words)
      const created = await cite({ sourceId, exact })
      const start = count(words.slice(0, words.indexOf(exact)))
      const end = start + count(exact)
      expect({ what, status: created.status, ...created.body }).toMatchObject({
        what,
        status: 201,
        start,
        end,
        prefix: select(words, Math.max(0, start - 32), start),
        suffix: select(words, end, end + 32),
      })
      const stored = (await get(`/v1/sources/${sourceId}`)).body['text']
      expect(stored).toBe(words)
      expect(select(stored, start, end)).toBe(exact)
    }
  })

  const wrong = [
    ['one later', { start: 5, end: 10 }],
    ['too short', { start: 4, end: 8 }],
    ['too long', { start: 4, end: 10 }],
    ['past the end of the text', { start: 4, end: 500 }],
    ['turned round', { start: 9, end: 4 }],
    ['counted in UTF-16 units', { start: 5, end: 10 }],
    ['a start far past the text', { start: 999_999 }],
    ['an end that leaves no room', { end: 2 }],
  ] as const

  test('with wrong offsets is rejected with the correct ones', async () => {
    const { cite, get, speaker } = await withSource('😀 a peace')
    for (const [what, offsets] of wrong) {
      const { status, body } = await cite({ exact: 'peace', ...offsets })
      expect({ what, status, ...body }).toMatchObject({
        what,
        status: 422,
        type: '/problems/quote-absent',
        candidates: [{ start: 4, end: 9, exact: 'peace', prefix: '😀 a ', suffix: '' }],
      })
    }
    expect((await get(`${speaker}/evidence`)).body['data']).toEqual([])
  })

  test('at the end of the text is rejected when its end is past the end of the text', async () => {
    const { cite } = await withSource('so be it')
    expect((await cite({ exact: 'it', start: 6, end: 8 })).status).toBe(201)
    for (const end of [9, 10, 1_000_000]) {
      const refused = await cite({ exact: 'it', start: 6, end })
      expect([end, refused.status]).toEqual([end, 422])
      expect(candidatesOf(refused)).toMatchObject([{ start: 6, end: 8 }])
    }
  })

  test('with malformed offsets is rejected with 400', async () => {
    const { cite } = await withSource('a text')
    for (const start of [-1, 0.5, '0', null, 1e9, true]) {
      expect([start, (await cite({ exact: 'a', start })).status]).toEqual([start, 400])
    }
    expect((await cite({ exact: '' })).status).toBe(400)
    expect((await cite({})).status).toBe(400)
  })
})

describe('a quote that the source does not contain', () => {
  test('is rejected, without candidates when nothing is similar', async () => {
    const { cite, get, speaker } = await withSource('He announced a draft.')
    const refused = await cite({ exact: 'was signed' })
    expect([refused.status, refused.body['type']]).toEqual([422, '/problems/quote-absent'])
    expect(refused.body['errors']).toEqual([{ pointer: '/exact', detail: expect.any(String) }])
    expect(candidatesOf(refused)).toEqual([])
    expect((await get(`${speaker}/evidence`)).body['data']).toEqual([])
    expect((await get(speaker)).body).toMatchObject({ support: 'unsupported', version: 1 })
  })

  const similar = [
    ['case', 'The Minister spoke', 'the minister', 'The Minister'],
    ['case, Cyrillic', 'Министр Обороны сказал', 'министр обороны', 'Министр Обороны'],
    ['one space for two', 'in  the   sphere', 'in the sphere', 'in  the   sphere'],
    ['a space for a line break', 'military\nsphere', 'military sphere', 'military\nsphere'],
    ['a no-break space', 'military\u00a0sphere', 'military sphere', 'military\u00a0sphere'],
    ['white space around it', 'the sphere is', ' \n the sphere\t\n ', 'the sphere'],
    ['straight for curly quotes', 'the SCO’s “potential”', 'the SCO\'s "potential"', 'the SCO’s “potential”'],
    ['curly for straight quotes', 'the SCO\'s "plan"', 'the SCO’s “plan”', 'the SCO\'s "plan"'],
    ['guillemets', 'сказал «мир»', 'сказал "мир"', 'сказал «мир»'],
    ['a hyphen for a dash', '24 Aug – RIA', '24 Aug - RIA', '24 Aug – RIA'],
    ['LF for CRLF', 'Line one\r\nLine two', 'one\nLine', 'one\r\nLine'],
    ['CRLF for LF', 'Line one\nLine two', 'one\r\nLine', 'one\nLine'],
    ['NFC for NFD', 'le cafe\u0301 noir', 'caf\u00e9', 'cafe\u0301'],
    ['NFD for NFC', 'le caf\u00e9 noir', 'cafe\u0301', 'caf\u00e9'],
    ['a missing accent', 'le caf\u00e9 noir', 'cafe noir', 'caf\u00e9 noir'],
    ['a ligature', 'an e\ufb03cient group', 'efficient', 'e\ufb03cient'],
    ['full-width letters', 'the ＳＣＯ met', 'SCO', 'ＳＣＯ'],
    ['after an emoji', '😀😀 The Minister', 'the minister', 'The Minister'],
  ] as const

  test('is rejected with similar passages as candidates, which can be sent unchanged', async () => {
    const { cite, addSource } = await withSource()
    for (const [what, words, exact, meant] of similar) {
      const sourceId = await addSource(what, words)
      const refused = await cite({ sourceId, exact })
      const start = count(words.slice(0, words.indexOf(meant)))
      const end = start + count(meant)
      expect({ what, ...refused.body }).toMatchObject({
        what,
        status: 422,
        type: '/problems/quote-absent',
        candidates: [{ start, end, exact: meant }],
      })
      const created = await cite({ sourceId, ...candidatesOf(refused)[0] })
      expect([what, created.status, ...rangeOf(created)]).toEqual([what, 201, start, end])
    }
  })
})

describe('a quote that the source contains more than once', () => {
  const words = '😀 peace, peace and peace again'

  test('is rejected with the offsets of every occurrence', async () => {
    const { cite } = await withSource(words)
    const refused = await cite({ exact: 'peace' })
    expect([refused.status, refused.body['type']]).toEqual([422, '/problems/quote-ambiguous'])
    expect(candidatesOf(refused).map(({ start, end }) => [start, end])).toEqual([
      [2, 7],
      [9, 14],
      [19, 24],
    ])
    for (const { start, end, exact } of candidatesOf(refused)) expect(select(words, start, end)).toBe(exact)
  })

  const apart = [
    ['a prefix', { prefix: 'and ' }, 19],
    ['a suffix', { suffix: ', ' }, 2],
    ['both', { prefix: ', ', suffix: ' and' }, 9],
    ['offsets', { start: 9, end: 14 }, 9],
    ['its start', { start: 19 }, 19],
    ['its end', { end: 7 }, 2],
    ['offsets and context that agree', { start: 9, end: 14, prefix: ', ', suffix: ' and' }, 9],
  ] as const

  test('is identified by a prefix, a suffix, both, or offsets', async () => {
    const { cite } = await withSource(words)
    for (const [what, selector, start] of apart) {
      const created = await cite({ exact: 'peace', ...selector })
      expect([what, created.status, ...rangeOf(created)]).toEqual([what, 201, start, start + 5])
    }
  })

  test('is identified by the offsets, or the prefix and suffix, of any candidate', async () => {
    const { cite } = await withSource(words)
    for (const { exact, start, end, prefix, suffix } of candidatesOf(await cite({ exact: 'peace' }))) {
      expect(rangeOf(await cite({ exact, start, end }))).toEqual([start, end])
      expect(rangeOf(await cite({ exact, prefix, suffix }))).toEqual([start, end])
    }
  })

  test('stays ambiguous when the prefix matches several occurrences, and only these are listed', async () => {
    const { cite } = await withSource('a peace, a peace and the peace')
    const refused = await cite({ exact: 'peace', prefix: 'a ' })
    expect(refused.body['type']).toBe('/problems/quote-ambiguous')
    expect(candidatesOf(refused).map(({ start }) => start)).toEqual([2, 11])
  })

  test('is absent when no occurrence has the prefix, and all occurrences are listed', async () => {
    const { cite } = await withSource(words)
    const refused = await cite({ exact: 'peace', prefix: 'war and ' })
    expect(refused.body['type']).toBe('/problems/quote-absent')
    expect(candidatesOf(refused).map(({ start }) => start)).toEqual([2, 9, 19])
  })

  test('is rejected when offsets and context disagree', async () => {
    const { cite } = await withSource(words)
    expect((await cite({ exact: 'peace', start: 2, end: 7, prefix: 'and ' })).status).toBe(422)
    expect((await cite({ exact: 'peace', start: 2, end: 7, suffix: ' and' })).status).toBe(422)
  })

  test('may overlap itself: "aaa" contains "aa" twice', async () => {
    const { cite } = await withSource('aaa')
    const refused = await cite({ exact: 'aa' })
    expect(refused.body['type']).toBe('/problems/quote-ambiguous')
    expect(candidatesOf(refused).map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [1, 3],
    ])
    expect(rangeOf(await cite({ exact: 'aa', start: 1 }))).toEqual([1, 3])
    expect(rangeOf(await cite({ exact: 'aa', prefix: 'a' }))).toEqual([1, 3])
    expect(rangeOf(await cite({ exact: 'aa', suffix: 'a' }))).toEqual([0, 2])
  })
})

describe('an inference', () => {
  test('requires a note with its reasoning', async () => {
    const { cite } = await withSource('said Shoigu on Wednesday')
    const inference = { exact: 'on Wednesday', motivation: 'inference' }
    for (const note of [undefined, null]) {
      const refused = await cite({ ...inference, note })
      expect(refused.status).toBe(422)
      expect(refused.body['errors']).toMatchObject([{ pointer: '/note' }])
    }
    for (const note of ['', '   \n']) expect((await cite({ ...inference, note })).status).toBe(400)
    const created = await cite({ ...inference, note: '24 August 2022 was a Wednesday.' })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ motivation: 'inference', note: '24 August 2022 was a Wednesday.' })
  })

  test('is checked against the text like a quote', async () => {
    const { cite } = await withSource('said Shoigu on Wednesday')
    const refused = await cite({ exact: 'on Thursday', motivation: 'inference', note: 'Because.' })
    expect(refused.status).toBe(422)
    expect(refused.body['type']).toBe('/problems/quote-absent')
  })

  test('is one of two motivations; any other is rejected with 400', async () => {
    const { cite } = await withSource('a text')
    expect((await cite({ exact: 'a', motivation: 'linking' })).status).toBe(400)
    expect((await cite({ exact: 'a', motivation: undefined })).status).toBe(400)
  })
})

describe('support', () => {
  test('is derived from the number of sources, and changes version and ETag of the record only when it changes', async () => {
    const { cite, get, del, speaker, addSource } = await withSource('He spoke. He left.')
    const second = await addSource('Another report', 'He spoke, they say.')
    const state = async () => {
      const { body, headers } = await get(speaker)
      return { support: body['support'], version: body['version'], etag: headers['etag'], body }
    }
    const unsupported = await state()
    expect(unsupported).toMatchObject({ support: 'unsupported', version: 1 })

    const why = { motivation: 'inference', note: 'It follows.' }
    const inferred = await cite({ exact: 'He left.', ...why })
    expect(await state()).toEqual(unsupported)

    const first = await cite({ exact: 'He spoke' })
    const single = await state()
    expect(single).toMatchObject({ support: 'single-source', version: 2 })
    expect(single.etag).not.toBe(unsupported.etag)

    const again = await cite({ exact: 'He left.' })
    expect(await state()).toEqual(single)
    await cite({ exact: 'they say', sourceId: second, ...why })
    expect(await state()).toEqual(single)

    const other = await cite({ exact: 'He spoke', sourceId: second })
    expect(await state()).toMatchObject({ support: 'corroborated', version: 3 })

    for (const [created, support, version] of [
      [inferred, 'corroborated', 3],
      [other, 'single-source', 4],
      [again, 'single-source', 4],
      [first, 'unsupported', 5],
    ] as const) {
      expect((await del(String(created.headers['location']))).status).toBe(204)
      expect(await state()).toMatchObject({ support, version })
    }
  })

  test('without quotes is `cited`, if the record names pages', async () => {
    const { cite, get, patch, del, speaker } = await withSource('He spoke. He left.')
    const support = async () => (await get(speaker)).body['support']
    const sources = [{ url: 'https://example.org/a' }]
    expect((await patch(speaker, { sources })).body['support']).toBe('cited')
    await cite({ exact: 'He left.', motivation: 'inference', note: 'It follows.' })
    expect(await support()).toBe('cited')
    const quote = await cite({ exact: 'He spoke' })
    expect(await support()).toBe('single-source')
    await del(String(quote.headers['location']))
    expect(await support()).toBe('cited')
    const { body } = await patch(speaker, { sources: [] })
    expect([body['support'], body['origins']]).toEqual(['unsupported', 0])
  })

  test('of a new record is `cited`, if it names pages; identifiers are none', async () => {
    const { post } = await withSource('He spoke.')
    const create = async (more: object) =>
      (await post('/v1/speakers', { name: 'B', ...more })).body['support']
    expect(await create({ sources: [{ url: 'https://example.org/b' }] })).toBe('cited')
    expect(await create({ name: 'C', identifiers: [{ scheme: 'wikidata', identifier: 'Q1' }] })).toBe(
      'unsupported',
    )
  })

  test('cannot be written by clients', async () => {
    const { post, patch, get, speaker } = await withSource('a text')
    expect((await post('/v1/speakers', { name: 'B', support: 'corroborated' })).status).toBe(400)
    expect((await patch(speaker, { support: 'corroborated' })).status).toBe(422)
    expect((await get(speaker)).body).toMatchObject({ support: 'unsupported', version: 1 })
  })

  test('changes the ETag, so that a PATCH with the ETag from before the evidence gets 412', async () => {
    const { cite, get, patch, speaker } = await withSource('a text')
    const etag = String((await get(speaker)).headers['etag'])
    await cite({ exact: 'text' })
    expect((await patch(speaker, { name: 'B' }, { 'if-match': etag })).status).toBe(412)
  })
})

describe('evidence', () => {
  test('is listed oldest first, read by id, and returns 410 after its deletion', async () => {
    const { cite, get, del, speaker } = await withSource('one two three')
    const created = [await cite({ exact: 'three' }), await cite({ exact: 'one' })]
    const listed = await get(`${speaker}/evidence`)
    expect(listed.body['data']).toEqual(created.map(({ body }) => body))
    const location = String(created[0]?.headers['location'])
    expect((await del(location, { 'if-match': '"9.stale"' })).status).toBe(412)
    expect((await del(location)).status).toBe(204)
    expect((await get(location)).status).toBe(410)
    expect((await del(location)).status).toBe(410)
    expect((await get(`${speaker}/evidence`)).body['data']).toEqual([created[1]?.body])
  })

  test('of one record is not found under another record', async () => {
    const { cite, get, post, del, speaker } = await withSource('one two')
    const { body } = await cite({ exact: 'one' })
    const other = `/v1/speakers/${(await post('/v1/speakers', { name: 'B' })).body['id']}`
    expect((await get(`${other}/evidence/${body['id']}`)).status).toBe(404)
    expect((await del(`${other}/evidence/${body['id']}`)).status).toBe(404)
    expect((await get(`${speaker}/evidence/${body['id']}`)).status).toBe(200)
  })

  test('of an unknown source is rejected with 422, of an unknown record with 404', async () => {
    const { cite, post, sourceId } = await withSource('one two')
    const unknown = await cite({ exact: 'one', sourceId: 'src_01gb6jc400ezz8kdnweefcy4dk' })
    expect([unknown.status, unknown.body['type']]).toEqual([422, '/problems/unknown-reference'])
    expect(unknown.body['errors']).toMatchObject([{ pointer: '/sourceId' }])
    const missing = '/v1/speakers/spk_01gb6jc400ezz8kdnweefcy4dk/evidence'
    expect((await post(missing, { sourceId, motivation: 'quote', exact: 'one' })).status).toBe(404)
  })

  test('is deleted with its record; then its source can be deleted', async () => {
    const { cite, get, del, speaker, source } = await withSource('one two')
    const { headers } = await cite({ exact: 'one' })
    const refused = await del(source)
    expect([refused.status, refused.body['type']]).toEqual([409, '/problems/referenced'])
    expect(refused.body['referencedBy']).toMatchObject([{ kind: 'evidence' }])
    expect((await del(speaker)).status).toBe(204)
    expect((await get(String(headers['location']))).status).toBe(410)
    expect((await del(source)).status).toBe(204)
  })

  test('can be added to each of the nine resources', async () => {
    const { get, post, del } = await service({ seed: true })
    expect(catalogue.resources.map(({ path }) => path).sort()).toEqual(
      'agreements meetings organizations proposals sources speakers statements states topics'.split(' '),
    )
    const sourceId = (await get('/v1/sources')).body['data'][0].id
    for (const { path } of catalogue.resources) {
      const id = (await get(`/v1/${path}?limit=1`)).body['data'][0].id
      const collection = `/v1/${path}/${id}/evidence`
      const before = (await get(collection)).body['data'].length
      const created = await post(collection, { sourceId, motivation: 'quote', exact: 'Archive photo' })
      expect([path, created.status]).toEqual([path, 201])
      expect(created.headers['location']).toBe(`/v1/evidence/${created.body['id']}`)
      expect(created.body).toMatchObject({ recordKind: path.slice(0, -1), recordId: id })
      expect((await get(`${collection}/${created.body['id']}`)).body).toEqual(created.body)
      expect((await get(collection)).body['data']).toHaveLength(before + 1)
      expect((await get(`/v1/${path}/${id}`)).body['support']).toBe('single-source')
      expect((await del(`${collection}/${created.body['id']}`)).status).toBe(204)
      expect((await get(collection)).body['data']).toHaveLength(before)
    }
  })

  test('of a topic or a state can be addressed by slug or code', async () => {
    const { get, post } = await service({ seed: true })
    const sourceId = (await get('/v1/sources')).body['data'][0].id
    for (const record of ['/v1/topics/counter-uav', '/v1/states/UZ']) {
      const created = await post(`${record}/evidence`, { sourceId, motivation: 'quote', exact: 'TASHKENT' })
      expect([record, created.status]).toEqual([record, 201])
      const { id } = (await get(record)).body
      expect(created.body['recordId']).toBe(id)
      const listed = (await get(`${record}/evidence`)).body['data'] as { id: string }[]
      expect(listed.map((evidence) => evidence.id)).toContain(created.body['id'])
    }
  })
})

describe('the text of a source', () => {
  const words = 'Шойгу 😀 said\r\n“peace”'

  test('has the SHA-256 of its UTF-8 bytes, which clients cannot write', async () => {
    const { get, patch, post, source } = await withSource(words)
    const sha256 = createHash('sha256').update(Buffer.from(words, 'utf8')).digest('hex')
    expect((await get(source)).body).toMatchObject({ text: words, sha256 })
    expect((await patch(source, { sha256: '0'.repeat(64) })).status).toBe(422)
    const body = { title: 'T', language: 'en', text: 'x', sha256 }
    expect((await post('/v1/sources', body)).status).toBe(400)
  })

  test('can change while it is not cited, and its hash changes with it', async () => {
    const { patch, source } = await withSource(words)
    const { status, body } = await patch(source, { text: 'other' })
    expect(status).toBe(200)
    expect(body['sha256']).toBe(createHash('sha256').update('other').digest('hex'))
  })

  test('cannot change once it is cited (409), but its other fields can', async () => {
    const { patch, get, cite, source } = await withSource(words)
    await cite({ exact: '“peace”' })
    const before = await get(source)
    for (const text of ['other', `${words} `, words.replace('\r\n', '\n')]) {
      const refused = await patch(source, { text, title: 'Another title' })
      expect([refused.status, refused.body['type']]).toEqual([409, '/problems/source-cited'])
    }
    expect((await get(source)).body).toEqual(before.body)
    const same = await patch(source, { text: words })
    expect([same.status, same.headers['etag']]).toEqual([200, before.headers['etag']])
    const titled = await patch(source, {
      title: 'Another title',
      language: 'ru',
      url: 'https://example.org/a',
    })
    expect(titled.status).toBe(200)
    expect(titled.body).toMatchObject({ title: 'Another title', text: words, version: 2 })
  })

  test('can change again after the last evidence is deleted', async () => {
    const { patch, del, cite, source } = await withSource(words)
    const created = [
      await cite({ exact: 'said' }),
      await cite({ exact: '😀', motivation: 'inference', note: 'N' }),
    ]
    for (const { headers } of created) {
      expect((await patch(source, { text: 'other' })).status).toBe(409)
      await del(String(headers['location']))
    }
    expect((await patch(source, { text: 'other' })).status).toBe(200)
  })
})

describe('the annotations of a source', () => {
  const words = '😀 One.\r\nDeux cafe\u0301s. 三。 Четыре.'

  test('are W3C Web Annotations whose selectors select the text', async () => {
    const { get, post, cite, source, speaker } = await withSource(words)
    await cite({ exact: 'Четыре.', assertion: 'announced' })
    await cite({ exact: 'One.\r\nDeux', motivation: 'inference', note: 'Both were counted.' })
    await cite({ exact: '三', field: '/name', direction: 'disputes' })
    const statement = await post('/v1/statements', {
      contributors: [{ role: 'author', speakerId: speaker.split('/').at(-1) }],
      kind: 'direct',
      text: 'Four.',
    })
    await post(`/v1/statements/${statement.body['id']}/evidence`, {
      sourceId: source.split('/').at(-1),
      motivation: 'quote',
      exact: 'cafe\u0301s',
    })
    const { status, headers, body } = await get(`${source}/annotations`)
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^application\/ld\+json\b/)
    expect(headers['content-type']).toContain('profile="http://www.w3.org/ns/anno.jsonld"')
    expect(body).toMatchObject({ '@context': 'http://www.w3.org/ns/anno.jsonld', type: 'AnnotationPage' })
    const items = body['items'] as TestResponse['body'][]
    expect(items).toHaveLength(4)
    const starts: number[] = []
    for (const { id, type, motivation, body: bodies, target } of items) {
      expect(type).toBe('Annotation')
      expect(target.source).toBe(source)
      const [quote, position] = target.selector
      expect([quote.type, position.type]).toEqual(['TextQuoteSelector', 'TextPositionSelector'])
      expect(select(words, position.start, position.end)).toBe(quote.exact)
      expect(select(words, 0, position.start).endsWith(quote.prefix)).toBe(true)
      expect(select(words, position.end, count(words)).startsWith(quote.suffix)).toBe(true)
      starts.push(position.start)
      const evidence = (await get(id)).body
      expect(evidence).toMatchObject({ exact: quote.exact, start: position.start, end: position.end })
      expect(motivation).toBe(evidence['motivation'] === 'inference' ? 'assessing' : 'linking')
      const about = bodies.find((part: { purpose: string }) => part.purpose === 'linking')
      expect((await get(about.source)).body['id']).toBe(evidence['recordId'])
      expect(about.selector).toEqual(
        evidence['field'] === ''
          ? undefined
          : {
              type: 'FragmentSelector',
              conformsTo: 'http://tools.ietf.org/rfc/rfc6901',
              value: evidence['field'],
            },
      )
      expect(bodies).toContainEqual({ type: 'TextualBody', purpose: 'tagging', value: evidence['direction'] })
      expect(bodies).toContainEqual({ type: 'TextualBody', purpose: 'tagging', value: evidence['assertion'] })
      if (evidence['note'])
        expect(bodies).toContainEqual({ type: 'TextualBody', purpose: 'commenting', value: evidence['note'] })
    }
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  })

  test('contain all evidence of the source and nothing else', async () => {
    const { get, cite, addSource, source } = await withSource(words)
    const other = await addSource('Another', 'One.')
    await cite({ exact: 'One.' })
    await cite({ exact: 'One.', sourceId: other })
    expect((await get(`${source}/annotations`)).body['items']).toHaveLength(1)
    expect((await get(`/v1/sources/${other}/annotations`)).body['items']).toHaveLength(1)
    expect((await get('/v1/sources/src_01gb6jc400ezz8kdnweefcy4dk/annotations')).status).toBe(404)
  })

  test('have an ETag that changes when evidence is added', async () => {
    const { get, cite, source } = await withSource(words)
    const etag = String((await get(`${source}/annotations`)).headers['etag'])
    expect((await get(`${source}/annotations`, { 'if-none-match': etag })).status).toBe(304)
    await cite({ exact: 'One.' })
    expect((await get(`${source}/annotations`, { 'if-none-match': etag })).status).toBe(200)
  })
})

describe('locateQuote, in the longest text that a source may have', () => {
  test('finds a long quote that overlaps itself everywhere', () => {
    const located = locateQuote('a'.repeat(1_000_000), { exact: 'a'.repeat(50_000) })
    expect(located).toMatchObject({
      found: false,
      reason: 'ambiguous',
      detail: "The source's text contains this quote 950001 times.",
    })
  })

  test('lists similar passages for a quote that is absent', () => {
    const text = `${'The quick brown fox. '.repeat(45_000)}The end`
    const located = locateQuote(text, { exact: 'fox.  the END' })
    expect(located).toMatchObject({
      found: false,
      reason: 'absent',
      candidates: [{ start: text.length - 12, end: text.length, exact: 'fox. The end' }],
    })
  })
})

describe('locateQuote, for any text and any slice of it', () => {
  /** A few characters of many kinds, so that slices repeat and overlap; sometimes any text. */
  const unit = fc.constantFrom(
    ...[
      'a',
      'b',
      'A',
      ' ',
      '\n',
      '\r\n',
      '\u00a0',
      'é',
      'e\u0301',
      '’',
      "'",
      '“',
      '–',
      '😀',
      'Ж',
      'ж',
      '中',
      '𠮷',
    ],
    ...['\u200d', 'ﬁ', 'f', '각', '가', '½', '1', 'İ', 'ß', '\u0301'],
  )
  const texts = fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit, minLength: 1, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }) },
  )
  const slices = texts.chain((text) =>
    fc
      .tuple(fc.nat(count(text) - 1), fc.integer({ min: 1, max: 6 }))
      .map(([start, length]) => ({ text, start, end: Math.min(start + length, count(text)) })),
  )
  const occurrencesOf = (text: string, exact: string) => {
    const points = [...text]
    const length = count(exact)
    return [...points.keys()].filter((start) => points.slice(start, start + length).join('') === exact)
  }

  test('finds a slice at its own offsets', () => {
    fc.assert(
      fc.property(slices, ({ text, start, end }) => {
        const exact = select(text, start, end)
        for (const offsets of [{ start, end }, { start }, { end }]) {
          expect(locateQuote(text, { exact, ...offsets })).toMatchObject({ found: true, start, end })
        }
      }),
      { numRuns: 500 },
    )
  })

  test('reports a slice as absent at other offsets unless it also occurs there', () => {
    fc.assert(
      fc.property(slices, fc.nat(50), fc.nat(50), ({ text, start, end }, from, to) => {
        const exact = select(text, start, end)
        const there = to - from === end - start && select(text, from, to) === exact && to <= count(text)
        expect(locateQuote(text, { exact, start: from, end: to }).found).toBe(there)
      }),
      { numRuns: 500 },
    )
  })

  test('finds a slice without offsets, or reports it as ambiguous with all occurrences', () => {
    fc.assert(
      fc.property(slices, ({ text, start, end }) => {
        const exact = select(text, start, end)
        const all = occurrencesOf(text, exact)
        const located = locateQuote(text, { exact })
        if (located.found) {
          expect([located.start]).toEqual(all)
          expect(select(text, located.start, located.end)).toBe(exact)
        } else {
          expect(located.reason).toBe('ambiguous')
          expect(located.candidates.map((candidate) => candidate.start)).toEqual(all)
          for (const candidate of located.candidates)
            expect(select(text, candidate.start, candidate.end)).toBe(exact)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('finds a slice by the whole text before and after it', () => {
    fc.assert(
      fc.property(slices, ({ text, start, end }) => {
        const exact = select(text, start, end)
        const prefix = select(text, 0, start)
        const suffix = select(text, end, count(text))
        expect(locateQuote(text, { exact, prefix, suffix })).toMatchObject({ found: true, start, end })
      }),
      { numRuns: 300 },
    )
  })

  test('reports a quote that does not occur as absent, with candidates that can be sent unchanged', () => {
    const recased = slices.map(({ text, start, end }) => ({
      text,
      exact: select(text, start, end).toUpperCase().normalize('NFC').replace(/\s+/g, ' '),
    }))
    fc.assert(
      fc.property(fc.oneof(recased, fc.record({ text: texts, exact: texts })), ({ text, exact }) => {
        fc.pre(exact !== '' && !text.includes(exact))
        const located = locateQuote(text, { exact })
        expect(located).toMatchObject({ found: false, reason: 'absent' })
        if (located.found) return
        for (const { exact: words, start, end } of located.candidates) {
          expect(words).not.toBe('')
          expect(locateQuote(text, { exact: words, start, end }).found).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

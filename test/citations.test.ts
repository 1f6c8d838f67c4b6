// Sources as CSL-JSON, RIS and BibTeX.
import { describe, expect, test } from 'vitest'
import { bibtexOf, type CslItem, cslOf, risOf } from '../src/records/read/citations.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

async function newsReport(s: Service): Promise<Body> {
  const publisher = await create(s, '/v1/organizations', {
    name: 'Riverside Post',
    classification: 'media',
  })
  return create(s, '/v1/sources', {
    title: 'Twelve gauges for the Syr Darya',
    classification: 'news',
    authors: ['Anna Ivanova', 'B. Li'],
    containerTitle: 'The Weekend Post',
    place: 'Khujand',
    publisherId: publisher['id'],
    publishedOn: '2025-04-15',
    language: 'en',
    url: 'https://riverside.example/gauges?a=1%202&b_c=#d',
    archivedUrl: 'https://web.archive.org/web/2026/https://riverside.example/gauges',
    retrievedAt: '2026-11-29T10:00:00Z',
    text: 'KHUJAND …',
  })
}

const CSL = {
  type: 'article-newspaper',
  title: 'Twelve gauges for the Syr Darya',
  author: [{ literal: 'Anna Ivanova' }, { literal: 'B. Li' }],
  'container-title': 'The Weekend Post',
  publisher: 'Riverside Post',
  'publisher-place': 'Khujand',
  issued: '2025-04-15',
  accessed: '2026-11-29',
  URL: 'https://riverside.example/gauges?a=1%202&b_c=#d',
  language: 'en',
  note: 'Archived: https://web.archive.org/web/2026/https://riverside.example/gauges',
}

describe('citations', () => {
  test('of the list and of a record are CSL-JSON, by format and by Accept', async () => {
    const s = await service()
    const { id } = await newsReport(s)
    const accept = 'application/vnd.citationstyles.csl+json'
    for (const [url, headers] of [
      ['/v1/sources.csl.json', {}],
      [`/v1/sources/${id}/citation.csl.json`, {}],
      ['/v1/sources', { accept }],
      [`/v1/sources/${id}`, { accept }],
    ] as const) {
      const response = await s.get(url, headers)
      expect(response.headers['content-type'], url).toContain(accept)
      expect(response.body, url).toEqual([{ id, ...CSL }])
    }
    expect((await s.get(`/v1/sources/${id}`, { accept: 'text/html, */*' })).body['id']).toBe(id)
  })

  test('are RIS: one tag on a line, CRLF, and an end', async () => {
    const s = await service()
    const { id } = await newsReport(s)
    const expected = [
      'TY  - NEWS',
      `ID  - ${id}`,
      'TI  - Twelve gauges for the Syr Darya',
      'AU  - Anna Ivanova',
      'AU  - B. Li',
      'T2  - The Weekend Post',
      'PB  - Riverside Post',
      'CY  - Khujand',
      'PY  - 2025',
      'DA  - 2025/04/15',
      'LA  - en',
      'UR  - https://riverside.example/gauges?a=1%202&b_c=#d',
      'Y2  - 2026/11/29',
      'N1  - Archived: https://web.archive.org/web/2026/https://riverside.example/gauges',
      'ER  - ',
    ]
    for (const url of ['/v1/sources.ris', `/v1/sources/${id}/citation.ris`]) {
      const { text, headers } = await s.get(url)
      expect(headers['content-type']).toContain('application/x-research-info-systems')
      expect(text).toBe(`${expected.join('\r\n')}\r\n\r\n`)
    }
    expect((await s.get('/v1/sources.ris')).headers['content-disposition']).toContain('sources.ris')
  })

  test('are BibTeX with the id as key', async () => {
    const s = await service()
    const { id } = await newsReport(s)
    const { text, headers } = await s.get(`/v1/sources/${id}`, { accept: 'application/x-bibtex' })
    expect(headers['content-type']).toContain('application/x-bibtex')
    expect(text.startsWith(`@article{${id},\n  author = {{Anna Ivanova} and {B. Li}},\n`)).toBe(true)
    for (const line of [
      'title = {{Twelve gauges for the Syr Darya}}',
      'journal = {The Weekend Post}',
      'year = {2025}',
      'date = {2025-04-15}',
      'month = apr',
      'url = {https://riverside.example/gauges?a=1%202&b_c=#d}',
      'urldate = {2026-11-29}',
    ])
      expect(text).toContain(`  ${line}`)
    expect((await s.get('/v1/sources.bib')).text).toBe(text)
  })

  test('of a list are the whole list with its filters, and of an empty one are valid', async () => {
    const s = await service()
    expect((await s.get('/v1/sources.csl.json')).text).toBe('[]')
    expect((await s.get('/v1/sources.ris')).text).toBe('')
    for (let n = 0; n < 230; n++)
      await create(s, '/v1/sources', { title: `S${n}`, language: n % 2 ? 'en' : 'ru', text: `T${n}` })
    expect((await s.get('/v1/sources.csl.json')).body).toHaveLength(230)
    const { body } = await s.get('/v1/sources.csl.json?language=en')
    expect(new Set((body as unknown as CslItem[]).map(({ language }) => language))).toEqual(new Set(['en']))
    expect(body).toHaveLength(115)
    expect((await s.get('/v1/sources.bib')).text.match(/^@misc\{src_/gm)).toHaveLength(230)
  })

  test('take no include, and are formats of sources only', async () => {
    const s = await service({ seed: true })
    const { id } = (await s.get('/v1/sources')).body['data'][0]
    const accept = { accept: 'application/x-research-info-systems' }
    for (const [url, headers] of [
      ['/v1/sources', accept],
      [`/v1/sources/${id}`, accept],
      ['/v1/sources.ris', {}],
      [`/v1/sources/${id}/citation.ris`, {}],
    ] as const)
      expect((await s.get(`${url}?include=publisher`, headers)).body, url).toMatchObject({
        status: 400,
        errors: [{ parameter: 'include' }],
      })
    expect((await s.get('/v1/meetings.ris')).status).toBe(404)
    expect((await s.get(`/v1/sources/${id}/citation.csv`)).status).toBe(404)
  })

  test('of a record have an ETag with its version, which changes with the name of its publisher', async () => {
    const s = await service()
    const { id, publisherId } = await newsReport(s)
    const tag = async () => String((await s.get(`/v1/sources/${id}/citation.ris`)).headers['etag'])
    const before = await tag()
    expect(before).toMatch(/^"1\./)
    expect((await s.get(`/v1/sources/${id}/citation.ris`, { 'if-none-match': before })).status).toBe(304)
    await s.patch(`/v1/organizations/${publisherId}`, { name: 'Another' })
    expect(await tag()).not.toBe(before)
  })
})

const source = (fields: object) =>
  ({ id: 'src_1', title: 'T', authors: [], publishedOn: null, retrievedAt: null, ...fields }) as never

test.each([
  ['treaty-text', 'treaty', 'GOVDOC'],
  ['official-document', 'document', 'GOVDOC'],
  ['press-release', 'document', 'GOVDOC'],
  ['law', 'legislation', 'GOVDOC'],
  ['news', 'article-newspaper', 'NEWS'],
  ['interview', 'interview', 'ELEC'],
  ['speech', 'speech', 'ELEC'],
  ['reference', 'webpage', 'ELEC'],
  ['other', 'webpage', 'ELEC'],
  [null, 'webpage', 'ELEC'],
])('a source that is %s is a %s in CSL and %s in RIS', (classification, type, ris) => {
  const item = cslOf(source({ classification }), undefined)
  expect(item).toEqual({ id: 'src_1', type, title: 'T' })
  expect(risOf(item).split('\r\n')[0]).toBe(`TY  - ${ris}`)
})

test.each([
  ['2025', '2025', '2025//', undefined],
  ['2025-04', '2025-04', '2025/04/', 'apr'],
  ['2025-04~', '2025-04~', '2025/04/', 'apr'],
  ['[2025-04-15..2025-04-16]', '2025-04-15/2025-04-16', '2025/04/15', 'apr'],
  ['[..2025-04]', '../2025-04', '2025/04/', 'apr'],
])('the date %s is %s in CSL', (publishedOn, issued, da, month) => {
  const item = cslOf(source({ publishedOn }), undefined)
  expect(item.issued).toBe(issued)
  expect(risOf(item)).toContain(`DA  - ${da}\r\n`)
  expect(/month = (\w+)/.exec(bibtexOf(item))?.[1]).toBe(month)
})

describe('hostile texts', () => {
  const HOSTILE = 'a\r\nER  - \nTY  - BOOK } @misc{x, {{ \\input{y} 100% $1 & #_~^ \u0000 "q"'

  test('add no record and no tag to a RIS file', () => {
    const lines = risOf(
      cslOf(source({ title: HOSTILE, authors: [HOSTILE], containerTitle: HOSTILE }), HOSTILE),
    ).split('\r\n')
    expect(lines.map((line) => line.slice(0, 6))).toEqual([
      'TY  - ',
      'ID  - ',
      'TI  - ',
      'AU  - ',
      'T2  - ',
      'PB  - ',
      'ER  - ',
      '',
      '',
    ])
    expect(lines.join('')).not.toMatch(/[\r\n]/)
  })

  test('add no entry to a BibTeX file, whose braces are balanced as BibTeX counts them', () => {
    const text = bibtexOf(
      cslOf(source({ title: HOSTILE, authors: [HOSTILE, 'A and B'], containerTitle: HOSTILE }), HOSTILE),
    )
    let depth = 0
    for (const [index, char] of [...text.trimEnd()].entries()) {
      if (char === '{') depth++
      if (char === '}') depth--
      expect(depth > 0 || index < '@misc'.length || index === text.trimEnd().length - 1).toBe(true)
    }
    expect(depth).toBe(0)
    expect(text).toContain('100\\% \\$1 \\& \\#\\_\\textasciitilde{}\\textasciicircum{}')
    expect(text).toContain('\\textbackslash{}input\\textbraceleft{}y\\textbraceright{}')
    expect(text).toContain('} and {A and B}')
  })
})

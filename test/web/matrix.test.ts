// The matrix: each cell is the answer of the API for the record and the state.
import { describe, expect, test } from 'vitest'
import { type Service, service } from '../helpers/app.ts'
import { instantBeforeWrites } from '../helpers/wait.ts'
import { expectSafe, textOf } from './check.ts'

const HTML = { accept: 'text/html' }

/** The cells of a matrix by the id of the record and the code of the state: their texts and the addresses of their links. */
function cellsOf(page: string) {
  const table = page.slice(page.indexOf('<table class="matrix">'), page.indexOf('</table>'))
  const [head = '', ...rows] = table.split('<tr>').slice(1)
  const codes = [...head.matchAll(/href="[^"]*\/states\/([A-Z]{2})/g)].map(([, code = '']) => code)
  const cells = new Map<string, Map<string, { text: string; links: string[] }>>()
  for (const row of rows) {
    const [, id = ''] = /<th scope="row">.*?\/([a-z]{3}_\w{26})/.exec(row) ?? []
    const all = [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) => ({
      text: textOf(cell.replaceAll('<br>', ' + ')),
      links: [...cell.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href),
    }))
    expect([id, all.length]).toEqual([id, codes.length])
    cells.set(id, new Map(codes.map((code, index) => [code, all[index] ?? { text: '', links: [] }])))
  }
  return { codes, cells, ids: [...cells.keys()] }
}

const create = async ({ post }: Service, path: string, body: object): Promise<string> => {
  const { status, body: answer, text } = await post(path, body)
  expect([path, status, status === 201 ? '' : text]).toEqual([path, 201, ''])
  return answer['id']
}

const STANCES = ['supported', 'reserved', 'objected', 'abstained', 'declined']

async function manyPositions(app: Service, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = await create(app, '/v1/proposals', {
      title: `A proposal of a usual length about the cooperation of the ministries, number ${n}`,
      contributors: [{ role: n % 2 === 0 ? 'proposer' : 'co-sponsor', stateCode: 'RU' }],
      events: [{ type: 'proposed', occurredOn: `20${10 + (n % 16)}-03-04` }],
      topicIds: n % 2 === 0 ? ['counter-uav'] : [],
    })
    const position = (stateCode: string, index: number, statedOn: string | null, more = {}) =>
      create(app, `/v1/proposals/${id}/positions`, {
        stateCode,
        position: STANCES[index % 5],
        statedOn,
        ...more,
      })
    await position('UZ', n, '2023-01-01')
    await position('UZ', n + 1, '2024-01-01')
    await position('IN', n, '2024-01-01')
    await position('IN', n + 2, '2024-02-01', { locator: { label: 'paragraph', value: '5' } })
    if (n % 3 === 0) await position('TR', n, null)
  }
}

const SIGNS: Record<string, string> = {
  supported: '✓',
  reserved: '◐',
  objected: '✗',
  abstained: '○',
  declined: '⊘',
}

describe('the matrix of proposals', () => {
  test.each(['', '?topic=counter-uav', '?dateFrom=2012&dateTo=2015', '?asOf=2023-06-30'])(
    'has the positions of the API: %s',
    async (query) => {
      const app = await service({ seed: true })
      await manyPositions(app, 8)
      const { text } = await app.get(`/matrix${query}`, HTML)
      const { cells, codes, ids } = cellsOf(text)
      expect(ids.length).toBeGreaterThan(2)
      expect(codes).toContain('KZ')
      const day = new URLSearchParams(query).get('asOf')
      const texts = new Set<string>()
      for (const [id, row] of cells) {
        const record = (await app.get(`/v1/proposals/${id}`)).body
        const { body } = await app.get(`/v1/proposals/${id}/positions${day ? `?asOf=${day}` : ''}`)
        const proposers = record['contributors'].flatMap(
          ({ stateCode }: { stateCode?: string }) => stateCode ?? [],
        )
        for (const code of codes) {
          const standings = body['data'].filter(({ stateCode }: { stateCode: string }) => stateCode === code)
          const known = standings.filter(({ position }: { position: string | null }) => position !== null)
          const expected = known.map(
            ({ position, locator }: { position: string; locator: { value: string } | null }) =>
              `${SIGNS[position]} ${position}${locator ? ` (paragraph ${locator.value})` : ''}`,
          )
          const cell = row.get(code)
          texts.add(cell?.text ?? '')
          const shown = cell?.text.split(' + ').filter((part) => !/proposer|co-sponsor/.test(part))
          if (expected.length > 0) expect([id, code, shown]).toEqual([id, code, expected])
          else if (proposers.includes(code)) expect(cell?.text).toMatch(/^★ proposer$|^☆ co-sponsor$/)
          else
            expect([id, code, cell?.text]).toEqual([
              id,
              code,
              standings.length > 0 ? '· no record' : '– no member',
            ])
          for (const { positionId } of known)
            expect(
              cell?.links.some((link) => link.endsWith(`/${id}${day ? `?asOf=${day}` : ''}#${positionId}`)),
            ).toBe(true)
        }
      }
      if (query === '') expect([...texts].some((one) => one.includes('○ abstained'))).toBe(true)
    },
  )

  test('is paged in the order of the list of the API, and never skips', async () => {
    const app = await service({ seed: true })
    for (let n = 0; n < 110; n++)
      await create(app, '/v1/proposals', {
        title: `Proposal ${n}`,
        events: [
          { type: 'proposed', occurredOn: n % 9 === 0 ? null : `20${10 + (n % 12)}-0${1 + (n % 9)}-01` },
        ],
      })
    const { body } = await app.get('/v1/proposals?limit=200')
    const ids: string[] = []
    let url: string | undefined = '/matrix'
    while (url) {
      const { text } = await app.get(url, HTML)
      ids.push(...cellsOf(text).ids)
      url = /rel="next" href="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    expect(ids).toEqual(body['data'].map(({ id }: { id: string }) => id))
    expect(ids.length).toBeGreaterThan(110)
  })

  test('shows what was known', async () => {
    const app = await service({ seed: true })
    await manyPositions(app, 1)
    const knownAt = await instantBeforeWrites()
    const { ids } = cellsOf((await app.get('/matrix', HTML)).text)
    const before = cellsOf((await app.get('/matrix', HTML)).text).cells
    await create(app, `/v1/proposals/${ids[0]}/positions`, {
      stateCode: 'CN',
      position: 'objected',
      statedOn: '2024-01-01',
    })
    const row = (page: string) =>
      cellsOf(page)
        .cells.get(ids[0] ?? '')
        ?.get('CN')?.text
    expect(row((await app.get('/matrix', HTML)).text)).toBe('✗ objected')
    const known = await app.get(`/matrix?knownAt=${knownAt}`, HTML)
    expect(row(known.text)).toBe('· no record')
    expect(cellsOf(known.text).cells.size).toBe(before.size)
  })
})

describe('the matrix of documents', () => {
  test('has the parties of the API', async () => {
    const app = await service({ seed: true })
    const document = await create(app, '/v1/agreements', {
      title: 'An agreement on the protection of borders',
      kind: 'agreement',
      events: [
        ...['RU', 'CN', 'KZ', 'UZ', 'TJ'].map((stateCode) => ({
          type: 'signed',
          occurredOn: '2019-06-14',
          stateCode,
        })),
        { type: 'consent', occurredOn: '2020-01-01', stateCode: 'RU', consentBy: 'ratification' },
        { type: 'in-force', occurredOn: '2020-02-01', stateCode: 'RU' },
        { type: 'consent', occurredOn: '2020-01-01', stateCode: 'CN', consentBy: 'approval' },
        { type: 'consent', occurredOn: '2020-01-01', stateCode: 'KZ', consentBy: 'ratification' },
        { type: 'denounced', occurredOn: '2021-01-01', stateCode: 'KZ' },
        { type: 'domestic-approval', occurredOn: '2020-01-01', stateCode: 'TJ' },
        { type: 'consent', occurredOn: '2022-01-01', stateCode: 'BY', consentBy: 'accession' },
      ],
    })
    await create(app, `/v1/agreements/${document}/positions`, {
      stateCode: 'IN',
      position: 'declined',
      statedOn: '2019-06-14',
    })
    const rowOf = async (query: string) => {
      const row = cellsOf((await app.get(`/matrix?of=agreements${query}`, HTML)).text).cells.get(document)
      return Object.fromEntries([...(row ?? [])].map(([code, { text }]) => [code, text]))
    }
    expect(await rowOf('')).toMatchObject({
      RU: '● in force',
      CN: '◆ approval',
      KZ: '⊗ denounced',
      UZ: '✎ signed',
      TJ: '✎ signed',
      BY: '◆ accession',
      IN: '⊘ declined',
      IR: '– no member',
    })
    const { body } = await app.get(`/v1/agreements/${document}/parties`)
    const row = await rowOf('')
    for (const code of body['notSigned'].filter((each: string) => each !== 'IN'))
      expect([code, row[code]]).toEqual([code, '· no record'])
    expect(body['notSigned'].length).toBeGreaterThan(1)
    expect(await rowOf('&asOf=2020-01-15')).toMatchObject({ RU: '◆ ratification', KZ: '◆ ratification' })
    const { text } = await app.get('/matrix?of=agreements', HTML)
    const link = cellsOf(text).cells.get(document)?.get('RU')?.links[0]
    expect(link).toMatch(new RegExp(`^/agreements/${document}#evt_`))
    expect((await app.get(`/agreements/${document}`, HTML)).text).toContain(`id="${link?.split('#')[1]}"`)
  })
})

describe('the matrix', () => {
  test('has headers, a legend and a region that is scrolled by keyboard', async () => {
    const app = await service({ seed: true })
    const { text } = await app.get('/ru/matrix', HTML)
    expect(text).toMatch(
      /<div class="scroll" role="group" tabindex="0" aria-label="[^"]+"><table class="matrix"><caption/,
    )
    expect(text).toMatch(/<ul class="legend" aria-label="Знаки">/)
    const { codes } = cellsOf(text)
    expect(text.match(/<th scope="col">/g)).toHaveLength(codes.length + 1)
    const names = codes.map((code) => textOf(new RegExp(`/states/${code}">(.*?)</a>`).exec(text)?.[1] ?? ''))
    expect(names).toEqual(names.toSorted(new Intl.Collator('ru').compare))
  })

  test('is valid in three languages, small, empty and with hostile text', async () => {
    const app = await service({ seed: true })
    await manyPositions(app, 26)
    const title = `<script>x</script>" onx="y" {n} این \u202e`
    const id = await create(app, '/v1/proposals', {
      title,
      events: [{ type: 'proposed', occurredOn: '2026-01-01' }],
    })
    await create(app, `/v1/proposals/${id}/positions`, {
      stateCode: 'UZ',
      position: 'reserved',
      locator: { label: 'paragraph', value: title },
    })
    for (const prefix of ['', '/ru', '/zh'])
      for (const query of [
        '',
        '?of=agreements',
        '?topic=counter-uav&state=RU',
        '?dateTo=1990',
        '?asOf=2023-06-30&knownAt=2100-01-01T00:00:00Z',
      ]) {
        const { status, text } = await app.get(`${prefix}/matrix${query}`, HTML)
        expect([prefix, query, status]).toEqual([prefix, query, 200])
        expect(text).not.toMatch(/undefined|\[object|NaN|<script/)
        expect(Buffer.byteLength(text)).toBeLessThan(40_000)
        await expectSafe(`${prefix}/matrix${query}`, text)
      }
    expect((await app.get('/matrix', HTML)).text).toContain('paragraph <bdi>&lt;script&gt;')
    expect((await app.get('/matrix?of=topics', HTML)).status).toBe(400)
    expect((await app.get('/matrix?limit=26', HTML)).status).toBe(400)
  })
})

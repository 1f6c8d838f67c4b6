// The import page: a file is checked, mended and written, through the same imports as the API has.
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { catalogue } from '../../src/resources/index.ts'
import { recogniseKind } from '../../src/workbench/import-file.ts'
import { type Service, service, type TestResponse } from '../helpers/app.ts'
import { type Client, fieldsOf, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const SPEAKERS = 'name,otherNames\r\nThe minister,\r\nThe envoy,Another spelling\r\n'

/** Chooses a file. @returns the path of its page */
async function choose(browser: Client, content: string, name = 'speakers.csv', kind = ''): Promise<string> {
  const { status, headers, text } = await browser.upload('/edit/imports', { kind }, { name, content })
  expect([status, status === 303 ? '' : text]).toEqual([303, ''])
  return String(headers.location)
}

/** The page of a file once nothing runs. */
async function finished(s: Service, browser: Client, path: string): Promise<TestResponse> {
  for (;;) {
    const page = await browser.get(path)
    expect(page.status).toBe(200)
    if (!page.text.includes('data-refresh')) return page
    await s.engine.waitForCommit(100, AbortSignal.timeout(1000))
  }
}

/** Sends a form of a file, and waits until what it started has finished. */
async function act(
  s: Service,
  browser: Client,
  path: string,
  action: string,
  changes: Record<string, string | string[]> = {},
) {
  const page = await browser.get(path)
  const { status, text } = await browser.submit(path, { ...fieldsOf(page.text), action, ...changes })
  expect([status, status === 303 ? '' : text]).toEqual([303, ''])
  return finished(s, browser, path)
}

const namesOf = async ({ get }: Service) =>
  (await get('/v1/speakers?limit=200&sort=name')).body['data'].map(({ name }: { name: string }) => name)

describe('a file without faults', () => {
  test('is checked, previewed, and written when that is said', async () => {
    const s = await service()
    const browser = await signIn(s)
    await expectSafe('imports', (await browser.get('/edit/imports')).text)
    const path = await choose(browser, SPEAKERS)
    const checked = await finished(s, browser, path)
    await expectSafe('checked', checked.text)
    expect(checked.text).toContain('2 rows checked, no faults')
    expect(checked.text).toContain('Another spelling')
    expect(await namesOf(s)).toEqual([])
    const written = await act(s, browser, path, 'commit', { reason: 'The list of 2026.' })
    await expectSafe('written', written.text)
    expect(written.text).toContain('2 rows imported')
    expect(await namesOf(s)).toEqual(['The envoy', 'The minister'])
    const { body } = await s.get('/v1/changes?kind=speaker')
    expect(body['data'][0]).toMatchObject({ actor: { name: 'test analyst' }, reason: 'The list of 2026.' })
    expect((await browser.get('/edit/imports')).text).toContain('imported')
  })

  test('is written once, however often the button is pressed', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, SPEAKERS)
    const fields = { ...fieldsOf((await finished(s, browser, path)).text), action: 'commit' }
    await Promise.all([1, 2, 3].map(() => browser.submit(path, fields)))
    await finished(s, browser, path)
    expect(await namesOf(s)).toEqual(['The envoy', 'The minister'])
    const modes = (await s.rows())['imports']?.map(({ doc }) => JSON.parse(String(doc)).mode)
    expect(modes?.toSorted()).toEqual(['commit', 'dry-run'])
  })

  test('shows its progress to whoever loads the page again, with and without scripts', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, SPEAKERS)
    await finished(s, browser, path)
    // As an import that another instance runs is stored.
    const [row] = (await s.rows())['imports'] ?? []
    const job = { ...JSON.parse(String(row?.['doc'])), mode: 'commit', progress: null }
    const store = (doc: object, finishedAt: string | null) =>
      s.engine.write((writer) =>
        writer.run(sql`update "imports" set "doc" = ${JSON.stringify(doc)}, "finishedAt" = ${finishedAt}`),
      )
    const progress = { phase: 'writing', done: 1234, total: 5000 }
    await store({ ...job, status: 'running', finishedAt: null, progress }, null)
    for (const language of ['', '/ru', '/zh']) {
      const { text } = await browser.get(`${language}${path}`)
      await expectSafe('running', text)
      expect(text).toContain('<progress id="progress" max="5000" value="1234">')
      expect(text).toContain('data-refresh="2000"')
      expect(text).toContain(`<a href="${language}${path}">`)
      expect(text).toContain('src="/assets/workbench/refresh.js"')
      expect(text).not.toContain('name="action"')
    }
    await store({ ...job, status: 'succeeded', finishedAt: job.createdAt }, job.createdAt)
    const { text } = await browser.get(path)
    expect(text).toContain('2 rows imported')
    expect(text).not.toContain('refresh')
  })

  test('is seen and changed by its owner only', async () => {
    const s = await service()
    const [owner, other] = [await signIn(s), await signIn(s, 'admin')]
    const path = await choose(owner, SPEAKERS)
    await finished(s, owner, path)
    for (const each of [path, `${path}/file`, `${path}/faults.csv`])
      expect([each, (await other.get(each)).status]).toEqual([each, 404])
    const fields = fieldsOf((await owner.get(path)).text)
    expect((await other.submit(path, { ...fields, action: 'commit' })).status).toBe(404)
    expect((await other.submit(path, { action: 'discard' })).status).toBe(404)
    expect((await other.get('/edit/imports')).text).not.toContain('speakers.csv')
    await owner.follow(path, { action: 'discard' })
    expect((await owner.get(path)).status).toBe(404)
  })
})

describe('a file with faults', () => {
  const FAULTY = [
    'name,classification,parentId,foundingDate',
    'A,organ,,2001-06-15',
    'B,organ,,15 June 2001',
    '"C, the ""third""\nof them",organ,Nowhere,2001',
    'D,organ,,=cmd()',
    '',
  ].join('\n')

  test('is mended in a table', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, FAULTY, 'organizations.csv')
    const page = await finished(s, browser, path)
    await expectSafe('faulty', page.text)
    expect(page.text).toContain('3 faults in 4 rows')
    const fields = fieldsOf(page.text)
    expect(fields).toMatchObject({
      'cell.2.foundingDate': '15 June 2001',
      'cell.3.name': 'C, the "third"\nof them',
      'cell.3.parentId': 'Nowhere',
      'cell.4.foundingDate': '=cmd()',
    })
    expect(fields['cell.1.name']).toBeUndefined()
    const mended = await act(s, browser, path, 'mend', {
      'cell.2.foundingDate': '2001-06-15',
      'cell.3.parentId': '',
      'omit.4': 'on',
    })
    expect(mended.text).toContain('3 rows checked, no faults')
    const file = await browser.get(`${path}/file`)
    expect(file.headers['content-disposition']).toBe('attachment; filename="import.csv"')
    expect(file.text).toBe(
      'name,classification,parentId,foundingDate\r\nA,organ,,2001-06-15\r\nB,organ,,2001-06-15\r\n"C, the ""third""\nof them",organ,,2001\r\n',
    )
    await act(s, browser, path, 'commit')
    const { body } = await s.get('/v1/organizations?sort=name')
    expect(body['data'].map(({ name }: { name: string }) => name)).toEqual([
      'A',
      'B',
      'C, the "third" of them',
    ])
  })

  test('keeps what was typed into its cells when the session ends meanwhile', async () => {
    let now = new Date('2026-11-29T08:00:00Z')
    const s = await service({ clock: () => now })
    const browser = await signIn(s)
    const path = await choose(browser, FAULTY, 'organizations.csv')
    const fields = fieldsOf((await finished(s, browser, path)).text)
    now = new Date(now.getTime() + 12 * 3_600_000)
    const typed = { ...fields, 'cell.2.foundingDate': '2001', 'omit.4': 'on', action: 'mend' }
    const asks = await browser.submit(path, typed)
    expect(asks.status).toBe(401)
    const again = await browser.submit(path, { ...fieldsOf(asks.text), signInKey: s.keys.analyst })
    expect(again.status).toBe(200)
    await expectSafe('again', again.text)
    expect(fieldsOf(again.text)).toMatchObject({ 'cell.2.foundingDate': '2001', 'omit.4': '' })
    expect(fieldsOf(again.text)['cell.3.name']).toBe('C, the "third"\r\nof them')
  })

  test('offers the faults as CSV without formulas', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, FAULTY, 'organizations.csv')
    await finished(s, browser, path)
    const { text, headers } = await browser.get(`${path}/faults.csv`)
    expect(headers['content-type']).toBe('text/csv; charset=utf-8')
    const [head, ...rows] = text.trimEnd().split('\r\n')
    expect(head).toBe('\ufeffrow,line,field,detail,type')
    expect(rows.map((row) => row.split(',').slice(0, 3))).toEqual([
      ['2', '3', 'foundingDate'],
      ['3', '4', 'parentId'],
      ['4', '6', 'foundingDate'],
    ])
    expect(text).not.toMatch(/(?:^|,)"?[=+@-]/m)
  })

  test('with rows that may be stored already is answered by id or distinctFrom', async () => {
    const s = await service()
    const browser = await signIn(s)
    for (const name of ['Group', 'Group'])
      await s.post('/v1/organizations', { name, classification: 'organ', distinctFrom: await ids(s) })
    const path = await choose(browser, 'name,classification\nGroup,organ\n', 'organizations.csv')
    const page = await finished(s, browser, path)
    expect(page.text).toContain('1 fault in 1 row')
    const mended = await act(s, browser, path, 'mend', { 'cell.1.distinctFrom': (await ids(s)).join('; ') })
    expect(mended.text).toContain('1 row checked, no faults')
    await act(s, browser, path, 'commit')
    expect((await ids(s)).length).toBe(3)
  })

  test('of JSON is mended line by line', async () => {
    const s = await service()
    const browser = await signIn(s)
    const lines = ['{"name": "A"}', '', '{"name": 1}', '{"name": "C"', '{"name": "D"}'].join('\n')
    const path = await choose(browser, lines, 'speakers.ndjson')
    const page = await finished(s, browser, path)
    await expectSafe('lines', page.text)
    expect(fieldsOf(page.text)).toMatchObject({ 'cell.2.': '{"name": 1}', 'cell.3.': '{"name": "C"' })
    await act(s, browser, path, 'mend', { 'cell.2.': '{\r\n"name": "B"\r\n}', 'cell.3.': '{"name": "C"}' })
    await act(s, browser, path, 'commit')
    expect(await namesOf(s)).toEqual(['A', 'B', 'C', 'D'])
  })

  test('that is no table is shown with its faults, and cannot be mended', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, 'name\n"A\nB\n', 'speakers.csv', 'speaker')
    const { text } = await finished(s, browser, path)
    await expectSafe('no table', text)
    expect(text).toContain('never closed')
    expect(text).not.toContain('value="mend"')
    const fields = fieldsOf(text)
    await browser.submit(path, { ...fields, action: 'mend', 'cell.1.name': 'x' })
    expect((await finished(s, browser, path)).text).toContain('never closed')
  })

  test('that was mended in another window keeps what was done there', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, 'name,distinctFrom\n,\nB,\n')
    const stale = fieldsOf((await finished(s, browser, path)).text)
    await act(s, browser, path, 'mend', { 'cell.1.name': 'A' })
    const { text } = await browser.follow(path, { ...stale, action: 'mend', 'cell.1.name': 'X' })
    expect(text).toContain('changed in another window')
    expect((await browser.get(`${path}/file`)).text).toContain('A,')
    const commit = await browser.follow(path, { ...stale, action: 'commit' })
    expect(commit.text).toContain('changed in another window')
    expect(await namesOf(s)).toEqual([])
  })

  test('is not written, whatever is sent', async () => {
    const s = await service()
    const browser = await signIn(s)
    const path = await choose(browser, 'name,otherNames\n,x\n', 'speakers.csv')
    await finished(s, browser, path)
    await act(s, browser, path, 'commit')
    const modes = (await s.rows())['imports']?.map(({ doc }) => JSON.parse(String(doc)).mode)
    expect(modes).toEqual(['dry-run', 'dry-run'])
  })

  test('keeps its cells and its name as text, whatever they are', async () => {
    const s = await service()
    const browser = await signIn(s)
    const cell = `<script>x</script>" onx="y' {n} \u202e`
    const path = await choose(
      browser,
      `name,${cell.replaceAll('"', '')}\n"${cell.replaceAll('"', '""')}",x\n`,
      `../<b>${cell}.csv`,
      'speaker',
    )
    const { text } = await finished(s, browser, path)
    await expectSafe('hostile', text)
    expect(text).toContain('<bdi>script&gt;%22')
    await expectSafe('hostile list', (await browser.get('/ru/edit/imports')).text)
  })
})

const ids = async ({ get }: Service): Promise<string[]> =>
  (await get('/v1/organizations')).body['data'].map(({ id }: { id: string }) => id)

describe('what is no file to import', () => {
  test.each([
    ['an empty one', 'a.csv', '', 'file'],
    ['a spreadsheet', 'a.xlsx', 'PK\u0003\u0004', 'file'],
    ['bytes', 'a.csv', Buffer.from([0xff, 0xfe, 0x41, 0]), 'file'],
    ['Latin-1', 'a.csv', Buffer.from('name\nJos\xe9\n', 'latin1'), 'file'],
    ['NUL', 'a.csv', 'name\n\0\n', 'file'],
    ['one of unknown columns', 'a.csv', 'x,y\n1,2\n', 'kind'],
    ['one that is too large', 'a.csv', 'x'.repeat(16 * 1024 * 1024 + 1), 'file'],
  ])('%s is refused, and nothing is stored', async (_what, name, content, fault) => {
    const s = await service()
    const browser = await signIn(s)
    const file = { name, content: content as string | Uint8Array<ArrayBuffer> }
    const { status, text } = await browser.upload('/edit/imports', { kind: '' }, file)
    expect(status).toBe(422)
    expect(text).toContain(`<a href="#${fault}">`)
    await expectSafe('refused', text)
    const rows = await s.rows()
    expect([rows['uploads'], rows['imports']]).toEqual([[], []])
  })

  test('without a session leads to signing in, and says that the file has to be chosen again', async () => {
    const s = await service()
    const { client } = await import('../helpers/workbench.ts')
    const browser = client(s)
    const answer = await browser.upload('/edit/imports', {}, { name: 'a.csv', content: SPEAKERS })
    expect(answer.status).toBe(303)
    const page = await browser.get(String(answer.headers.location))
    expect(page.text).toContain('choose it again')
    expect(fieldsOf(page.text)['next']).toBe('/edit/imports')
  })
})

describe('the kind of the rows', () => {
  const kindOf = (name: string, content: string) =>
    recogniseKind(catalogue, name, { format: name.endsWith('csv') ? 'csv' : 'ndjson', content })

  test.each([
    ['proposals.csv', 'title,proposedOn\nA,2022\n', 'proposal'],
    ['x.csv', 'title,proposedOn\nA,2022\n', 'proposal'],
    ['our meetings 2026.csv', 'name,startDate\nA,2022\n', 'meeting'],
    ['speakers.csv', 'name\nA\n', 'speaker'],
    ['organizations.csv', 'name\nA\n', 'organization'],
    ['x.csv', 'code;name\nKZ;Kazakhstan\n', 'state'],
    ['x.csv', 'recordKind,recordId,type,occurredOn\n', 'event'],
    ['x.ndjson', '{"prefLabel":"A","slug":"a"}\n', 'topic'],
    ['x.ndjson', '\n{"kind":"speaker","record":{"name":"A"}}\n', null],
    ['x.ndjson', 'no JSON', undefined],
    ['x.csv', 'q,w\n', undefined],
  ])('of %s with %j is %s', async (name, content, kind) => {
    expect(await kindOf(name, content)).toBe(kind)
  })
})

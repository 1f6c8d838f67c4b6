// The search as a page: kinds with counts, hits that lead to passages, and queries that are ids.
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { service } from '../helpers/app.ts'
import { expectSafe, textOf, unescaped } from './check.ts'

const HTML = { accept: 'text/html' }
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'
const EVIDENCE = 'evd_01gb6jc400e1zsxpzgtpczdeex'

describe('the kinds that were found', () => {
  test('have the counts of the API, and lead to as many hits', async () => {
    const { get } = await service({ seed: true })
    for (const prefix of ['', '/ru', '/zh']) {
      const { text } = await get(`${prefix}/search?q=military`, HTML)
      const links = [...text.matchAll(/<a href="([^"]*kind=(\w+))">([^<]*) (\d+)<\/a>/g)]
      expect(links.length).toBeGreaterThan(3)
      let sum = 0
      for (const [, url = '', kind, , count] of links) {
        const { body } = await get(`/v1/search?q=military&kind=${kind}&count=exact`)
        expect(body['page']['total']).toBe(Number(count))
        sum += Number(count)
        const one = await get(unescaped(url), HTML)
        expect(one.text).toContain(`<span aria-current="true">`)
        expect(one.text.match(/<p class="title"/g)).toHaveLength(Number(count))
        expect(one.text).toContain(`href="${prefix}/${catalogue.entity(kind as never).path}?q=military"`)
        await expectSafe(url, one.text)
      }
      const { body } = await get('/v1/search?q=military&count=exact')
      expect([sum, text]).toEqual([body['page']['total'], expect.stringContaining(` ${sum}</span>`)])
    }
  })
})

test('the name of a state is found, and nothing else is said to be missing', async () => {
  const { get } = await service({ seed: true })
  for (const [path, none] of [
    ['/ru/search?q=Монголия', 'ничего не найдено'],
    ['/zh/search?q=蒙古', '没有找到'],
  ] as const) {
    const { text } = await get(path, HTML)
    expect(text).toContain('/states/MN')
    expect(text).not.toContain(none)
    expect((await get(`${path}xyz`, HTML)).text).toContain(none)
  }
})

describe('hits', () => {
  test('of evidence lead to the passage in the source, and to the record', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get('/ru/search?q=headline&kind=evidence', HTML)
    const hits = [...text.matchAll(/<p class="title" dir="auto"><a href="\/ru\/sources\/(\w+)#(evd_\w+)">/g)]
    expect(hits.length).toBeGreaterThan(0)
    for (const [, source, evidence] of hits) {
      const reader = await get(`/ru/sources/${source}`, HTML)
      expect(reader.text).toContain(`id="${evidence}"`)
    }
    expect(text).toMatch(/href="\/ru\/proposals\/prp_\w+"/)
  })

  test('of evidence for a part name the record that has the part', async () => {
    const { get } = await service({ seed: true })
    const { body } = await get('/v1/search?q=%22have%20developed%22&kind=evidence&limit=50')
    const kinds = await Promise.all(
      body['data'].map(
        async ({ id }: { id: string }) => (await get(`/v1/evidence/${id}`)).body['recordKind'],
      ),
    )
    expect(kinds).toContain('event')
    const { text } = await get('/search?q=%22have%20developed%22&kind=evidence&limit=50', HTML)
    expect(textOf(text)).toContain('Evidence for Agreement on the organization of the rapid exchange')
    expect(textOf(text)).not.toMatch(/for (?:evt|mem|pos|rel)_/)
  })

  test('of the text of a source lead to the words in it', async () => {
    const { get, post } = await service()
    const { body } = await post('/v1/sources', {
      title: 'A report',
      language: 'en',
      text: `${'Nothing. '.repeat(100)}\nThe members' working-group met & agreed on drones, at last.`,
    })
    const { text } = await get('/search?q=%22agreed%20on%20drones%22', HTML)
    const address = unescaped(/<p class="title"><a href="([^"]*)"/.exec(text)?.[1] ?? '')
    expect(address.split('#')[0]).toBe(`/sources/${body['id']}`)
    const [prefix, exact, suffix] = (address.split('#:~:text=')[1] ?? '').split(',').map(decodeURIComponent)
    expect(prefix).toBe("members' working-group met &-")
    expect(exact).toBe('agreed on drones')
    expect(suffix).toBe('-, at')
  })

  test('are followed by further pages, and lead back', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get('/search?q=military&limit=3', HTML)
    const next = unescaped(/rel="next" href="([^"]*)"/.exec(text)?.[1] ?? '')
    const further = await get(next, HTML)
    expect(further.text).toContain('<a href="/search?q=military&amp;limit=3">← First page</a>')
    await expectSafe(next, further.text)
  })
})

describe('a query', () => {
  test.each([
    ['RU', '/states/RU'],
    [' prp_01gb6jc400egbsbzx9etj88v69 ', '/proposals/prp_01gb6jc400egbsbzx9etj88v69'],
    ['PRP_01GB6JC400EGBSBZX9ETJ88V69', '/proposals/prp_01gb6jc400egbsbzx9etj88v69'],
    [EVIDENCE, `/evidence/${EVIDENCE}`],
    [SOURCE, `/sources/${SOURCE}`],
  ])('that is the id or code of a record leads to it: %s', async (q, path) => {
    const { get } = await service({ seed: true })
    const answer = await get(`/ru/search?q=${encodeURIComponent(q)}`, HTML)
    expect([answer.status, answer.headers.location]).toEqual([302, `/ru${path}`])
  })

  test.each(['QZ', 'ru', 'prp_01gb6jc400egbsbzx9etj88v99', 'src_x', 'counter-uav'])(
    'of other words is searched: %s',
    async (q) => {
      const { get } = await service({ seed: true })
      expect((await get(`/search?q=${q}`, HTML)).status).toBe(200)
      expect((await get(`/search?q=${q}&kind=proposal`, HTML)).status).toBe(200)
    },
  )

  test.each([
    ['/search', 'kazakhstan'],
    ['/ru/search', 'Казахстан'],
    ['/zh/search', '哈萨克斯坦'],
  ])('names the state of this name, in the language of the page: %s %s', async (path, q) => {
    const { get } = await service({ seed: true })
    const { text } = await get(`${path}?q=${encodeURIComponent(q)}`, HTML)
    expect(text).toMatch(/<li><p class="title"><a href="(?:\/\w\w)?\/states\/KZ"/)
    await expectSafe(path, text)
  })

  test('leads to the record that another was merged into', async () => {
    const { get, post, request, keys } = await service()
    const [one, other] = await Promise.all(
      ['One', 'Other'].map((name) => post('/v1/organizations', { name, classification: 'organ' })),
    )
    await request({
      method: 'POST',
      url: `/v1/organizations/${one?.body['id']}/merge?reason=Same`,
      payload: { into: other?.body['id'] },
      headers: { authorization: `Bearer ${keys.admin}`, 'if-match': '*' },
    })
    const answer = await get(`/search?q=${one?.body['id']}`, HTML)
    expect(answer.headers.location).toBe(`/organizations/${other?.body['id']}`)
  })

  test('without hits offers any of its words', async () => {
    const { get } = await service({ seed: true })
    const { text } = await get('/zh/search?q=military%20banana', HTML)
    expect(textOf(text)).toContain('没有找到“military banana”。')
    expect(text).toContain('href="/zh/search?q=military%20OR%20banana"')
    await expectSafe('none', text)
  })
})

// Word forms and spellings in full-text search: forms of a word find each other, what is typed exactly ranks first.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold } from '../src/core/fold.ts'
import { indexedWords, matchesText, parseSearch } from '../src/core/search.ts'
import { snippet } from '../src/core/snippet.ts'
import { stemOf } from '../src/core/word-forms.ts'
import { type Service, service } from './helpers/app.ts'
import type { Body } from './helpers/bodies.ts'

const propose = (s: Service, title: string, summary: string | null = null) =>
  s.post('/v1/proposals', { title, summary, proposedOn: '2022-08-24' })

/** The titles of hits in the order of their rank, after a list with the same query was found to have the same records. */
async function found(s: Service, q: string): Promise<string[]> {
  const { body: hits } = await s.get(`/v1/search?kind=proposal&limit=100&q=${encodeURIComponent(q)}`)
  const { body: list } = await s.get(`/v1/proposals?limit=100&q=${encodeURIComponent(q)}`)
  const titlesOf = ({ data }: Body) => data.map(({ title }: Body) => title) as string[]
  expect(titlesOf(hits).sort(), q).toEqual(titlesOf(list).sort())
  return hits['data'].map(({ title }: Body) => title)
}

describe('a word finds its forms', () => {
  test.each([
    ['exercise', 'exercises'],
    ['Exercising', 'exercised'],
    ['proposal', 'proposals'],
    ['city', 'cities'],
    ['China', 'China’s'],
    ['центр', 'центра'],
    ['центров', 'центре'],
    ['предложил', 'предложила'],
    ['учения', 'учениями'],
    ['Шанхайская', 'шанхайской'],
    ['Китай', 'Китая'],
    ['Китаем', 'Китая'],
    ['Шанхай', 'Шанхая'],
    ['Беларусь', 'Беларуси'],
    ['Иран', 'Ирану'],
    ['Пакистан', 'Пакистане'],
    ['Узбекистана', 'Узбекистану'],
    ['Россия', 'России'],
    ['ёлка', 'елки'],
    ['co-operation', 'cooperation'],
    ['Co‑operating', 'cooperated'],
    ['counter-drone', 'counter-drones'],
    ['военно-морской', 'военно-морского'],
  ])('%s and %s', async (one, other) => {
    const s = await service()
    await propose(s, `On ${one}, in short`)
    await propose(s, 'Another', `Here as ${other}.`)
    await propose(s, 'Nothing of the kind')
    expect(await found(s, one)).toEqual([`On ${one}, in short`, 'Another'])
    expect(await found(s, other)).toEqual(['Another', `On ${one}, in short`])
  })

  test.each([
    ['defence', 'defense'],
    ['Defences', 'defense'],
    ['licence', 'licensed'],
    ['practise', 'practices'],
    ['labour', 'labor'],
    ['neighbouring', 'neighbors'],
    ['harbours', 'harbor'],
    ['organise', 'organize'],
    ['organisations', 'Organization'],
    ['modernising', 'modernization'],
    ['analyse', 'analyzed'],
    ['centre', 'centers'],
    ['kilometres', 'kilometer'],
    ['programmes', 'program'],
    ['dialogue', 'dialogs'],
    ['travelled', 'traveling'],
  ])('in British and American spelling: %s and %s', (one, other) => {
    expect(matchesText([one], parseSearch(other))).toBe(true)
    expect(matchesText([other], parseSearch(one))).toBe(true)
    expect(matchesText([other], parseSearch(`"${one}"`))).toBe(false)
  })

  test.each([
    ['hour', 'hor'],
    ['prize', 'prise'],
    ['organ', 'organization'],
    ['four', 'for'],
    ['мир', 'мера'],
    ['state', 'estate'],
    ['w1', 'w'],
  ])('but %s is not %s', (one, other) => {
    expect(matchesText([one], parseSearch(other))).toBe(false)
    expect(matchesText([other], parseSearch(one))).toBe(false)
  })
})

describe('words in quotation marks', () => {
  test('and prefixes have no other forms', async () => {
    const s = await service()
    await propose(s, 'Joint exercises')
    await propose(s, 'Joint exercise')
    expect(await found(s, '"joint exercise"')).toEqual(['Joint exercise'])
    expect(await found(s, '«exercises»')).toEqual(['Joint exercises'])
    expect((await found(s, 'exercis*')).sort()).toEqual(['Joint exercise', 'Joint exercises'])
    expect(await found(s, 'exercised*')).toEqual([])
    expect(await found(s, '"exercis"')).toEqual([])
    expect(await found(s, 'joint -exercise')).toEqual([])
    expect(await found(s, 'joint -"exercise"')).toEqual(['Joint exercises'])
  })

  test('are not made of the stems that follow a text in the index', async () => {
    const s = await service()
    await propose(s, 'A city', 'The exercises')
    for (const q of ['"citi"', 'citi*', '"exercises exercis"', '"exercises exercis"*', '"city citi"'])
      expect(await found(s, q), q).toEqual([])
  })

  test('exclude what they are only', async () => {
    const s = await service()
    await propose(s, 'Drone')
    await propose(s, 'Drones')
    await propose(s, 'Trade')
    const { body } = await s.get('/v1/proposals?q=-drones&sort=title')
    expect(body['data'].map(({ title }: Body) => title)).toEqual(['Trade'])
    const { body: exact } = await s.get('/v1/proposals?q=-%22drones%22&sort=title')
    expect(exact['data'].map(({ title }: Body) => title)).toEqual(['Drone', 'Trade'])
  })
})

describe('the rank of a hit', () => {
  test('is highest for the words in their order, then for the words as typed, then for their forms', async () => {
    const s = await service()
    const many = 'Exercises, joint exercises, exercises that are joint. '
    await propose(s, 'Joint exercises', many.repeat(20))
    await propose(
      s,
      'Of an exercise',
      `that is not short but joint. ${'More words of a long text. '.repeat(200)}`,
    )
    await propose(s, 'Last', `the joint exercise. ${'More words of a long text. '.repeat(300)}`)
    expect(await found(s, 'joint exercise')).toEqual(['Last', 'Of an exercise', 'Joint exercises'])
    expect(await found(s, 'joint exercise OR nothing')).toEqual(['Last', 'Of an exercise', 'Joint exercises'])
    expect(await found(s, 'exercise')).toHaveLength(3)
    expect((await found(s, 'exercise')).at(-1)).toBe('Joint exercises')
    const { body } = await s.get('/v1/search?q=joint%20exercise')
    const scores = body['data'].map(({ score }: Body) => Math.floor(score))
    expect(scores).toEqual([2, 1, 0])
  })

  test('holds across pages', async () => {
    const s = await service()
    for (let number = 0; number < 6; number++)
      await propose(s, `${number % 2 ? 'Drones' : 'Drone'} of kind ${number}`)
    const titles: string[] = []
    let cursor = ''
    do {
      const { body } = await s.get(`/v1/search?q=drone&limit=2${cursor}`)
      titles.push(...body['data'].map(({ title }: Body) => title))
      cursor = body['page'].nextCursor ? `&cursor=${body['page'].nextCursor}` : ''
    } while (cursor)
    expect(titles.map((title) => title.split(' ')[0])).toEqual([
      ...Array(3).fill('Drone'),
      ...Array(3).fill('Drones'),
    ])
  })
})

describe('a snippet', () => {
  const marks = (text: string, q: string) =>
    [...(snippet(text, parseSearch(q)) ?? '').matchAll(/<mark>(.*?)<\/mark>/g)].map(([, mark]) => mark)

  test.each([
    ['Two exercises and an exercise.', 'exercise', ['exercises', 'exercise']],
    ['Предложила создать центры', 'предложил центр', ['Предложила', 'центры']],
    ['The co-operation of cooperating states', 'cooperation', ['co-operation', 'cooperating']],
    ['Шанхайской организации', 'шанхайский', ['Шанхайской']],
    ['Йошкар-Ола', 'иошкар', ['Йошкар']],
    ['Two exercises and an exercise.', '"exercise"', ['exercise']],
    ['O‘zbek and Oʻzbek', 'ozbek', ['O‘zbek', 'Oʻzbek']],
    ['上海合作組織', '组织', ['組織']],
  ])('of %s marks %s', (text, q, expected) => expect(marks(text, q)).toEqual(expected))

  test('of a long text is cut around a form far inside', () => {
    expect(marks(`${'word '.repeat(10_000)} the cities here`, 'city')).toEqual(['cities'])
  })
})

describe('names', () => {
  test('that differ by a word form are different', async () => {
    const s = await service()
    const { body: created } = await s.post('/v1/organizations', {
      name: 'Youth Council',
      classification: 'body',
    })
    const other = await s.post('/v1/organizations', { name: 'Youth Councils', classification: 'body' })
    expect(other.status, other.text).toBe(201)
    const { body } = await s.get('/v1/organizations?name=youth%20council')
    expect(body['data'].map(({ id }: Body) => id)).toEqual([created['id']])
  })
})

describe('spellings', () => {
  test.each([
    ['أحمد آل ثاني ومؤتمر', ['احمد', 'ال', 'ومؤتمر', 'ومؤتمر']],
    ['منظمة', ['منظمه', 'منظـمة', 'مُنَظَّمَةٌ']],
    ['ٱلعربية', ['العربیه']],
    ['سازمان همکاری شانگهای', ['همكاري', 'شانگهاي']],
    ['togʻ va bogʻ', ['tog', "tog'", 'bog‘']],
    ['san’at va maʼno', ["san'at", 'sanʼat', "ma'no", 'ma’no']],
    ['ʿAbd al-ʾIlah, Rusʹ', ['abd', 'ilah', 'Rus']],
    ['Ҷумҳурии Тоҷикистон, ӯро', ['Чумхурии', 'уро']],
    ['Қазақстан, өңір, әскер, үкімет', ['казакстан', 'онир', 'аскер', 'укимет']],
    ['上海合作組織峰會', ['上海合作组织', '峰会', '組織']],
    ['國防部長', ['国防部长']],
    ['中华人民共和国', ['中華人民共和國']],
    ['Йемен', ['йемен', 'иемен']],
    ['vari\ufe0fation se\u2060lector\u200b', ['variation', 'selector']],
  ])('of %s', (text, queries) => {
    for (const query of queries) expect(matchesText([text], parseSearch(query)), query).toBe(true)
  })

  test('of quotation marks in a query make a phrase', () => {
    for (const q of ['«joint exercises»', '“joint exercises”', '„joint exercises“', '『joint exercises』']) {
      expect(matchesText(['joint exercises'], parseSearch(q)), q).toBe(true)
      expect(matchesText(['exercises, joint'], parseSearch(q)), q).toBe(false)
    }
  })
})

test('any word of a text finds it, alone and in the index', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      for (const word of fold(text).split(' ').filter(Boolean))
        expect(matchesText([text], parseSearch(word)), word).toBe(true)
      expect(indexedWords(text).startsWith(fold(text))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('a stem is stable however often it is asked for', () => {
  expect([stemOf('exercises'), stemOf('exercises')]).toEqual(['exercis', 'exercis'])
  expect([stemOf('x2'), stemOf('上'), stemOf(`a${'b'.repeat(60)}`), stemOf('')]).toEqual([
    null,
    null,
    null,
    null,
  ])
})

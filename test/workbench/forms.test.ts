// Creating and correcting records and parts with forms.
import { describe, expect, test } from 'vitest'
import type { Child } from '../../src/records/schema/catalogue.ts'
import type { Json } from '../../src/records/schema/document.ts'
import type { Entity } from '../../src/records/schema/resource.ts'
import { catalogue } from '../../src/resources/index.ts'
import { dateInWords } from '../../src/web/dates.ts'
import type { Language } from '../../src/web/languages.ts'
import { fieldsOf } from '../../src/workbench/forms/fields.ts'
import { nodeOfSubject } from '../../src/workbench/forms/subject.ts'
import { type Service, service } from '../helpers/app.ts'
import { type Body, fullBody, type Ids, kinds, leastBody, oneOfEach, pathOf } from '../helpers/bodies.ts'
import { errorsIn, fill, press } from '../helpers/forms.ts'
import { create, get } from '../helpers/requests.ts'
import { type Client, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const PREFIXES: Record<Language, string> = { en: '', ru: '/ru', zh: '/zh' }

/** What a person types for the fields of a body, in a language. */
function typed(
  entity: Entity,
  parent: Entity | null,
  body: Body,
  language: Language = 'en',
): Record<string, string> {
  const subject = { entity, parent: parent && { entity: parent, doc: {} as never }, doc: null, path: '' }
  const node = nodeOfSubject(catalogue, subject, new Map([['field', String(body['field'] ?? '')]]))
  const shape = parent ? catalogue.bodyOf(entity as Child, parent) : catalogue.resource(entity.kind).create
  const parsed = shape.parse(body) as Record<string, Json>
  // A direction that follows from the value is not entered.
  const { direction = null, value = null } = body
  const whole = { ...parsed, ...(entity.kind === 'evidence' && { direction, value }) }
  return Object.fromEntries(fieldsOf(node, whole, (date) => dateInWords(language, date)))
}

/** A record without what every record has of its own. */
const facts = ({ id, createdAt, updatedAt, version, recordId, ...others }: Body) => others

const idIn = (location: unknown) =>
  /[a-z]{3}_[0-9a-z]{26}|(?<=\/)[A-Z]{2}(?=\?)/.exec(String(location).replace(/.*#/, ''))?.[0] ?? ''

async function setUp(options: { seed?: boolean } = {}): Promise<{ s: Service; browser: Client; ids: Ids }> {
  const s = await service(options)
  return { s, browser: await signIn(s), ids: await oneOfEach(s) }
}

describe('a new', () => {
  test.each(
    // A new source has a page of its own, which begins with its text.
    kinds
      .filter((kind) => kind !== 'source')
      .flatMap((kind) => (['en', 'ru', 'zh'] as const).map((language) => [kind, language] as const)),
  )('%s from a form (%s) is what the API would have stored', async (kind, language) => {
    const { s, browser, ids } = await setUp()
    for (const body of [leastBody(kind, ids), fullBody(kind, ids)]) {
      const expected = await create(s, pathOf(kind), body)
      expect((await s.del(`${pathOf(kind)}/${expected['id']}`)).status).toBe(204)
      const resource = catalogue.resource(kind)
      const fields = typed(resource, null, body, language)
      const answer = await fill(browser, `${PREFIXES[language]}/edit/${resource.path}/new`, fields)
      expect([answer.status, errorsIn(answer.text)]).toEqual([303, []])
      const stored = await get(s, `${pathOf(kind)}/${idIn(answer.headers.location)}`)
      expect(facts(stored)).toEqual(facts(expected))
      const page = await browser.get(String(answer.headers.location))
      await expectSafe(`${kind} in ${language}`, page.text)
    }
  })

  test('record in the form is what the API has after a correction of one field', async () => {
    const { s, browser, ids } = await setUp()
    for (const kind of kinds) {
      const before = await create(s, pathOf(kind), fullBody(kind, ids))
      const { titleField, path } = catalogue.resource(kind)
      const answer = await fill(browser, `/zh/edit/${path}/${before['id']}`, {
        [titleField]: 'Corrected',
        reason: ' A  typo. ',
      })
      expect([answer.status, errorsIn(answer.text)]).toEqual([303, []])
      const after = await get(s, `${pathOf(kind)}/${before['id']}`)
      const { updatedAt: _, version, ...others } = after
      expect({ ...others, [titleField]: before[titleField] }).toEqual(
        Object.fromEntries(
          Object.entries(before).filter(([key]) => key !== 'updatedAt' && key !== 'version'),
        ),
      )
      expect([after[titleField], version]).toEqual(['Corrected', 2])
      const [last] = (await get(s, `${pathOf(kind)}/${before['id']}/history`))['data']
      expect(last).toMatchObject({ reason: 'A  typo.', actor: { name: 'test analyst' } })
      const again = await fill(browser, `/edit/${path}/${before['id']}`)
      expect(again.headers.location).toContain('done=unchanged')
    }
  })
})

/** Bodies of parts, by their kind and that of their record. */
const PARTS: [string, string, (ids: Ids) => Body][] = [
  [
    'proposal',
    'events',
    ({ meeting, speaker }) => ({
      type: 'proposed',
      occurredOn: '2022-08-24',
      meetingId: meeting,
      speakerId: speaker,
      note: 'N',
    }),
  ],
  ['agreement', 'events', ({ state }) => ({ type: 'signed', occurredOn: '2019-04-29', stateCode: state })],
  [
    'proposal',
    'positions',
    ({ state, meeting }) => ({
      stateCode: state,
      position: 'supported',
      statedOn: '2022',
      meetingId: meeting,
      locator: { label: 'paragraph', value: '3' },
    }),
  ],
  ['statement', 'positions', ({ organization }) => ({ organizationId: organization, position: 'reserved' })],
  [
    'speaker',
    'memberships',
    ({ state, organization }) => ({
      role: 'Minister',
      stateCode: state,
      organizationId: organization,
      startDate: '2012-11-06',
      endDate: '[2022..2023]',
    }),
  ],
  [
    'state',
    'memberships',
    ({ organization }) => ({ role: 'member', organizationId: organization, startDate: '2001-06-15' }),
  ],
  ['organization', 'memberships', ({ organization }) => ({ role: 'organ', organizationId: organization })],
  ['proposal', 'relations', ({ agreement }) => ({ type: 'became', targetId: agreement, note: 'It did.' })],
  ['meeting', 'relations', ({ proposal }) => ({ type: 'implements', targetId: proposal })],
  ['source', 'relations', ({ source }) => ({ type: 'based-on', targetId: source })],
  ...kinds.map((kind): [string, string, (ids: Ids) => Body] => [
    kind,
    'evidence',
    ({ source }) => ({ sourceId: source, motivation: 'quote', exact: 'The text' }),
  ]),
  [
    'meeting',
    'evidence',
    ({ source }) => ({
      sourceId: source,
      field: '/startDate',
      value: '2022-08',
      motivation: 'inference',
      assertion: 'announced',
      exact: 'text of',
      note: 'Why.',
      locator: { label: 'page', value: '2' },
      translation: { language: 'ru', text: 'текст', by: 'analyst' },
    }),
  ],
  [
    'statement',
    'evidence',
    ({ source, speaker }) => ({
      sourceId: source,
      field: '/contributors',
      value: { speakerId: speaker },
      motivation: 'quote',
      exact: 'text of',
    }),
  ],
  [
    'proposal',
    'evidence',
    ({ source }) => ({
      sourceId: source,
      field: '/title',
      motivation: 'quote',
      exact: 'The text',
      direction: 'disputes',
    }),
  ],
]

describe('a part', () => {
  test.each(PARTS)(
    'of a %s in %s, from a form, is what the API would have stored, and stays so',
    async (kind, path, bodyOf) => {
      const { s, browser, ids } = await setUp()
      const resource = catalogue.resource(kind as never)
      const child = catalogue.children.find((each) => each.path === path) as Child
      const { id } = await create(s, pathOf(kind as never), leastBody(kind as never, ids))
      const body = bodyOf(ids)
      const url = `/v1/${resource.path}/${id}/${path}`
      const expected = await create(s, url, body)
      expect((await s.del(`${url}/${expected['id']}`)).status).toBe(204)
      const query = body['field'] ? `?field=${body['field']}` : ''
      const answer = await fill(
        browser,
        `/ru/edit/${resource.path}/${id}/${path}/new${query}`,
        typed(child, resource, body, 'ru'),
      )
      expect([answer.status, errorsIn(answer.text)]).toEqual([303, []])
      const partId = idIn(answer.headers.location)
      const stored = await get(s, `${url}/${partId}`)
      expect(facts(stored)).toEqual(facts(expected))
      for (const edit of [`/edit/${path}/${partId}`, `/zh/edit/${resource.path}/${id}/${path}/${partId}`]) {
        const page = await browser.get(edit)
        await expectSafe(edit, page.text)
        const again = await press(browser, page.text)
        expect([again.status, again.headers.location]).toEqual([
          303,
          expect.stringContaining('done=unchanged'),
        ])
      }
      const noted = await fill(browser, `/edit/${path}/${partId}`, { note: 'Another note.', reason: 'Why' })
      expect([noted.status, errorsIn(noted.text)]).toEqual([303, []])
      expect(facts(await get(s, `${url}/${partId}`))).toEqual({ ...facts(expected), note: 'Another note.' })
    },
  )
})

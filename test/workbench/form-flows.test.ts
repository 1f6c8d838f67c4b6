// What forms do with mistakes, questions, other people's changes, and hostile texts.
import { describe, expect, test } from 'vitest'
import { service } from '../helpers/app.ts'
import { errorsIn, fill, formIn, press } from '../helpers/forms.ts'
import { create, get } from '../helpers/requests.ts'
import { client, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const MEETING = 'mtg_01gb6jc400e2etq4tax4jyms25'
const PROPOSAL = 'prp_01gb6jc400egbsbzx9etj88v69'
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'

const setUp = async (options = {}) => {
  const s = await service({ seed: true, ...options })
  return { s, browser: await signIn(s) }
}

const idIn = (location: unknown) => /[a-z]{3}_[0-9a-z]{26}/.exec(String(location))?.[0] ?? ''

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)> '&amp; \${x} </textarea></form> \u202e עברית`

describe('a mistake', () => {
  const typed = {
    title: HOSTILE,
    summary: ` \n<b>one</b>\n\ntwo  `,
    proposedOn: 'some day',
    'contributors.0.attributionText': HOSTILE,
    'contributors.0.stateCode': 'RU',
    'otherNames.0.name': HOSTILE,
    'otherNames.0.language': 'Klingon?',
    'sources.0.url': 'javascript:alert(1)',
    'sources.0.note': HOSTILE,
    'identifiers.0.scheme': 'a:b',
    'identifiers.0.identifier': HOSTILE,
    'meetingId:find': HOSTILE,
    reason: HOSTILE,
  }

  test.each(['', '/ru', '/zh'])('is shown beside its field with all that was typed (%s)', async (prefix) => {
    const { browser } = await setUp()
    const path = `${prefix}/edit/proposals/new`
    const answer = await fill(browser, path, typed)
    expect(answer.status).toBe(422)
    await expectSafe(path, answer.text)
    expect(answer.text).toMatch(/<title>(?:Error|Ошибка|错误): /)
    const { fields } = formIn(answer.text)
    expect(fields).toMatchObject({ ...typed, 'meetingId:found': HOSTILE })
    const wrong = ['contributors-0-role', 'meetingId', 'proposedOn', 'otherNames-0-language']
    expect(errorsIn(answer.text).map(([id]) => id)).toEqual(expect.arrayContaining(wrong))
    for (const [id] of errorsIn(answer.text)) expect(answer.text).toContain(` id="${id}"`)
    for (const id of ['proposedOn', 'contributors-0-role', 'otherNames-0-language'])
      expect(answer.text).toMatch(
        new RegExp(
          `<(?:input|select)[^>]* id="${id}"[^>]* aria-describedby="[^"]*${id}-error[^"]*" aria-invalid="true"`,
        ),
      )
    // The schema is checked when all values can be read.
    const readable = {
      proposedOn: '2022',
      'otherNames.0.language': 'ru',
      'contributors.0.role': 'proposer',
      'meetingId:find': '',
    }
    const again = await press(browser, answer.text, readable)
    expect(again.status).toBe(422)
    await expectSafe(path, again.text)
    expect(formIn(again.text).fields).toMatchObject({ ...typed, ...readable })
    expect(errorsIn(again.text).map(([id]) => id)).toEqual(
      expect.arrayContaining(['sources-0-url', 'identifiers-0-scheme']),
    )
  })

  test('of the whole record, or one that only the database can see, leads to its field too', async () => {
    const { browser } = await setUp()
    const parent = await fill(browser, `/edit/meetings/${MEETING}`, {
      endDate: '23 August 2022',
      'participants.99.role': 'chair',
      'participants.99.attributionText': 'x',
    })
    expect([parent.status, errorsIn(parent.text).map(([id]) => id)]).toEqual([
      422,
      [expect.stringMatching(/^participants-\d+$/), 'endDate'],
    ])
    const unknown = await fill(browser, '/edit/proposals/new', {
      title: 'A',
      meetingId: 'mtg_01gb6jc400ezz8kdnweefcy4dk',
    })
    expect([unknown.status, errorsIn(unknown.text).map(([id]) => id)]).toEqual([422, ['meetingId']])
    const taken = await fill(browser, '/edit/states/new', { code: 'RU', name: 'R' })
    expect([taken.status, errorsIn(taken.text).map(([id]) => id)]).toEqual([409, ['code']])
    expect(taken.text).toContain('href="/states/RU"')
    const longReason = await fill(browser, '/edit/proposals/new', { title: 'A', reason: 'x'.repeat(501) })
    expect([longReason.status, errorsIn(longReason.text).map(([id]) => id)]).toEqual([422, ['reason']])
  })

  test('in no text harms the page of the record', async () => {
    const { s, browser } = await setUp()
    const answer = await fill(browser, '/edit/proposals/new', {
      title: HOSTILE,
      summary: HOSTILE,
      reason: HOSTILE,
    })
    expect(answer.status).toBe(303)
    const { text } = await browser.get(String(answer.headers.location))
    await expectSafe('saved', text)
    const { summary } = await get(s, `/v1/proposals/${idIn(answer.headers.location)}`)
    expect(summary).toBe(HOSTILE)
  })
})

describe('a date', () => {
  test('that can mean several is asked back, and the answer is saved', async () => {
    const { s, browser } = await setUp()
    const asked = await fill(browser, '/zh/edit/proposals/new', { title: 'A', proposedOn: '03/04/2022' })
    expect([asked.status, errorsIn(asked.text).map(([id]) => id)]).toEqual([422, ['proposedOn']])
    expect(asked.text).toContain('2022年4月3日')
    await expectSafe('dates', asked.text)
    const saved = await press(browser, asked.text, { 'proposedOn:pick': '2022-03-04' })
    expect((await get(s, `/v1/proposals/${idIn(saved.headers.location)}`))['proposedOn']).toBe('2022-03-04')
  })
})

describe('choosing a record', () => {
  test('by search, and changing the choice', async () => {
    const { s, browser } = await setUp()
    const found = await fill(
      browser,
      '/edit/proposals/new',
      { title: 'A', 'meetingId:find': 'Tashkent ministers' },
      'find meetingId',
    )
    expect(found.status).toBe(200)
    expect(found.text).toMatch(
      new RegExp(`<input type="radio" id="meetingId-0" name="meetingId" value="${MEETING}">`),
    )
    await expectSafe('found', found.text)
    const unchosen = await press(browser, found.text)
    expect([unchosen.status, errorsIn(unchosen.text).map(([id]) => id)]).toEqual([422, ['meetingId']])
    const saved = await press(browser, unchosen.text, { meetingId: MEETING })
    const id = idIn(saved.headers.location)
    expect((await get(s, `/v1/proposals/${id}`))['meetingId']).toBe(MEETING)
    expect((await fill(browser, `/edit/proposals/${id}`, { meetingId: '' })).status).toBe(303)
    expect((await get(s, `/v1/proposals/${id}`))['meetingId']).toBe(null)
  })

  test('by an address, or of several kinds', async () => {
    const { browser } = await setUp()
    const found = await fill(
      browser,
      `/edit/proposals/${PROPOSAL}/relations/new`,
      { 'targetId:find': `https://example.org/ru/proposals/${PROPOSAL}#facts` },
      'find targetId',
    )
    expect(found.text).toContain(`name="targetId" value="${PROPOSAL}"`)
    const none = await fill(
      browser,
      '/ru/edit/proposals/new',
      { 'addresseeId:find': 'nosuchthinganywhere' },
      'find addresseeId',
    )
    expect(none.text).toContain('<bdi>nosuchthinganywhere</bdi>')
  })

  test('that is not there yet: the new one comes back, and nothing is lost', async () => {
    const { s, browser } = await setUp()
    const typed = {
      title: 'A title',
      summary: 'Two\nlines',
      'contributors.0.role': 'proposer',
      'contributors.0.speakerId:find': 'Iva Novák',
      reason: 'Why',
    }
    const inner = await fill(
      browser,
      '/ru/edit/proposals/new',
      typed,
      'make contributors.0.speakerId speaker',
    )
    expect(inner.status).toBe(200)
    await expectSafe('inner', inner.text)
    expect(formIn(inner.text)).toMatchObject({
      action: '/ru/edit/speakers/new',
      fields: { name: 'Iva Novák' },
    })
    const wrong = await press(browser, inner.text, { name: '' })
    expect(wrong.status).toBe(422)
    const outer = await press(browser, wrong.text, { name: 'Iva Novák' })
    expect([outer.status, errorsIn(outer.text)]).toEqual([200, []])
    await expectSafe('outer', outer.text)
    const { action, fields } = formIn(outer.text)
    const { data } = await get(s, '/v1/speakers?name=Iva+Nov%C3%A1k')
    expect(action).toBe('/ru/edit/proposals/new')
    expect(fields).toMatchObject({
      title: 'A title',
      summary: 'Two\nlines',
      'contributors.0.role': 'proposer',
      'contributors.0.speakerId': data[0].id,
      reason: 'Why',
    })
    const saved = await press(browser, outer.text)
    expect(saved.status).toBe(303)
    expect((await get(s, `/v1/proposals/${idIn(saved.headers.location)}`))['contributors']).toMatchObject([
      { speakerId: data[0].id },
    ])
  })

  test('is proposed to a script as JSON', async () => {
    const { browser } = await setUp()
    const { status, body } = await browser.get('/zh/edit/find?kind=meeting,proposal&q=Tashkent')
    expect(status).toBe(200)
    expect(body['records']).toContainEqual(
      expect.objectContaining({ id: MEETING, name: expect.stringContaining('2022年8月24日') }),
    )
    expect((await browser.get('/edit/find?kind=nothing&q=a')).status).toBe(400)
  })
})

describe('a new record that is like another', () => {
  test('is that one: what was typed fills it, and what differs is asked', async () => {
    const { s, browser } = await setUp()
    const person = await create(s, '/v1/speakers', {
      name: 'Iva Novák',
      identifiers: [{ scheme: 'a', identifier: '1' }],
    })
    const asked = await fill(browser, '/edit/speakers/new', {
      name: 'IVA NOVÁK',
      'identifiers.0.scheme': 'b',
      'identifiers.0.identifier': '2',
    })
    expect([asked.status, errorsIn(asked.text).map(([id]) => id)]).toEqual([409, ['distinct']])
    await expectSafe('alike', asked.text)
    const differ = await press(browser, asked.text, { distinct: person['id'] })
    expect(differ.status).toBe(409)
    await expectSafe('differ', differ.text)
    const saved = await press(browser, differ.text, { 'take:name': 'theirs', 'take:identifiers': 'both' })
    expect([saved.status, saved.headers.location]).toEqual([303, expect.stringContaining(person['id'])])
    expect(await get(s, `/v1/speakers/${person['id']}`)).toMatchObject({
      name: 'Iva Novák',
      identifiers: [
        { scheme: 'a', identifier: '1' },
        { scheme: 'b', identifier: '2' },
      ],
    })
  })

  test('is another one: both are said to be distinct', async () => {
    const { s, browser } = await setUp()
    const person = await create(s, '/v1/speakers', { name: 'Iva Novák' })
    const asked = await fill(browser, '/edit/speakers/new', { name: 'Iva Novák' })
    const saved = await press(browser, asked.text, { distinct: 'none' })
    expect(saved.status).toBe(303)
    expect((await get(s, `/v1/speakers/${idIn(saved.headers.location)}`))['distinctFrom']).toEqual([
      person['id'],
    ])
  })
})

describe('two people', () => {
  test('who change different fields lose neither', async () => {
    const { s, browser } = await setUp()
    const page = await browser.get(`/edit/proposals/${PROPOSAL}`)
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Theirs.' })
    const saved = await press(browser, page.text, { title: 'Mine' })
    expect([saved.status, saved.headers.location]).toEqual([303, expect.stringContaining('done=combined')])
    expect(await get(s, `/v1/proposals/${PROPOSAL}`)).toMatchObject({ title: 'Mine', summary: 'Theirs.' })
  })

  test.each([
    ['mine', 'Mine.'],
    ['theirs', 'Theirs.'],
  ])('who change the same field are shown both, and %s counts', async (take, summary) => {
    const { s, browser } = await setUp()
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Found.' })
    const page = await browser.get(`/ru/edit/proposals/${PROPOSAL}`)
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Theirs.' })
    const asked = await press(browser, page.text, { summary: 'Mine.', title: 'My title' })
    expect(asked.status).toBe(409)
    await expectSafe('conflict', asked.text)
    for (const text of ['Found.', 'Theirs.', 'Mine.', 'test analyst']) expect(asked.text).toContain(text)
    expect((await get(s, `/v1/proposals/${PROPOSAL}`))['summary']).toBe('Theirs.')
    const unchosen = await press(browser, asked.text)
    expect([unchosen.status, errorsIn(unchosen.text).map(([id]) => id)]).toEqual([409, ['take-summary']])
    const saved = await press(browser, unchosen.text, { 'take:summary': take })
    expect([saved.status, errorsIn(saved.text)]).toEqual([303, []])
    expect(await get(s, `/v1/proposals/${PROPOSAL}`)).toMatchObject({ summary, title: 'My title' })
  })

  test('who change the same text in different places can keep both, also after a third change', async () => {
    const { s, browser } = await setUp()
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'One two three four.' })
    const page = await browser.get(`/edit/proposals/${PROPOSAL}`)
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Zero two three four.' })
    const asked = await press(browser, page.text, { summary: 'One two three five.' })
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Zero 2 three four.' })
    const again = await press(browser, asked.text, { 'take:summary': 'mine' })
    expect(again.status).toBe(409)
    const saved = await press(browser, again.text, { 'take:summary': 'both' })
    expect(saved.status).toBe(303)
    expect((await get(s, `/v1/proposals/${PROPOSAL}`))['summary']).toBe('Zero 2 three five.')
  })

  test('can go back to the form with their choice', async () => {
    const { s, browser } = await setUp()
    const page = await browser.get(`/edit/proposals/${PROPOSAL}`)
    await s.patch(`/v1/proposals/${PROPOSAL}`, { summary: 'Theirs.', proposedOn: null })
    const asked = await press(browser, page.text, { summary: 'Mine.', title: 'My title' })
    const form = await press(browser, asked.text, { 'take:summary': 'mine' }, 'edit')
    expect(form.status).toBe(200)
    expect(formIn(form.text).fields).toMatchObject({ summary: 'Mine.', title: 'My title' })
    expect((await press(browser, form.text)).status).toBe(303)
  })

  test('of whom one deletes the record: the other can save it as new', async () => {
    const { s, browser } = await setUp()
    const { id } = await create(s, '/v1/proposals', { title: 'Old' })
    const page = await browser.get(`/edit/proposals/${id}`)
    await s.del(`/v1/proposals/${id}`)
    const gone = await press(browser, page.text, { title: 'Mine', summary: 'Typed.' })
    expect(gone.status).toBe(410)
    await expectSafe('gone', gone.text)
    expect(formIn(gone.text)).toMatchObject({
      action: '/edit/proposals/new',
      fields: { title: 'Mine', summary: 'Typed.' },
    })
    const saved = await press(browser, gone.text)
    expect([saved.status, errorsIn(saved.text)]).toEqual([303, []])
    expect(await get(s, `/v1/proposals/${idIn(saved.headers.location)}`)).toMatchObject({
      title: 'Mine',
      summary: 'Typed.',
    })
  })

  test('of whom one deletes the part: the other can save it as new', async () => {
    const { s, browser } = await setUp()
    const event = await create(s, `/v1/proposals/${PROPOSAL}/events`, { type: 'noted', occurredOn: '2023' })
    const page = await browser.get(`/edit/events/${event['id']}`)
    await s.del(`/v1/proposals/${PROPOSAL}/events/${event['id']}`)
    const gone = await press(browser, page.text, { note: 'Mine' })
    expect([gone.status, formIn(gone.text).action]).toEqual([410, `/edit/proposals/${PROPOSAL}/events/new`])
    expect((await press(browser, gone.text)).status).toBe(303)
  })

  test('of whom one merges the record: the change of the other is for what is left', async () => {
    const { s, browser } = await setUp()
    const [one, other] = [
      await create(s, '/v1/speakers', { name: 'One' }),
      await create(s, '/v1/speakers', { name: 'Other' }),
    ]
    const page = await browser.get(`/edit/speakers/${one['id']}`)
    const merged = await s.post(
      `/v1/speakers/${one['id']}/merge?reason=Twice`,
      { into: other['id'] },
      { 'if-match': '*' },
    )
    expect(merged.status).toBe(200)
    const asked = await press(browser, page.text, {
      'otherNames.0.name': 'Mine',
      'otherNames.0.type': 'alternative',
    })
    expect(asked.status).toBe(409)
    const saved = await press(browser, asked.text, { 'take:name': 'theirs', 'take:otherNames': 'both' })
    expect(saved.status).toBe(303)
    expect((await get(s, `/v1/speakers/${other['id']}`))['otherNames']).toMatchObject([
      { name: 'One' },
      { name: 'Mine' },
    ])
  })
})

describe('a form that is sent twice', () => {
  test('is saved once', async () => {
    const { s, browser } = await setUp()
    const page = await browser.get('/edit/proposals/new')
    const answers = await Promise.all([
      press(browser, page.text, { title: 'Twice' }),
      press(browser, page.text, { title: 'Twice' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([303, 303])
    expect(answers[0]?.headers.location).toBe(answers[1]?.headers.location)
    const { data } = await get(s, '/v1/proposals?q=Twice')
    expect(data).toHaveLength(1)
    const edit = await browser.get(`/edit/proposals/${data[0].id}`)
    const edits = await Promise.all([
      press(browser, edit.text, { summary: 'S' }),
      press(browser, edit.text, { summary: 'S' }),
    ])
    expect(edits.map(({ status }) => status)).toEqual([303, 303])
    expect((await get(s, `/v1/proposals/${data[0].id}`))['version']).toBe(2)
  })

  test('but was changed in between is another one', async () => {
    const { s, browser } = await setUp()
    const page = await browser.get('/edit/proposals/new')
    await press(browser, page.text, { title: 'The first title' })
    await press(browser, page.text, { title: 'Quite another subject' })
    expect(
      (await get(s, '/v1/proposals?q=title+OR+subject&count=exact'))['page']['total'],
    ).toBeGreaterThanOrEqual(2)
  })
})

describe('a quote', () => {
  const newSource = (s: Awaited<ReturnType<typeof setUp>>['s'], text: string) =>
    create(s, '/v1/sources', { title: 'S', language: 'en', text })

  test('that occurs twice is asked back with what is around it', async () => {
    const { s, browser } = await setUp()
    const source = await newSource(s, '😀 First they agreed here. Then they agreed there.')
    const path = `/edit/proposals/${PROPOSAL}/evidence/new`
    const asked = await fill(browser, path, {
      sourceId: source['id'],
      motivation: 'quote',
      exact: 'they agreed',
    })
    expect([asked.status, errorsIn(asked.text).length]).toEqual([422, 1])
    expect(asked.text).toContain('Then <mark>they agreed</mark> there.')
    await expectSafe('quotes', asked.text)
    const saved = await press(browser, asked.text, { 'exact:pick': '31-42' })
    expect([saved.status, errorsIn(saved.text)]).toEqual([303, []])
    const { data } = await get(s, `/v1/proposals/${PROPOSAL}/evidence`)
    expect(data.at(-1)).toMatchObject({ exact: 'they agreed', start: 31, end: 42 })
  })

  test('that is written otherwise in the text is proposed as it is there', async () => {
    const { s, browser } = await setUp()
    const source = await newSource(s, 'They “agreed\nat last”.')
    const path = `/ru/edit/proposals/${PROPOSAL}/evidence/new`
    const asked = await fill(browser, path, {
      sourceId: source['id'],
      motivation: 'quote',
      exact: '"AGREED at last"',
    })
    expect(asked.status).toBe(422)
    const [, place = ''] = /name="exact:pick" value="([^"]+)"/.exec(asked.text) ?? []
    const other = await press(browser, asked.text, { 'exact:pick': place, exact: 'nowhere' })
    expect(other.status).toBe(422)
    const saved = await press(browser, asked.text, { 'exact:pick': place })
    expect([saved.status, errorsIn(saved.text)]).toEqual([303, []])
    const { data } = await get(s, `/v1/proposals/${PROPOSAL}/evidence`)
    expect(data.at(-1)['exact']).toBe('“agreed\nat last”')
  })

  test('for a field has the control of that field for its value, which is not lost when another field is chosen', async () => {
    const { s, browser } = await setUp()
    const path = `/edit/meetings/${MEETING}/evidence/new`
    const shown = await fill(browser, path, { field: '/startDate' }, 'refresh')
    expect(shown.text).toContain('<label for="value">')
    const typed = { sourceId: SOURCE, motivation: 'quote', exact: 'Tashkent', value: '23 August 2022' }
    const wrong = await press(browser, shown.text, { ...typed, field: '/participants' })
    expect([wrong.status, errorsIn(wrong.text).map(([id]) => id)]).toEqual([422, ['field']])
    expect(wrong.text).toContain('23 August 2022')
    expect(wrong.text).toContain('name="value.stateCode"')
    expect(s).toBeDefined()
  })
})

describe('an event', () => {
  test('is offered the types that the lifecycle allows, the others with the reason', async () => {
    const { s, browser } = await setUp()
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      events: [
        { type: 'proposed', occurredOn: '2022-08-24' },
        { type: 'implemented', occurredOn: '2023' },
      ],
    })
    for (const prefix of ['', '/ru', '/zh']) {
      const page = await browser.get(`${prefix}/edit/proposals/${id}/events/new?occurredOn=2022-09-16`)
      await expectSafe('event', page.text)
      const [, options = '', impossible = ''] =
        /<select id="type"[^>]*>(.*?)<\/select>.*?<details class="impossible">(.*?)<\/details>/s.exec(
          page.text,
        ) ?? []
      expect([...options.matchAll(/value="([a-z-]+)"/g)].map(([, type]) => type)).toEqual([
        'under-consideration',
        'adopted',
        'announced',
        'noted',
      ])
      expect(impossible.match(/<li>/g)).toHaveLength(5)
    }
  })

  test('that is not possible is answered with what is', async () => {
    const { s, browser } = await setUp()
    const { id } = await create(s, '/v1/proposals', {
      title: 'A',
      events: [
        { type: 'proposed', occurredOn: '2022-08-24' },
        { type: 'adopted', occurredOn: '2023' },
      ],
    })
    const answer = await fill(browser, `/edit/proposals/${id}/events/new`, {
      type: 'rejected',
      occurredOn: '2024',
    })
    expect([answer.status, errorsIn(answer.text).map(([field]) => field)]).toEqual([409, ['type']])
    expect(answer.text).toContain('Possible: Implemented.')
    await expectSafe('illegal', answer.text)
    expect((await press(browser, answer.text, { type: 'implemented' })).status).toBe(303)
    expect((await get(s, `/v1/proposals/${id}`))['status']).toBe('implemented')
  })
})

describe('a source', () => {
  test('that is quoted keeps its text to the letter, until the quotes follow a new one', async () => {
    const { s, browser } = await setUp()
    const text = 'First\r\nthey agreed.\rThen\n'
    const { id } = await create(s, '/v1/sources', { title: 'S', language: 'en', text, textStatus: 'excerpt' })
    await create(s, `/v1/proposals/${PROPOSAL}/evidence`, {
      sourceId: id,
      motivation: 'quote',
      exact: 'they agreed',
    })
    expect((await fill(browser, `/edit/sources/${id}`, { title: 'T' })).status).toBe(303)
    expect(await get(s, `/v1/sources/${id}`)).toMatchObject({ title: 'T', text })
    const refused = await fill(browser, `/edit/sources/${id}`, {
      text: 'Before. First\nthey agreed.\nThen\n',
    })
    expect([refused.status, errorsIn(refused.text).map(([field]) => field)]).toEqual([409, ['text']])
    await expectSafe('cited', refused.text)
    const lost = await press(browser, refused.text, { text: 'Nothing.', followText: 'on' })
    expect([lost.status, lost.text.includes('<li>they agreed</li>')]).toEqual([409, true])
    const followed = await press(browser, refused.text, {
      text: 'First\nthey agreed.\nThen\nmore.',
      followText: 'on',
    })
    expect([followed.status, errorsIn(followed.text)]).toEqual([303, []])
    expect((await get(s, `/v1/sources/${id}`))['text']).toBe('First\nthey agreed.\nThen\nmore.')
  })
})

test('a form that is sent after the session has ended is shown again as it was', async () => {
  const { s, browser } = await setUp()
  const page = await browser.get(`/edit/proposals/${PROPOSAL}`)
  const { action, fields } = formIn(page.text)
  const other = client(s)
  const typed = { ...fields, title: 'Typed', summary: 'Two\nlines', do: 'save' }
  const asked = await other.submit(action, typed)
  expect(asked.status).toBe(401)
  const carried = formIn(asked.text, 'form[method="post"]')
  const back = await other.submit(carried.action, { ...carried.fields, signInKey: s.keys.analyst })
  expect(back.status).toBe(200)
  expect(formIn(back.text).fields).toMatchObject({ title: 'Typed', summary: 'Two\nlines' })
  expect((await get(s, `/v1/proposals/${PROPOSAL}`))['version']).toBe(Number(fields['version']))
  expect((await press(other, back.text)).status).toBe(303)
})

test('what is not there is an error page, and unknown fields are ignored', async () => {
  const { browser } = await setUp()
  for (const path of [
    '/edit/nothing/new',
    '/edit/events/new',
    '/edit/proposals/prp_01gb6jc400ezz8kdnweefcy4dk',
    `/edit/speakers/${PROPOSAL}`,
    `/edit/proposals/${PROPOSAL}/memberships/new`,
    `/edit/meetings/${MEETING}/events/new`,
  ])
    expect([path, (await browser.get(path)).status]).toEqual([path, 404])
  const answer = await fill(browser, '/edit/proposals/new', {
    title: 'A',
    __proto__: 'x',
    'agenda.0.title': 'x',
    version: 'x',
    nothing: 'x',
  })
  expect(answer.status).toBe(303)
})

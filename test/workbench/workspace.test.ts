// A report is written on pages without scripts: a text is brought in, words are marked by typing them, cards are filled and saved.
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { cardKinds } from '../../src/workbench/drafts/model.ts'
import { type Service, service } from '../helpers/app.ts'
import { markWords, pasteText, saveAll, saveCard } from '../helpers/drafts.ts'
import { errorsIn, formIn, press } from '../helpers/forms.ts'
import { HOSTILE } from '../helpers/hostile.ts'
import { pdfOf } from '../helpers/pdf.ts'
import { publisher } from '../helpers/publisher.ts'
import { create } from '../helpers/requests.ts'
import { client, signIn } from '../helpers/workbench.ts'
import { expectSafe, textOf, textOfClass } from '../web/check.ts'

const REPORT =
  'Astana, 4 March 2024. The Council of Lake Ministers held its third session. Minister Aigul Serikova of Kazakhstan proposed a joint register of water levels. Uzbekistan supported it. No register was signed.'

async function withStates(): Promise<Service> {
  const s = await service()
  for (const [code, name] of [
    ['KZ', 'Kazakhstan'],
    ['UZ', 'Uzbekistan'],
  ])
    await create(s, '/v1/states', { code, name })
  return s
}

/** The states of the cards, in the order of the page. */
const statesIn = (page: string) =>
  [...page.matchAll(/<div id="state-(\w+)" class="(\w+)"/g)].map(([, key, state]) => `${key} ${state}`)

describe('a new source', () => {
  test('is pasted, and what its lines end with does not matter', async () => {
    const browser = await signIn(await service())
    const pasted = await browser.submit('/edit/sources/new', { text: 'A headline\n\nA text.\n' })
    const page = await browser.get(String(pasted.headers.location))
    await expectSafe('source', page.text)
    const { fields } = formIn(page.text)
    expect([fields['title'], fields['language'], fields['text']]).toEqual([
      'A headline',
      'en',
      'A headline\n\nA text.\n',
    ])
    expect(page.text).toContain('The text is as it came.')
  })

  test('that is pasted has the day and the publisher of its dateline, if that has published before', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/organizations', { name: 'The Gazette', classification: 'newspaper' })
    await create(s, '/v1/organizations', { name: 'Lake Ministers', classification: 'organ' })
    await create(s, '/v1/sources', { title: 'A', language: 'en', text: 'Another text.', publisherId: id })
    const browser = await signIn(s)
    const text = 'Lakes\n\nAstana, 4 March 2024 – The Gazette. The Lake Ministers met on 3 March 2024.'
    const pasted = await browser.submit('/edit/sources/new', { text })
    const page = await browser.get(String(pasted.headers.location))
    expect(formIn(page.text).fields).toMatchObject({ publisherId: id, publishedOn: '4 March 2024' })
    expect(page.text).toContain('it is the first day that the text names')
  })

  test('is fetched, with its fields and publisher, and a card for a publisher that is new', async () => {
    const { origin } = await publisher((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html', 'content-language': 'en' })
        .end(
          `<html><head><title>Lakes</title><meta property="og:site_name" content="Steppe ${HOSTILE} Telegraph"><meta property="article:published_time" content="2024-03-05"></head><body><article><h1>Lakes</h1><p>${REPORT}</p><p>${REPORT}</p></article></body></html>`,
        )
    })
    const s = await service({ pageFetching: { allowPrivate: true } })
    const browser = await signIn(s)
    const fetched = await browser.submit('/edit/sources/fetch', { address: `${origin}/lakes#top` })
    const path = String(fetched.headers.location)
    const page = await browser.get(path)
    await expectSafe(path, page.text)
    const { fields } = formIn(page.text)
    expect(fields).toMatchObject({
      title: 'Lakes',
      publishedOn: '5 March 2024',
      language: 'en',
      url: `${origin}/lakes`,
      text: `Lakes\n\n${REPORT}\n\n${REPORT}`,
    })
    const next = await press(browser, page.text, { addPublisher: 'on' }, 'next')
    const work = await browser.get(String(next.headers.location))
    expect(statesIn(work.text)).toEqual(['source waiting', 'c1 faulty'])
    // The type of the new publisher is missing.
    expect(textOf(work.text)).toContain('1. Organization: Steppe')
  })

  test('of a publisher that is known has it: by its name, or by another page of its host', async () => {
    const { origin, port } = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(REPORT)
    })
    const s = await service({ pageFetching: { allowPrivate: true } })
    const { id } = await create(s, '/v1/organizations', { name: 'The Gazette', classification: 'newspaper' })
    await create(s, '/v1/sources', {
      title: 'A',
      language: 'en',
      text: 'Another text.',
      url: `${origin}/a`,
      publisherId: id,
    })
    const browser = await signIn(s)
    const fetched = await browser.submit('/edit/sources/fetch', { address: `http://127.0.0.1:${port}/b` })
    const page = await browser.get(String(fetched.headers.location))
    expect(formIn(page.text).fields['publisherId']).toBe(id)
  })

  test('is uploaded, with its encoding', async () => {
    const browser = await signIn(await service())
    const upload = async (name: string, content: string | Uint8Array<ArrayBuffer>, fields = {}) => {
      const answer = await browser.upload('/edit/sources/upload', fields, { name, content })
      return answer.status === 303 ? browser.get(String(answer.headers.location)) : answer
    }
    const pdf = await upload('a.pdf', pdfOf([['A communique.']]))
    expect(formIn(pdf.text).fields['text']).toBe('A communique.')
    const text = await upload('a.txt', `One\r\nTwo\u2028Three\0`)
    expect(text.text).toContain('This is neither HTML nor PDF nor text')
    const mixed = await upload('a.txt', 'One\r\nTwo\u2028Three\u0007')
    expect(formIn(mixed.text).fields['text']).toBe('One\nTwo\nThree')
    expect(textOf(mixed.text)).toContain(
      '1 line break was unified; 1 other separator became a line break; 1 control character was removed.',
    )
    const cyrillic = new Uint8Array([0xd8, 0xce, 0xd1, 0xd1, 0xd1])
    const guessed = await upload('a.txt', cyrillic)
    expect(guessed.text).toContain('Nothing says the encoding.')
    const chosen = await upload('a.txt', cyrillic, { fileEncoding: 'windows-1251' })
    expect([formIn(chosen.text).fields['text'], textOf(chosen.text)]).toEqual([
      'ШОССС',
      expect.stringContaining('It was read as windows-1251.'),
    ])
  })

  test('that cannot be taken is refused with the reason, and what was typed stays', async () => {
    const browser = await signIn(await service())
    const answers = [
      [await browser.submit('/edit/sources/new', { text: ' \n ' }), 'text'],
      [await browser.submit('/edit/sources/fetch', { address: 'http://127.0.0.1/' }), 'address'],
      [await browser.submit('/edit/sources/fetch', { address: ' ' }), 'address'],
      [await browser.submit('/edit/sources/stored', { source: 'src_no' }), 'source'],
      [await browser.upload('/edit/sources/upload', {}, { name: 'a.txt', content: '' }), 'file'],
      [
        await browser.upload('/edit/sources/upload', {}, { name: 'a.txt', content: 'x'.repeat(10_000_001) }),
        'file',
      ],
    ] as const
    for (const [answer, name] of answers) {
      expect([name, answer.status]).toEqual([name, 422])
      expect(errorsIn(answer.text).map(([id]) => id)).toEqual([name])
      await expectSafe(name, answer.text)
    }
    expect(answers[1][0].text).toContain('value="http://127.0.0.1/"')
    expect(answers[1][0].text).toContain('127.0.0.1 is not a public address (loopback).')
  })

  test('that is stored already, or nearly, is shown with the question how the two are related', async () => {
    const s = await service()
    const { id } = await create(s, '/v1/sources', {
      title: 'Stored',
      language: 'en',
      text: REPORT,
      textStatus: 'excerpt',
    })
    const browser = await signIn(s)
    const pasted = await browser.submit('/edit/sources/new', { text: `Lakes\n\n${REPORT} And so on.` })
    const path = String(pasted.headers.location)
    const page = await browser.get(path)
    await expectSafe(path, page.text)
    expect(textOf(page.text)).toContain('It is a part of this text')
    const draft = path.replace('/source', '')
    const related = await press(browser, page.text, { [`known-${id}`]: 'reprint-of' }, 'save')
    expect(formIn((await browser.get(String(related.headers.location))).text).fields[`known-${id}`]).toBe(
      'reprint-of',
    )
    expect(statesIn((await browser.get(draft)).text)).toEqual(['source written'])
    // Without an answer, the check asks.
    const shown = await browser.get(path)
    await press(browser, shown.text, { [`known-${id}`]: '' }, 'next')
    expect(statesIn((await browser.get(draft)).text)).toEqual(['source faulty'])
    // What would become of the cards is said all the same.
    const marked = await markWords(browser, draft, 'Council of Lake Ministers', 'topic')
    expect(statesIn(marked.text)).toEqual(['source faulty', 'c1 written'])
    await saveCard(browser, marked, {}, 'drop')
    // The stored excerpt is completed, and its quotes keep their places.
    const speaker = await create(s, '/v1/speakers', { name: 'Aigul Serikova' })
    await create(s, `/v1/speakers/${speaker['id']}/evidence`, {
      sourceId: id,
      motivation: 'quote',
      exact: 'Aigul Serikova',
    })
    const again = await browser.get(path)
    await press(browser, again.text, { [`known-${id}`]: 'completes' }, 'next')
    await saveAll(browser, draft)
    const { body } = await s.get(`/v1/sources/${id}`)
    expect([body['text'], body['textStatus']]).toEqual([`Lakes\n\n${REPORT} And so on.`, 'full'])
    const evidence = await s.get(`/v1/evidence?source=${id}`)
    expect(evidence.body['data'][0].start).toBe(REPORT.indexOf('Aigul') + 'Lakes\n\n'.length)
  })

  test('that was changed in another window keeps what is typed here, its text too', async () => {
    const browser = await signIn(await service())
    const pasted = await browser.submit('/edit/sources/new', { text: REPORT })
    const path = String(pasted.headers.location)
    const page = await browser.get(path)
    await press(browser, page.text, { title: 'Lakes' }, 'save')
    const conflict = await press(browser, page.text, { place: 'Astana', text: `Lakes\n${REPORT}` }, 'save')
    expect(conflict.status).toBe(409)
    await expectSafe('conflict', conflict.text)
    expect(formIn(conflict.text).fields).toMatchObject({
      title: 'Lakes',
      place: 'Astana',
      text: `Lakes\n${REPORT}`,
    })
  })

  test('that is stored is worked on', async () => {
    const s = await service({ seed: true })
    const { body } = await s.get('/v1/sources')
    const { id, text, title } = body['data'][0]
    const browser = await signIn(s)
    const opened = await browser.submit('/edit/sources/stored', {
      source: `https://tracker.example/sources/${id}#x`,
    })
    const draft = String(opened.headers.location).replace('/source', '')
    const source = await browser.get(String(opened.headers.location))
    await expectSafe('stored', source.text)
    await press(browser, source.text, {}, 'next')
    const page = await browser.get(draft)
    expect(textOfClass(page.text, 'text')).toBe(text)
    expect(textOf(page.text)).toContain(`Source: ${title}`)
    expect(formIn((await browser.get(`${draft}?card=source`)).text).fields).toMatchObject({
      title,
      publishedOn: '24 August 2022',
    })
    await markWords(browser, draft, 'SCO’s potential', 'topic')
    expect((await s.get('/v1/sources')).body['data']).toHaveLength(1)
    // Its form leads there too, and a draft that was begun is gone on with.
    const form = await browser.get(`/edit/sources/${id}`)
    expect(form.text).toContain(`href="/edit/sources/stored?source=${id}"`)
    const stored = await browser.get(`/edit/sources/stored?source=${id}`)
    expect(stored.text).toContain(`value="${id}"`)
    const again = await browser.submit('/edit/sources/stored', { source: id })
    expect(again.headers.location).toBe(draft)
    await saveAll(browser, draft)
    const next = await browser.submit('/edit/sources/stored', { source: id })
    expect(next.headers.location).not.toContain(draft)
  })
})

describe('words of the text', () => {
  test('become a card, filled with what the text says', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    const meeting = await markWords(
      browser,
      draft,
      'The Council of Lake Ministers held its third session',
      'meeting',
    )
    await expectSafe('card', meeting.text)
    expect(formIn(meeting.text).fields).toMatchObject({
      name: 'The Council of Lake Ministers held its third session',
      startDate: '4 March 2024',
      'quotes.0.field': '',
      'quotes.0.motivation': 'quote',
    })
    const speaker = await markWords(browser, draft, 'Minister Aigul Serikova of Kazakhstan', 'speaker')
    await saveCard(browser, speaker, { name: 'Aigul Serikova' })
    await markWords(browser, draft, 'Minister Aigul Serikova of Kazakhstan', 'membership')
    const proposal = await markWords(browser, draft, 'proposed a joint register of water levels', 'proposal')
    expect(formIn(proposal.text).fields).toMatchObject({
      'contributors.0.role': 'proposer',
      'contributors.0.speakerId': '=c2',
      'contributors.0.stateCode': 'KZ',
      meetingId: '=c1',
    })
    const position = await markWords(browser, draft, 'Uzbekistan supported it', 'position')
    expect(formIn(position.text).fields).toMatchObject({
      of: '=c4',
      stateCode: 'UZ',
      statedOn: '4 March 2024',
      meetingId: '=c1',
    })
    const saved = await saveCard(browser, position, { position: 'supported' })
    expect(statesIn(saved.text)).toEqual(
      ['source', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'].map((key) => `${key} written`),
    )
    expect(textOf(saved.text)).toContain('All can be saved.')
    const answer = await saveAll(browser, draft)
    expect(answer.status).toBe(303)
    const done = await browser.get(draft)
    await expectSafe('saved', done.text)
    const { body } = await s.get('/v1/proposals')
    expect(body['data'][0]).toMatchObject({
      title: 'Proposed a joint register of water levels',
      status: 'proposed',
      proposedOn: '2024-03-04',
    })
    expect(done.text).toContain(`href="/proposals/${body['data'][0].id}"`)
    expect((await s.get('/v1/positions?position=supported')).body['data'][0]).toMatchObject({
      stateCode: 'UZ',
    })
  })

  test('that occur several times, or differ a little, are asked about', async () => {
    const browser = await signIn(await withStates())
    const draft = await pasteText(browser, REPORT)
    const several = await browser.submit(`${draft}/mark`, { words: 'register', as: 'topic' })
    expect(several.status).toBe(422)
    await expectSafe('several', several.text)
    expect(errorsIn(several.text)).toEqual([
      ['chosen', 'The text has these words several times. Which do you mean?'],
    ])
    const places = [...several.text.matchAll(/name="chosen" value="(\d+-\d+)"/g)].map(([, place]) => place)
    expect(places).toHaveLength(2)
    const second = await markWords(browser, draft, 'register', 'topic', { chosen: String(places[1]) })
    expect(second.text).toContain('it. No <span id="quote-c1-0"><a')
    const similar = await browser.submit(`${draft}/mark`, {
      words: 'COUNCIL of  lake ministers',
      as: 'organization',
    })
    const place = /name="chosen" value="(\d+-\d+)"/.exec(similar.text)?.[1] ?? ''
    expect(similar.text).toContain('Do you mean one of these?')
    const meant = await markWords(browser, draft, 'COUNCIL of  lake ministers', 'organization', {
      chosen: place,
    })
    expect(formIn(meant.text).fields['name']).toBe('Council of Lake Ministers')
    for (const [fields, name] of [
      [{ words: 'glaciers', as: 'topic' }, 'words'],
      [{ words: ' ', as: 'topic' }, 'words'],
      [{ words: 'Astana', as: '' }, 'as'],
      [{ words: 'Astana', as: 'source' }, 'as'],
      [{ words: 'Astana', as: '=c99' }, 'as'],
    ] as const) {
      const answer = await browser.submit(`${draft}/mark`, fields)
      expect([answer.status, errorsIn(answer.text).map(([id]) => id)]).toEqual([422, [name]])
      expect(answer.text).toContain(`${fields.words}</textarea>`)
    }
  })

  test('are added to a card, for one of its fields, and one sentence carries several records', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    await markWords(browser, draft, 'The Council of Lake Ministers held its third session', 'meeting')
    const card = await markWords(browser, draft, 'Astana', '=c1')
    const field = await saveCard(browser, card, {
      city: 'Astana',
      'quotes.1.field': '/city',
      'quotes.1.note': 'The dateline.',
    })
    expect(formIn(field.text).fields).toMatchObject({
      'quotes.1.field': '/city',
      'quotes.1.note': 'The dateline.',
    })
    await markWords(browser, draft, 'The Council of Lake Ministers', 'organization')
    await saveCard(browser, await browser.get(`${draft}?card=c2`), { classification: 'organ' })
    expect(textOfClass((await browser.get(draft)).text, 'text')).toBe(REPORT)
    await saveAll(browser, draft)
    const { body } = await s.get('/v1/evidence?recordKind=meeting')
    expect(
      body['data'].map(({ field, value, exact, note }: Record<string, string>) => [
        field,
        value,
        exact,
        note,
      ]),
    ).toEqual(expect.arrayContaining([['/city', 'Astana', 'Astana', 'The dateline.']]))
  })

  test('belong to the card that shares words with them, or that the text has last before them', async () => {
    const browser = await signIn(await withStates())
    const text =
      'One proposed a flood alarm. Two proposed weekly levels. They backed the flood alarm. They did. Three proposed a seminar.'
    const draft = await pasteText(browser, text)
    for (const words of ['proposed a flood alarm', 'proposed weekly levels', 'proposed a seminar'])
      await markWords(browser, draft, words, 'proposal')
    const owner = async (words: string) =>
      formIn((await markWords(browser, draft, words, 'position')).text).fields['of']
    expect([await owner('They backed the flood alarm'), await owner('They did')]).toEqual(['=c1', '=c2'])
  })

  test('are evidence for a record that is stored, which is chosen by search', async () => {
    const s = await withStates()
    const { id } = await create(s, '/v1/organizations', {
      name: 'Council of Lake Ministers',
      classification: 'organ',
    })
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    const card = await markWords(browser, draft, 'The Council of Lake Ministers', 'evidence')
    expect(statesIn(card.text)).toEqual(['source written', 'c1 loose'])
    const found = await saveCard(browser, card, { 'of:find': 'lake ministers' }, 'find of')
    await expectSafe('found', found.text)
    expect(found.text).toContain(`value="${id}"`)
    const chosen = await saveCard(browser, found, { of: id, 'of:find': '' })
    expect(statesIn(chosen.text)).toEqual(['source written', 'c1 added'])
    const field = await saveCard(browser, chosen, { 'quotes.0.field': '/name' })
    expect(field.text).toContain('Name · Characters')
    await saveAll(browser, draft)
    const { body } = await s.get(`/v1/organizations/${id}/evidence`)
    expect(body['data']).toMatchObject([
      { field: '/name', exact: 'The Council of Lake Ministers', start: 22 },
    ])
  })
})

describe('a card', () => {
  const begun = async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    const card = await markWords(
      browser,
      draft,
      'The Council of Lake Ministers held its third session',
      'meeting',
    )
    return { s, browser, draft, card }
  }

  test('keeps what cannot be read, and says so', async () => {
    const { browser, draft, card } = await begun()
    const saved = await saveCard(browser, card, { startDate: 'some day', city: 'Astana' })
    expect(statesIn(saved.text)[1]).toBe('c1 faulty')
    expect(saved.text).toContain('this is not a date')
    expect(formIn(saved.text).fields).toMatchObject({ startDate: 'some day', city: 'Astana' })
    const refused = await saveAll(browser, draft)
    expect([refused.status, errorsIn(refused.text)]).toEqual([
      422,
      [['startDate', expect.stringMatching(/^1\. Meeting: .*: First day: this is not a date/)]],
    ])
    expect(formIn(refused.text).fields).toMatchObject({ startDate: 'some day' })
    await expectSafe('refused', refused.text)
    const mended = await saveCard(browser, await browser.get(`${draft}?card=c1`), { startDate: 'март 2024' })
    expect([statesIn(mended.text)[1], formIn(mended.text).fields['startDate']]).toEqual([
      'c1 written',
      'March 2024',
    ])
  })

  test('of each kind is on a valid page, whose ids are unique', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    for (const kind of cardKinds(catalogue)) {
      const page = await markWords(browser, draft, 'Astana', kind)
      await expectSafe(kind, page.text)
    }
    await expectSafe('source', (await browser.get(`${draft}?card=source`)).text)
  })

  test('stays open while words are looked for', async () => {
    const { browser, draft, card } = await begun()
    const { fields } = formIn(card.text, 'form#mark')
    expect(fields['card']).toBe('c1')
    const several = await browser.submit(`${draft}/mark`, { ...fields, words: 'register', as: 'topic' })
    expect(formIn(several.text).fields['name']).toBe('The Council of Lake Ministers held its third session')
    await expectSafe('several', several.text)
  })

  test('gets entries of lists and loses them, its quotes, and itself', async () => {
    const { browser, draft, card } = await begun()
    const added = await press(browser, card.text, { city: 'Astana' }, 'add participants')
    expect(Object.keys(formIn(added.text).fields)).toContain('participants.0.role')
    const filled = await saveCard(browser, added, {
      'participants.0.role': 'host',
      'participants.0.stateCode': 'KZ',
    })
    expect(formIn(filled.text).fields).toMatchObject({ city: 'Astana', 'participants.0.stateCode': 'KZ' })
    const removed = await saveCard(browser, filled, {}, 'remove participants.0')
    expect(Object.keys(formIn(removed.text).fields)).not.toContain('participants.0.role')
    const unquoted = await saveCard(browser, filled, {}, 'unquote 0')
    expect(unquoted.text).toContain('Nothing is quoted yet.')
    await saveCard(browser, unquoted, {}, 'drop')
    expect(statesIn((await browser.get(draft)).text)).toEqual(['source written'])
  })

  test('that may describe a stored record asks, and takes either answer', async () => {
    const { s, browser, draft, card } = await begun()
    const { id: organizationId } = await create(s, '/v1/organizations', {
      name: 'Lake Ministers',
      classification: 'organ',
    })
    const { id } = await create(s, '/v1/meetings', {
      name: 'Third session',
      startDate: '2024-03-04',
      organizationId,
      venue: 'Hall',
    })
    const asked = await saveCard(browser, card, { organizationId, city: 'Astana', venue: 'House' })
    await expectSafe('asked', asked.text)
    expect(textOf(asked.text)).toContain('It may be one of these, which are in the record:Third session')
    expect(textOf(asked.text)).toContain('It fills: City')
    expect(textOf(asked.text)).toContain('Venue: the record has Hall, the card House')
    const same = await saveCard(browser, asked, {}, `same ${id}`)
    expect(textOf(same.text)).toContain('You said that it is Third session')
    expect(textOf(same.text)).toContain('Venue: the record has Hall, the card House')
    const detached = await saveCard(browser, same, {}, 'detach')
    expect(statesIn(detached.text)[1]).toBe('c1 written')
    expect(textOf(detached.text)).toContain('New')
    await saveAll(browser, draft)
    expect((await s.get('/v1/meetings')).body['data']).toHaveLength(2)
  })

  test('of something new can be made for a field', async () => {
    const { s, browser, draft, card } = await begun()
    const made = await saveCard(
      browser,
      card,
      { 'organizationId:find': 'Lake Ministers', city: 'Astana' },
      'make organizationId organization',
    )
    await expectSafe('made', made.text)
    expect(formIn(made.text).fields).toMatchObject({ organizationId: '=c2', city: 'Astana' })
    expect(statesIn(made.text)).toEqual(['source written', 'c1 waiting', 'c2 faulty'])
    expect(textOf(made.text)).toContain('Type: enter something')
    expect(textOf(made.text)).toContain('Nothing is quoted yet.')
    await saveCard(browser, await browser.get(`${draft}?card=c2`), { classification: 'organ' })
    // Of a kind that the field does not have, nothing is made.
    const other = await saveCard(browser, made, {}, 'make organizationId topic')
    expect(statesIn(other.text)).toEqual(['source written', 'c1 written', 'c2 written'])
    // Also for the source.
    const source = await browser.get(`${draft}/source`)
    await press(
      browser,
      source.text,
      { 'publisherId:find': 'Steppe Telegraph' },
      'make publisherId organization',
    )
    expect(formIn((await browser.get(`${draft}/source`)).text).fields['publisherId']).toBe('=c3')
    await saveCard(browser, await browser.get(`${draft}?card=c3`), { classification: 'news-agency' })
    expect((await saveAll(browser, draft)).status).toBe(303)
    const { body } = await s.get('/v1/meetings?include=organization')
    expect(body['data'][0].organization.name).toBe('Lake Ministers')
    expect((await s.get('/v1/sources?include=publisher')).body['data'][0].publisher.name).toBe(
      'Steppe Telegraph',
    )
  })

  test('of an event knows the events that are stored', async () => {
    const { s, browser, draft } = await begun()
    const events = ['proposed', 'rejected'].map((type, index) => ({
      type,
      occurredOn: `2024-0${index + 1}-05`,
    }))
    const { id } = await create(s, '/v1/proposals', { title: 'Joint register', events })
    const card = await markWords(browser, draft, 'supported', 'event')
    const chosen = await saveCard(browser, card, { of: id, 'of:find': '', occurredOn: '4 March 2024' })
    await expectSafe('event', chosen.text)
    expect(textOf(chosen.text)).toContain('Proposed: it cannot follow “rejected” (5 February 2024).')
  })

  test('leaves the sentences shown that lack a quote', async () => {
    const { browser, draft } = await begun()
    const shown = await browser.get(`${draft}?sentences=uncited&card=c1`)
    const saved = await saveCard(browser, shown, { city: 'Astana' })
    expect(saved.text).toContain('class="uncited"')
    const { action } = formIn(saved.text, 'form#mark')
    const marked = await browser.follow(action, { words: 'Uzbekistan', as: 'topic' })
    expect(marked.text).toContain('class="uncited"')
  })

  test('that was changed in another window is shown as it was typed, beside the other', async () => {
    const { browser, draft, card } = await begun()
    await saveCard(browser, card, { city: 'Astana', startDate: '5 March 2024' })
    const conflict = await press(browser, card.text, { city: 'Almaty', summary: 'Typed here.' })
    expect(conflict.status).toBe(409)
    await expectSafe('conflict', conflict.text)
    expect(formIn(conflict.text).fields).toMatchObject({
      city: 'Almaty',
      summary: 'Typed here.',
      // Changed there only.
      startDate: '5 March 2024',
    })
    expect(textOf(conflict.text)).toContain('First day' + '5 March 2024' + 'City' + 'Astana')
    const saved = await saveCard(browser, conflict, {})
    expect(formIn(saved.text).fields).toMatchObject({
      city: 'Almaty',
      summary: 'Typed here.',
      startDate: '5 March 2024',
    })
    // Quotes and entries of lists that were added there stay, and those that were changed here.
    await markWords(browser, draft, 'Astana', '=c1', {})
    const listed = await press(browser, saved.text, { 'quotes.0.note': 'Typed beside.' })
    expect([listed.status, formIn(listed.text).fields['quotes.0.note']]).toEqual([409, 'Typed beside.'])
    const both = await saveCard(browser, listed, { 'quotes.1.field': '/city' })
    expect(formIn(both.text).fields).toMatchObject({
      'quotes.0.note': 'Typed beside.',
      'quotes.1.field': '/city',
    })
    // A card that was removed there.
    await saveCard(browser, both, {}, 'drop')
    const gone = await press(browser, both.text, { summary: 'Typed after that.' })
    expect(gone.status).toBe(409)
    expect(gone.text).toContain('Typed after that.')
    await expectSafe('gone', gone.text)
    expect(statesIn((await browser.get(draft)).text)).toEqual(['source written'])
  })

  test('made in another window meanwhile stays, and marking goes on beside it', async () => {
    const { browser, draft } = await begun()
    const answers = await Promise.all(
      ['Astana', 'Kazakhstan', 'Uzbekistan'].map((words) =>
        browser.submit(`${draft}/mark`, { words, as: 'topic' }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    const page = await browser.get(draft)
    expect(statesIn(page.text)).toHaveLength(5)
    for (const words of ['Astana', 'Kazakhstan', 'Uzbekistan'])
      expect(textOf(page.text)).toContain(`Topic: ${words}`)
  })

  test('whose session ends while it is filled comes back with all that was typed', async () => {
    const { s, browser, card } = await begun()
    const stranger = client(s)
    const { action, fields } = formIn(card.text)
    const carried = await stranger.submit(action, {
      ...fields,
      city: 'Astana',
      summary: 'Two\nlines',
      do: 'save',
    })
    expect(carried.status).toBe(401)
    const sent = formIn(carried.text, 'main form')
    const signedIn = await stranger.submit(sent.action, { ...sent.fields, signInKey: s.keys.analyst })
    expect(signedIn.status).toBe(200)
    expect(formIn(signedIn.text).fields).toMatchObject({ city: 'Astana', summary: 'Two\nlines' })
    const saved = await press(stranger, signedIn.text)
    expect(saved.status).toBe(303)
    expect(formIn((await browser.get(String(saved.headers.location))).text).fields['summary']).toBe(
      'Two\nlines',
    )
  })
})

describe('saving', () => {
  test('writes all once, however often the button is pressed', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    await markWords(browser, draft, 'joint register of water levels', 'proposal')
    const page = await browser.get(draft)
    const revision = /name="revision" value="(\d+)"/.exec(page.text)?.[1] ?? ''
    const answers = await Promise.all([1, 2, 3].map(() => browser.submit(`${draft}/save`, { revision })))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    expect((await s.get('/v1/proposals')).body['data']).toHaveLength(1)
    expect((await s.get('/v1/sources')).body['data']).toHaveLength(1)
    // Nothing of it can change any more.
    const late = await browser.submit(`${draft}/mark`, { words: 'Astana', as: 'topic' })
    expect([late.status, late.text.includes('These are the records of the report')]).toEqual([200, true])
  })

  test('waits for a look at what another window changed', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    const page = await browser.get(draft)
    const revision = /name="revision" value="(\d+)"/.exec(page.text)?.[1] ?? ''
    await markWords(browser, draft, 'Astana', 'topic')
    const stale = await browser.submit(`${draft}/save`, { revision })
    expect([stale.status, stale.text.includes('was changed in another window')]).toEqual([409, true])
    expect((await s.get('/v1/sources')).body['data']).toEqual([])
  })

  test('is refused as a whole if one card is wrong, with links to the cards', async () => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    await markWords(browser, draft, 'Council of Lake Ministers', 'organization')
    await markWords(browser, draft, 'Astana', 'topic')
    await markWords(browser, draft, 'supported', 'position')
    const before = await s.rows()
    const refused = await saveAll(browser, draft)
    const [first, second, ...others] = errorsIn(refused.text)
    expect([refused.status, others]).toEqual([422, []])
    // The first of them is open, and the other one is behind its link.
    expect(first).toEqual([
      'classification',
      '1. Organization: Council of Lake Ministers: Type: enter something',
    ])
    await expectSafe('refused', refused.text)
    const [path = '', field = ''] = `/${second?.[0]}`.split('#')
    expect([field, second?.[1]]).toEqual(['of', '3. Position: supported: Say to which record it belongs'])
    expect((await browser.get(path)).text).toContain(`id="${field}"`)
    expect({ ...(await s.rows()), sessions: [] }).toEqual({ ...before, sessions: [] })
  })
})

describe('a draft', () => {
  test('is listed and deleted by its owner, and nobody else has it', async () => {
    const s = await service()
    const browser = await signIn(s)
    const draft = await pasteText(browser, REPORT)
    const list = await browser.get('/edit/drafts')
    await expectSafe('list', list.text)
    expect(list.text).toContain(`href="${draft}"`)
    expect((await browser.get('/edit')).text).toContain(`href="${draft}"`)
    const saved = await pasteText(browser, 'Another text.')
    await saveAll(browser, saved)
    expect((await browser.get('/edit/drafts')).text).toMatch(
      new RegExp(`href="${saved}">.*?Its report was saved`, 's'),
    )
    expect((await browser.get('/edit')).text).not.toContain(`href="${saved}"`)
    const other = await signIn(s, 'admin')
    for (const path of [draft, `${draft}/source`, `${draft}/delete`])
      expect((await other.get(path)).status).toBe(404)
    expect((await other.submit(`${draft}/delete`)).status).toBe(404)
    expect((await other.get('/edit/drafts')).text).not.toContain(draft)
    await expectSafe('delete', (await browser.get(`${draft}/delete`)).text)
    await browser.follow(`${draft}/delete`, { confirm: 'yes' })
    expect((await browser.get(draft)).status).toBe(404)
  })

  test.each(['', '/ru', '/zh'])('has its pages in each language (%j), whatever its text', async (prefix) => {
    const s = await withStates()
    const browser = await signIn(s)
    const text = `${HOSTILE.replace('\u0001', '')}\n\n${REPORT}`
    const draft = await pasteText(browser, text)
    const marked = await markWords(browser, draft, HOSTILE.replace('\u0001', ''), 'proposal')
    await saveCard(browser, marked, { title: HOSTILE, summary: HOSTILE, 'quotes.0.note': HOSTILE })
    for (const path of [
      '/edit/sources/new',
      '/edit/drafts',
      draft,
      `${draft}?card=c1`,
      `${draft}?sentences=uncited`,
      `${draft}/source`,
    ]) {
      const page = await browser.get(`${prefix}${path}`)
      expect([path, page.status]).toEqual([path, 200])
      await expectSafe(`${prefix}${path}`, page.text)
    }
    const page = await browser.get(`${prefix}${draft}`)
    expect(textOfClass(page.text, 'text')).toBe(text)
  })

  test.each([
    [
      'zh',
      '会议于2024年3月4日举行。😀\r\n国防部长👩🏽‍🚒提出，要建立水位联合登记册。\r\n',
      '建立水位联合登记册',
    ],
    [
      'ru',
      'Астана, 4 марта.\r\n«Е́сли»: министр 🇰🇿 предложи́л соз­дать реестр.\r\n',
      'предложи́л соз­дать реестр',
    ],
    ['fa', 'آستانه، ۴ مارس.\r\nوزیر 👩‍💻 پیشنهاد کرد که «می‌خواهیم» ثبت شود.\r\n', '«می‌خواهیم» ثبت شود'],
  ])('in %s keeps exact places, with emoji, marks and CR LF', async (language, text, words) => {
    const s = await withStates()
    const browser = await signIn(s)
    const draft = await pasteText(browser, text, { language })
    const normalized = text.replaceAll('\r\n', '\n')
    const page = await markWords(browser, draft, words, 'proposal')
    expect(textOfClass(page.text, 'text')).toBe(normalized)
    await saveAll(browser, draft)
    const { body } = await s.get('/v1/evidence?recordKind=proposal')
    const { start, end, exact } = body['data'][0]
    expect([...normalized].slice(start, end).join('')).toBe(words)
    expect([exact, (await s.get('/v1/sources')).body['data'][0].text]).toEqual([words, normalized])
  })
})

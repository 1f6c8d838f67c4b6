// The seeded article is worked in on the pages of a draft alone, by mouse and by keyboard, to all records of the seed.
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { Analyst, beginWork } from '../helpers/analyst.ts'
import { requestsTo } from '../helpers/app.ts'
import { createApplication } from '../helpers/applications.ts'
import {
  ARTICLE_TEXT,
  type ArticleCard,
  articleCards,
  recordLines,
  withoutTranslations,
} from '../helpers/article.ts'
import { describeInBrowser } from '../helpers/browser.ts'
import { freshDatabase } from '../helpers/database.ts'
import { EVERYTHING } from '../helpers/everything.ts'
import { byKeyboard, byMouse } from '../helpers/hands.ts'

/** One to three on a quiet machine. */
const MINUTES = 900_000

/** States are given, and say nothing of the article. */
const isOfArticle = (line: string) => !/^(?:state |membership \{"recordKind":"state")/.test(line)

/** The words that a proposal is made of: those that its event rests on too, which is made with it. */
const PROPOSED = 'The Minister of defence of Russia Sergey Shoigu proposed'

/** How the cards are worked in: each of the hands takes an equal share. */
const WAYS = EVERYTHING
  ? [
      { name: 'mouse', by: [byMouse] },
      { name: 'keyboard', by: [byKeyboard] },
    ]
  : [{ name: 'keyboard and by mouse', by: [byKeyboard, byMouse] }]

/** One of the proposals, and those that others refer to: the rest are worked in like them. */
function withFewProposals(cards: readonly ArticleCard[]): ArticleCard[] {
  const proposals = cards.filter(({ kind }) => kind === 'proposal').map(({ name }) => name)
  const targets = cards.map(({ fields }) => String(fields['targetId']).slice(1))
  const left = new Set(proposals.filter((name, index) => index >= 1 && !targets.includes(name)))
  return cards.filter(({ name, of }) => !left.has(name) && !left.has(of ?? ''))
}

describeInBrowser('the seeded article', () => {
  let seeded: string[] = []

  beforeAll(async () => {
    const database = await freshDatabase('seeded')
    const { app, release } = await createApplication({ engine: await database.openEngine(() => {}) })
    seeded = (await recordLines(requestsTo(app), withoutTranslations)).filter(isOfArticle)
    await release()
    await database.remove()
  })

  test.each(WAYS)('is worked in by $name', { timeout: MINUTES }, async ({ by }) => {
    const { page, origin, get } = await beginWork(onTestFinished)
    const analyst = new Analyst(page, byMouse(page), origin)
    await analyst.signIn(inject('keys').analyst)
    await analyst.create('states', { code: 'RU', name: 'Russia' })
    await analyst.create('states', { code: 'UZ', name: 'Uzbekistan' })
    const { source, cards: whole } = articleCards()
    const all = EVERYTHING ? whole : withFewProposals(whole)
    // Entering them is tested without a browser (workbench/drafts.test.ts).
    const cards = all.map((card) => ({ ...card, fields: withoutTranslations(card.fields) }))
    const { publisherId: _, ...before } = source.fields
    await analyst.paste(ARTICLE_TEXT, before)
    const kinds = new Map(cards.map(({ name, kind }) => [name, kind]))
    const isRelation = ({ kind }: ArticleCard) => Number(kind === 'relation')
    const hands = by.map((handsOn) => handsOn(page))
    // Relations follow the records that they lead to.
    const ordered = cards.toSorted((one, other) => isRelation(one) - isRelation(other))
    for (const [index, card] of ordered.entries()) {
      analyst.hands = hands[Math.floor((index / ordered.length) * hands.length)] ?? analyst.hands
      const isMade = card.kind === 'event' && kinds.get(card.of ?? '') === 'proposal'
      if (isMade) await analyst.open(`c${Number(analyst.keyOf(card.of ?? '').slice(1)) + 1}`)
      await analyst.work(card.kind === 'proposal' ? fromItsWords(card) : card, isMade ? 1 : undefined)
    }
    await analyst.open('source')
    const { textStatus: __, ...fields } = source.fields
    await analyst.work({ ...source, fields }, 0)
    expect(await page.locator('#check').innerText()).toContain('All can be saved.')
    await analyst.saveAll()
    const made = (await recordLines({ get }, withoutTranslations)).filter(isOfArticle)
    expect(made.filter((line) => !seeded.includes(line))).toEqual([])
    const quotes = [source, ...cards].flatMap((card) => card.quotes)
    expect(made).toHaveLength(1 + cards.length + quotes.length)
    if (EVERYTHING) expect(made).toEqual(seeded)
  })
})

/** A proposal whose first quote is the one that its event has too. */
function fromItsWords(card: ArticleCard): ArticleCard {
  const isFirst = ({ exact, fields }: ArticleCard['quotes'][number]) =>
    exact === PROPOSED && fields['motivation'] === undefined
  return {
    ...card,
    quotes: card.quotes.toSorted((one, other) => Number(isFirst(other)) - Number(isFirst(one))),
  }
}

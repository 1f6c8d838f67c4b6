// The ids of cards and quotes on the page of a draft, and the addresses at which cards are open.
import { href, type Page, type Query } from '../../web/page.ts'

export const cardId = (key: string) => `card-${key}`

export const quoteId = (key: string, index: number) => `quote-${key}-${index}`

/** The id of the controls of a quote, which scripts keep open. */
export const aboutQuoteId = (key: string, index: number) => `about-${quoteId(key, index)}`

/** The page of a draft on which a card is open. */
export const cardHref = (page: Page, draft: string, key: string): string =>
  href(page, `/edit/drafts/${draft}`, { card: key, ...keptQuery(page) })

/** What stays from one page of a draft to the next: whether sentences without a quote are shown. */
export const keptQuery = ({ query }: Page): Query =>
  query['sentences'] === 'uncited' ? { sentences: 'uncited' } : {}

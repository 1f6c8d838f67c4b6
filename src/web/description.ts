// What a record is in a few words, with a quote for it: for search engines, link previews and embedded cards.
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html, join, plainText } from './html.ts'
import { recordDetails } from './lines.ts'
import { nameHtml, shortened } from './names.ts'
import { href, type Page } from './page.ts'
import { recordWord } from './words.ts'

/** The longest description, in UTF-16 units. */
const MAX_LENGTH = 300

/** The quote that says most about a record: rather of the whole or of its title, and no inference. */
export function bestQuote({ titleField }: Resource, evidence: readonly Doc[]): Doc | undefined {
  const rank = ({ field, motivation }: Doc) =>
    (motivation === 'quote' ? 0 : 3) + (field === '' ? 0 : field === `/${titleField}` ? 1 : 2)
  return evidence
    .filter(({ direction, standing }) => direction !== 'disputes' && standing !== 'retracted')
    .toSorted((one, other) => rank(one) - rank(other))[0]
}

/** The longest quote of a card, in UTF-16 units. */
const MAX_QUOTE = 400

/** A quote with its source, which leads to it in the text. @param target where the link opens */
export function quoteCard(page: Page, quote: Doc, target: '_top' | null = null): Html {
  const source = page.names.get(String(quote['sourceId']))
  const address = href(page, `/sources/${quote['sourceId']}#${quote.id}`)
  const words = source ? nameHtml(source, page.language) : page.messages.record.inText
  return html`<figure class="quote"><blockquote dir="auto"${source?.textLanguage && html` lang="${source.textLanguage}"`}><mark>${shortened(String(quote['exact']), MAX_QUOTE)}</mark></blockquote><figcaption><a href="${address}"${target && html` target="${target}"`}>${words}</a></figcaption></figure>`
}

/** The quote for a record, its source, and where the record stands. @param evidence of the record itself */
export function descriptionOf(page: Page, resource: Resource, doc: Doc, evidence: readonly Doc[]): string {
  const details = plainText(join(recordDetails(page, resource, doc), ' · '))
  const about = `${recordWord(page, resource.kind, doc)}${details === '' ? '' : ` · ${details}`}`
  // A source speaks for itself.
  const quote = resource.kind === 'source' ? doc : bestQuote(resource, evidence)
  const exact = quote?.['exact'] ?? quote?.['text']
  if (typeof exact !== 'string') return shortened(about, MAX_LENGTH)
  const source = page.names.get(String(quote?.['sourceId']))
  const { punctuation } = page.messages
  const named =
    source === undefined ? '' : punctuation.brackets.replace('{text}', () => shortened(source.text, 80))
  const [quoted, said] = [exact.replaceAll(/\s+/g, ' '), about].map((text) => shortened(text, MAX_LENGTH / 2))
  return `“${quoted}”${named}${punctuation.stop}${said}`
}

// Takes the text out of a PDF, page by page. Runs in the thread of extractor.ts.
import { getDocumentProxy } from 'unpdf'
import { canonicalLanguage } from '../../core/language.ts'
import { type Extracted, NOTHING_EXTRACTED } from './extracted.ts'
import { IngestFailure } from './failure.ts'
import { MAX_TEXT } from './text.ts'

const MAX_PAGES = 500

/** @throws IngestFailure `encrypted` or `damaged` */
export async function extractPdf(data: Uint8Array): Promise<Extracted> {
  const pdf = await open(data)
  const pages: string[] = []
  let length = 0
  for (let number = 1; number <= Math.min(pdf.numPages, MAX_PAGES) && length <= MAX_TEXT; number++) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    const text = joinItems(items as Item[])
    page.cleanup()
    length += text.length
    if (text !== '') pages.push(text)
  }
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }))
  const { Title, Author, Language, CreationDate } = info as Record<string, unknown>
  return {
    ...NOTHING_EXTRACTED,
    title: words(Title),
    authors: [words(Author)].filter((author) => author !== null),
    language: canonicalLanguage(words(Language) ?? ''),
    publishedOn: dayOf(CreationDate),
    text: pages.join('\n\n'),
    pagesLeftOut: Math.max(0, pdf.numPages - MAX_PAGES),
  }
}

async function open(data: Uint8Array) {
  try {
    return await getDocumentProxy(data, { verbosity: 0, useSystemFonts: false, stopAtErrors: false })
  } catch (error) {
    const { name, message } = error as Error
    throw new IngestFailure(name === 'PasswordException' ? 'encrypted' : 'damaged', message.slice(0, 200))
  }
}

/** A run of characters of a page. */
interface Item {
  str?: string
  hasEOL?: boolean
}

/** The text of a page with its lines. Words that are divided at the end of a line stay divided. */
const joinItems = (items: readonly Item[]) =>
  items
    .map(({ str = '', hasEOL }) => (hasEOL ? `${str}\n` : str))
    .join('')
    .replace(/[ \t]+\n/g, '\n')
    .trim()

const words = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null)

/** The day of a date such as `D:20220824153200+03'00'`. */
function dayOf(date: unknown): string | null {
  const day = /^D:(\d{4})(\d{2})(\d{2})/
    .exec(String(date ?? ''))
    ?.slice(1)
    .join('-')
  return day === undefined || Number.isNaN(Date.parse(day)) ? null : day
}

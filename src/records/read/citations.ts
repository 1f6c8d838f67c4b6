// Writes citations for citation managers, as CSL-JSON, RIS and BibTeX, and for readers, in two styles.
import { printable } from '../../core/text.ts'
import type { Doc } from '../../records/schema/document.ts'

/** An item of CSL-JSON (csl-data.json, version 1.0.2). */
export interface CslItem {
  id: string
  type: string
  title: string
  author?: { literal: string }[]
  'container-title'?: string
  publisher?: string
  'publisher-place'?: string
  /** EDTF, as `accessed`. */
  issued?: string
  accessed?: string
  URL?: string
  language?: string
  /** What it is, such as `Proposal`. */
  genre?: string
  note?: string
}

const CSL_TYPES: Record<string, string> = {
  'treaty-text': 'treaty',
  'official-document': 'document',
  'press-release': 'document',
  law: 'legislation',
  news: 'article-newspaper',
  interview: 'interview',
  speech: 'speech',
}

/** The citation of a source. @param publisher the name of its publisher */
export function cslOf(source: Doc, publisher: string | undefined): CslItem {
  const text = (field: string) => source[field] as string | null
  const authors = source['authors'] as string[]
  const archivedUrl = text('archivedUrl')
  const item = {
    id: source.id,
    type: CSL_TYPES[text('classification') ?? ''] ?? 'webpage',
    title: text('title'),
    author: authors.length > 0 ? authors.map((literal) => ({ literal })) : null,
    'container-title': text('containerTitle'),
    publisher,
    'publisher-place': text('place'),
    issued: intervalOf(text('publishedOn')),
    accessed: text('retrievedAt')?.slice(0, 10),
    URL: text('url'),
    language: text('language'),
    note: archivedUrl && `Archived: ${archivedUrl}`,
  }
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value != null)) as unknown as CslItem
}

/** One day of several, `[a..b]`, as an interval: what consumers of EDTF level 1 understand. */
function intervalOf(date: string | null): string | null {
  const [, from, to] = /^\[(.*)\.\.(.*)\]$/.exec(date ?? '') ?? []
  return from === undefined ? date : `${from || '..'}/${to || '..'}`
}

/** The first day, month or year that a date names, without what makes it uncertain. */
const plainDate = (date = '') => /\d{4}(?:-\d{2}){0,2}/.exec(date)?.[0]

/** A text on one line. */
const onOneLine = (text: string) => printable(text).replace(/\s+/gu, ' ').trim()

const RIS_TYPES: Record<string, string> = {
  'article-newspaper': 'NEWS',
  document: 'GOVDOC',
  treaty: 'GOVDOC',
  legislation: 'GOVDOC',
}

/** A record of a RIS file. Its format has no escapes: what is left out are line breaks. */
export function risOf(item: CslItem): string {
  const date = (text: string | undefined) => {
    const [year, month = '', day = ''] = plainDate(text)?.split('-') ?? []
    return year && `${year}/${month}/${day}`
  }
  const lines: [tag: string, value: string | undefined][] = [
    ['TY', RIS_TYPES[item.type] ?? 'ELEC'],
    ['ID', item.id],
    ['TI', item.title],
    ...(item.author ?? []).map(({ literal }): [string, string] => ['AU', literal]),
    ['T2', item['container-title']],
    ['PB', item.publisher],
    ['CY', item['publisher-place']],
    ['PY', plainDate(item.issued)?.slice(0, 4)],
    ['DA', date(item.issued)],
    ['LA', item.language],
    ['M3', item.genre],
    ['UR', item.URL],
    ['Y2', date(item.accessed)],
    ['N1', item.note],
  ]
  const written = lines.flatMap(([tag, value]) => (value ? [`${tag}  - ${onOneLine(value)}\r\n`] : []))
  return `${written.join('')}ER  - \r\n\r\n`
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const TEX: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '{': '\\textbraceleft{}',
  '}': '\\textbraceright{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
}

/** A text for TeX. Braces are written by name, since BibTeX counts escaped ones too. */
const tex = (text: string) => onOneLine(text).replace(/[\\{}~^]|[#$%&_]/g, (char) => TEX[char] ?? `\\${char}`)

/** An entry of a BibTeX file. Names and titles are in braces, so that they stay as printed. */
export function bibtexOf(item: CslItem): string {
  const container = item['container-title'] ?? item.publisher
  const isArticle = item.type === 'article-newspaper' && container !== undefined
  const [year, month] = item.issued === undefined ? [] : (plainDate(item.issued) ?? '').split('-')
  const fields: [name: string, value: string | undefined][] = [
    ['author', item.author?.map(({ literal }) => `{${tex(literal)}}`).join(' and ')],
    ['title', `{${tex(item.title)}}`],
    [isArticle ? 'journal' : 'howpublished', isArticle ? tex(container) : optional(item['container-title'])],
    ['publisher', optional(item.publisher)],
    ['address', optional(item['publisher-place'])],
    ['year', year || undefined],
    ['date', item.issued],
    ['language', item.language],
    ['type', optional(item.genre)],
    ['url', item.URL],
    ['urldate', item.accessed],
    ['note', optional(item.note)],
  ]
  const written = fields.flatMap(([name, value]) => (value ? [`  ${name} = {${value}}`] : []))
  if (month) written.push(`  month = ${MONTHS[Number(month) - 1]}`)
  return `@${isArticle ? 'article' : 'misc'}{${item.id},\n${written.join(',\n')}\n}\n\n`
}

const optional = (text: string | undefined) => (text === undefined ? undefined : tex(text))

/** How each format is written: its beginning, what stands between items, and its end. */
export const CITATIONS = {
  'csl.json': {
    name: 'CSL-JSON',
    type: 'application/vnd.citationstyles.csl+json',
    start: '[',
    between: ',',
    end: ']',
    write: (item: CslItem) => JSON.stringify(item),
  },
  ris: {
    name: 'RIS',
    type: 'application/x-research-info-systems',
    start: '',
    between: '',
    end: '',
    write: risOf,
  },
  bib: { name: 'BibTeX', type: 'application/x-bibtex', start: '', between: '', end: '', write: bibtexOf },
} as const

/** Names of months in English, in which both styles are written. */
const MONTH_NAMES = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })

/** The year, the name of the month, and the day of a date, as far as it has them. */
function dateParts(date: string | undefined): { year?: string; month?: string; day?: string } {
  const [year, month, day] = plainDate(date)?.split('-') ?? []
  return {
    ...(year !== undefined && { year }),
    ...(month !== undefined && { month: MONTH_NAMES.format(new Date(Date.UTC(2000, Number(month) - 1, 1))) }),
    ...(day !== undefined && { day: String(Number(day)) }),
  }
}

/** The names of authors; that of the publisher if there are none. */
const authorOf = ({ author, publisher }: CslItem) =>
  author?.map(({ literal }) => literal).join(', ') ?? publisher

/** Where it was published, unless that is the author. */
function containerOf(item: CslItem): string | undefined {
  const container = item['container-title'] ?? item.publisher
  return container === authorOf(item) ? undefined : container
}

/** A sentence ends with one mark. */
const ended = (text: string) => (/[.?!…]$/.test(text) ? text : `${text}.`)

/** A reference in the style of the American Psychological Association (7th edition), without italics. */
export function apaOf(item: CslItem): string {
  const { year, month, day } = dateParts(item.issued)
  const date =
    year === undefined ? 'n.d.' : [year, [month, day].filter(Boolean).join(' ')].filter(Boolean).join(', ')
  const title = `${onOneLine(item.title)}${item.genre === undefined ? '' : ` [${item.genre}]`}`
  const author = authorOf(item)
  const parts =
    author === undefined ? [ended(title), `(${date}).`] : [ended(author), `(${date}).`, ended(title)]
  const container = containerOf(item)
  return onOneLine([...parts, container && ended(container), item.URL].filter(Boolean).join(' '))
}

/** An entry of a bibliography in the style of the Chicago Manual (17th edition), without italics. */
export function chicagoOf(item: CslItem): string {
  const { year, month, day } = dateParts(item.issued)
  const date =
    year &&
    [[month, day].filter(Boolean).join(' '), year].filter(Boolean).join(day === undefined ? ' ' : ', ')
  const author = authorOf(item)
  const container = containerOf(item)
  const parts = [
    author && ended(author),
    `“${ended(onOneLine(item.title))}”`,
    item.genre && ended(item.genre),
    container && (date ? `${container},` : ended(container)),
    date && ended(date),
    item.URL && `${item.URL}.`,
  ]
  return onOneLine(parts.filter(Boolean).join(' '))
}

export type CitationFormat = keyof typeof CITATIONS

export const isCitation = (format: string): format is CitationFormat => format in CITATIONS

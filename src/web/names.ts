// The names of the records that a page mentions, in the language of the page where they have one.
import { sql } from '../db/sql.ts'
import type { ReadContext } from '../records/read/context.ts'
import { type NamedRecord, namesOf } from '../records/read/titles.ts'
import type { View } from '../records/read/view.ts'
import type { Json } from '../records/schema/document.ts'
import { type Kind, kindOfId } from '../records/schema/kinds.ts'
import { dateInWords } from './dates.ts'
import type { Html } from './html.ts'
import { collatorOf, foreign, type Language, memoizeByLanguage, messagesOf } from './languages.ts'

/** How a record is called. */
export interface Name {
  kind: Kind
  text: string
  /** The language of the text. */
  language: string
  /** The usual abbreviation in the language of the page, as it is in lines of lists. */
  short: string | null
  /** The address of a source. */
  url: string | null
  /** The language of the text of a source or a statement. */
  textLanguage: string | null
  /** All its names. */
  all: readonly { name: string; language: string | null }[]
}

export type Names = ReadonlyMap<string, Name>

/** The form of the id of a record or part. */
export const RECORD_ID = /^[a-z]{3}_[0-9a-z]{26}$/
const STATE_CODE = /^[A-Z]{2}$/

/** The ids of records, and the codes of states, in a document. */
export function idsIn(value: Json, found: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') {
    if (RECORD_ID.test(value) || STATE_CODE.test(value)) found.add(value)
  } else if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) idsIn(inner, found)
  }
  return found
}

/** The names of all records that documents mention. */
export async function namesIn(
  context: ReadContext,
  docs: Json,
  view: View,
  language: Language,
): Promise<Names> {
  const named = await namesOf(context, idsIn(docs), view)
  return new Map([...named].map(([id, record]) => [id, nameOf(id, record, language)]))
}

/** The name types that can stand in for the main name, in order. */
const SHOWN = ['official', 'translation', 'alternative']

function nameOf(id: string, record: NamedRecord, language: Language): Name {
  const { otherNames, startDate, url, language: textLanguage } = record
  const kind = kindOfId(id) ?? 'state'
  const others = otherNames.filter((other) => other.language?.split('-')[0] === language)
  const [local] =
    language === 'en' ? [] : SHOWN.flatMap((type) => others.find((one) => one.type === type) ?? [])
  const region = kind === 'state' && language !== 'en' && !local ? regionName(language)(id) : undefined
  const title = local?.name ?? region ?? shortened(record.title)
  const { brackets } = messagesOf(language).punctuation
  // Meetings have similar names, so theirs carry their date.
  const text =
    kind === 'meeting' && startDate
      ? `${title}${brackets.replace('{text}', () => dateInWords(language, startDate))}`
      : title
  const own = kind === 'statement' || kind === 'source' ? (textLanguage ?? 'en') : 'en'
  return {
    kind,
    text,
    language: local?.language ?? (region === undefined ? own : language),
    short: others.find(({ type }) => type === 'abbreviation')?.name ?? null,
    url,
    textLanguage,
    all: [{ name: record.title, language: own }, ...otherNames],
  }
}

/** The states whose name in a language is a text, in any case. */
export async function statesCalled(
  context: ReadContext,
  text: string,
  language: Language,
): Promise<string[]> {
  const { table } = context.catalogue.entity('state')
  const codes = await context.reader.pluck<string>(sql`select ${table.id} from ${table}`)
  const folded = (name: string | undefined) => name?.normalize('NFC').toLocaleLowerCase(language)
  const names = await namesOf(context, new Set(codes), { asOf: null, seq: null })
  return codes.filter((code) => {
    const record = names.get(code)
    const all = [
      record?.title,
      ...(record?.otherNames ?? []).map(({ name }) => name),
      regionName(language)(code),
    ]
    return all.some((name) => folded(name) === folded(text.trim()))
  })
}

/** The usual name of a state by its code, where the record has none in the language. */
const regionName = memoizeByLanguage((locale) => {
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' })
  return (code: string) => names.of(code)
})

/** The longest name on a page, in UTF-16 units. */
const MAX_LENGTH = 160

/** A text without its end, if it is long, cut at a word. */
export function shortened(text: string, max = MAX_LENGTH): string {
  if (text.length <= max) return text
  const cut = text.slice(0, max)
  const space = cut.lastIndexOf(' ')
  return `${cut.slice(0, space > max / 2 ? space : max).replace(/[\ud800-\udbff]$/, '')}…`
}

/** What belongs to records, in the order of their names in the language of the page. */
export function byName<Item>(
  { names, language }: { names: Names; language: Language },
  items: readonly Item[],
  idOf: (item: Item) => unknown,
): Item[] {
  const nameOf = (item: Item) => names.get(String(idOf(item)))?.text ?? ''
  return items.toSorted((one, other) => collatorOf(language).compare(nameOf(one), nameOf(other)))
}

export const nameHtml = ({ text, language }: Name, own: Language): Html => foreign(text, language, own)

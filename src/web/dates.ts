// Dates of records (EDTF) and instants in words.
import { EDTF_DATE, PARTIAL_DATE } from '../core/dates.ts'
import { type Html, html } from './html.ts'
import { type Language, memoizeByLanguage, messagesOf } from './languages.ts'

const formats = memoizeByLanguage((locale) => {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options })
  return {
    4: format({ year: 'numeric' }),
    7: format({ year: 'numeric', month: 'long' }),
    10: format({ year: 'numeric', month: 'long', day: 'numeric' }),
    instant: format({ dateStyle: 'long', timeStyle: 'short' }),
  }
})

/** The grammatical case of a month. Only Russian has a form of its own after prepositions: с августа. */
type Case = 'nominative' | 'genitive'

/** A day, a month or a year in words. */
function calendarDate(language: Language, date: string, form: Case): string {
  const length = date.length as 4 | 7 | 10
  if (form === 'genitive' && length < 10) {
    // Months and years have this case beside a day, which is left out with what follows it.
    const left = length === 7 ? ['day'] : ['day', 'month']
    const parts = formats(language)[10].formatToParts(instantOf(date))
    return parts
      .filter(({ type }, index) => !left.includes(type === 'literal' ? (parts[index - 1]?.type ?? '') : type))
      .map(({ value }) => value)
      .join('')
  }
  return formats(language)[length].format(instantOf(date))
}

function instantOf(date: string): Date {
  const [year = '', month = '01', day = '01'] = date.split('-')
  const instant = new Date(0)
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return instant
}

/** From a day, a month or a year to another. */
function calendarRange(language: Language, from: string, to: string): string {
  if (from.length !== to.length)
    return `${calendarDate(language, from, 'nominative')} – ${calendarDate(language, to, 'nominative')}`
  const range = formats(language)[from.length as 4 | 7 | 10].formatRange(instantOf(from), instantOf(to))
  // Within a month without spaces, which would part it from a date before it.
  return range.replace(/(?<=\d)\s–\s(?=\d)/, '–')
}

/** An EDTF date in words; as it is written if it is none. */
export function dateInWords(language: Language, date: string, form: Case = 'nominative'): string {
  if (!EDTF_DATE.test(date)) return date
  const { dates } = messagesOf(language)
  if (date.startsWith('[')) {
    const [from = '', to = ''] = date.slice(1, -1).split('..')
    if (from === '') return dates.orEarlier.replace('{to}', calendarDate(language, to, form))
    if (to === '') return dates.orLater.replace('{from}', calendarDate(language, from, form))
    return dates.between
      .replace('{range}', calendarRange(language, from, to))
      .replace('{from}', calendarDate(language, from, 'nominative'))
      .replace('{to}', calendarDate(language, to, 'nominative'))
  }
  const qualifier = date.at(-1) ?? ''
  const certain = date.replace(/[~?%]$/, '')
  const words = calendarDate(language, certain, form)
  if (certain === date) return words
  const message = { '~': dates.about, '?': dates.uncertain, '%': dates.aboutUncertain }[qualifier] ?? '{date}'
  return message.replace('{date}', words)
}

/** An EDTF date as HTML. */
export const dateHtml = (language: Language, date: string, form: Case = 'nominative'): Html =>
  PARTIAL_DATE.test(date)
    ? html`<time datetime="${date}">${dateInWords(language, date, form)}</time>`
    : html`<span title="${date}">${dateInWords(language, date, form)}</span>`

/** The days from one day to another. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** From a date to another, the same day once. */
export function period(language: Language, from: string | null, to: string | null): Html | null {
  if (from === null && to === null) return null
  if (from !== null && (to === null || to === from)) return dateHtml(language, from)
  if (from === null) return html`… – ${dateHtml(language, to ?? '')}`
  return html`${dateHtml(language, from)} – ${dateHtml(language, to ?? '')}`
}

/** An instant in UTC as HTML. */
export const instantHtml = (language: Language, instant: string): Html =>
  html`<time datetime="${instant}">${formats(language).instant.format(new Date(instant))} UTC</time>`

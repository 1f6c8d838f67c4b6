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

/** A day, a month or a year in words. */
function calendarDate(language: Language, date: string): string {
  const [year = '', month = '01', day = '01'] = date.split('-')
  const instant = new Date(0)
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const length = date.length as 4 | 7 | 10
  return formats(language)[length].format(instant)
}

/** An EDTF date in words; as it is written if it is none. */
export function dateInWords(language: Language, date: string): string {
  if (!EDTF_DATE.test(date)) return date
  const { dates } = messagesOf(language)
  if (date.startsWith('[')) {
    const [from = '', to = ''] = date.slice(1, -1).split('..')
    const [first, last] = [from, to].map((part) => (part === '' ? '' : calendarDate(language, part)))
    const message = from === '' ? dates.orEarlier : to === '' ? dates.orLater : dates.between
    return message.replace('{from}', first ?? '').replace('{to}', last ?? '')
  }
  const qualifier = date.at(-1) ?? ''
  const certain = date.replace(/[~?%]$/, '')
  const words = calendarDate(language, certain)
  if (certain === date) return words
  const message = { '~': dates.about, '?': dates.uncertain, '%': dates.aboutUncertain }[qualifier] ?? '{date}'
  return message.replace('{date}', words)
}

/** An EDTF date as HTML. */
export const dateHtml = (language: Language, date: string): Html =>
  PARTIAL_DATE.test(date)
    ? html`<time datetime="${date}">${dateInWords(language, date)}</time>`
    : html`<span title="${date}">${dateInWords(language, date)}</span>`

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

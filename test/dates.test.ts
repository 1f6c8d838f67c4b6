// Dates: calendar dates and partial dates.
import { describe, expect, test } from 'vitest'
import { isCalendarDate, isPartialDate } from '../src/core/dates.ts'

const twoDigits = (number: number) => String(number).padStart(2, '0')

/** Whether the date exists in the calendar, according to Temporal. */
function exists(day: string): boolean {
  try {
    return Temporal.PlainDate.from(day).toString() === day
  } catch {
    return false
  }
}

describe('a date', () => {
  test('is valid exactly if the calendar has it, in leap years and others', () => {
    for (const year of ['1900', '2000', '2023', '2024']) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const date = `${year}-${twoDigits(month)}-${twoDigits(day)}`
          expect([date, isCalendarDate(date)]).toEqual([date, exists(date)])
        }
      }
    }
  })

  test('may be a month or a year, which is not a calendar date', () => {
    for (const date of ['2024', '2024-02', '1950-12']) {
      expect([date, isPartialDate(date), isCalendarDate(date)]).toEqual([date, true, false])
    }
    for (const date of [
      '0000',
      '0000-01-01',
      '2024-13',
      '2024-00',
      '24',
      '2024-2',
      '2024-02-1',
      ' 2024',
      '',
    ]) {
      expect([date, isPartialDate(date)]).toEqual([date, false])
    }
  })
})

// What validation says of a value, in place of zod's own sentences. Import it before anything is validated.
import { z } from 'zod'

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a date',
}

const FORMATS: Record<string, string> = {
  datetime: 'a point in time in ISO 8601, such as 2026-11-23T09:30:00Z',
  date: 'a date: YYYY-MM-DD',
  url: 'an absolute URL',
  regex: 'in the documented form',
}

type Issue = z.core.$ZodRawIssue

/** How much of a value is legal: characters of a text, items of a list, or a number itself. */
function bound({ origin }: { origin: string }, word: string, limit: unknown): string {
  if (origin === 'string') return `Must have ${word} ${limit} character${limit === 1 ? '' : 's'}.`
  if (origin === 'array' || origin === 'set')
    return `Must have ${word} ${limit} item${limit === 1 ? '' : 's'}.`
  return `Must be ${word} ${limit}.`
}

export function messageOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `Is missing; it must be ${TYPES[issue.expected] ?? issue.expected}.`
        : `Must be ${TYPES[issue.expected] ?? issue.expected}.`
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'Must not be empty.'
        : bound(issue, 'at least', issue.minimum)
    case 'too_big':
      return bound(issue, 'at most', issue.maximum)
    case 'invalid_format':
      return `Must be ${FORMATS[issue.format] ?? 'in the documented form'}.`
    case 'invalid_value':
      return `Must be one of ${issue.values.map(String).join(', ')}.`
    case 'unrecognized_keys':
      return `Unknown field: ${issue.keys.join(', ')}.`
    case 'not_multiple_of':
      return `Must be a multiple of ${issue.divisor}.`
    default:
      return 'Does not match any of the documented forms.'
  }
}

z.config({ customError: messageOf })

// The problem of data that does not match its schema.
import type { z } from 'zod'
import './messages.ts'
import { type Fault, Problem } from './problems.ts'

/** The problem of a body that does not match its schema. */
export function bodyProblem(error: z.ZodError): Problem {
  return new Problem('invalid-body', 'The body does not match the schema.', {
    errors: error.issues.flatMap((issue): Fault[] => {
      const pointer = issue.path.map(segmentOf).join('')
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({
          pointer: pointer + segmentOf(key),
          detail: 'Unknown field.',
        }))
      }
      return [{ pointer, detail: issue.message }]
    }),
  })
}

/** A key as a segment of a JSON Pointer (RFC 6901, section 3). */
export const segmentOf = (key: PropertyKey) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

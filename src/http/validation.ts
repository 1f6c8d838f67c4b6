// Checks params, query, headers and body with zod, and says what is wrong in terms a client can act on.
import type { FastifySchema, FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { didYouMean } from '../core/nearest.ts'
import { type Fault, Problem } from '../core/problems.ts'

export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    const result = schema.safeParse(data, { reportInput: true })
    if (result.success) return { value: result.data }
    return { error: httpPart === 'body' ? bodyProblem(result.error) : parameterProblem(result.error, schema) }
  }

/**
 * A merge patch is checked by what it makes of the record, so its own schema only documents it: defaults filled
 * in here would overwrite what the patch leaves out.
 */
export const mergePatchCompiler: FastifySchemaCompiler<FastifySchema> = (route) =>
  validatorCompiler({
    ...route,
    schema: route.httpPart === 'body' ? z.record(z.string(), z.unknown()) : (route.schema as z.ZodType),
  })

/** A body that lacks the documented form. Also for bodies that are checked outside of a route's schema. */
export function bodyProblem(error: z.ZodError): Problem {
  return new Problem('invalid-body', 'The body does not have the documented form.', {
    errors: error.issues.flatMap((issue): Fault[] => {
      const pointer = issue.path.map(segmentOf).join('')
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({
          pointer: pointer + segmentOf(key),
          detail: 'There is no such field.',
        }))
      }
      return [{ pointer, detail: issue.message }]
    }),
  })
}

/** Legal values as people can read them: of paths such as `meeting.organization`, the first steps. */
function listed(values: string[]): string {
  const first = values.filter((value) => !value.includes('.'))
  return first.length < values.length ? `${first.join(', ')}, and from each one step on` : values.join(', ')
}

/** A key as a segment of a JSON Pointer (RFC 6901, section 3). */
export const segmentOf = (key: PropertyKey) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

function parameterProblem(error: z.ZodError, schema: z.ZodType): Problem {
  const legal = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const errors = error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        parameter: key,
        detail: `There is no such parameter.${didYouMean(key, legal)} Legal: ${legal.join(', ')}.`,
      }))
    }
    const parameter = String(issue.path[0] ?? '')
    if (issue.code === 'invalid_value') {
      const values = issue.values.map(String)
      const given = String(issue.input ?? '')
      return [
        { parameter, detail: `Not a legal value.${didYouMean(given, values)} Legal: ${listed(values)}.` },
      ]
    }
    return [{ parameter, detail: issue.message }]
  })
  return new Problem(
    'invalid-parameter',
    errors.map((fault) => `${fault.parameter}: ${fault.detail}`).join(' '),
    { errors },
  )
}

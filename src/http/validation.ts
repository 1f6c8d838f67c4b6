// Validates params, query, headers and bodies with zod, and turns its issues into problems.
import type { FastifySchema, FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { bodyProblem } from '../core/body-problem.ts'
import { didYouMean } from '../core/nearest.ts'
import { type Fault, MAX_FAULTS, Problem } from '../core/problems.ts'

export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    const result = schema.safeParse(data, { reportInput: true })
    if (result.success) return { value: result.data }
    return { error: httpPart === 'body' ? bodyProblem(result.error) : parameterProblem(result.error, schema) }
  }

/** Leaves merge patches to the handler, which validates the patched record: defaults set here would overwrite fields. */
export const mergePatchCompiler: FastifySchemaCompiler<FastifySchema> = (route) =>
  validatorCompiler({
    ...route,
    schema: route.httpPart === 'body' ? z.record(z.string(), z.unknown()) : (route.schema as z.ZodType),
  })

/** Legal values for a message; paths such as `meeting.organization` are shortened to their first step. */
function listOf(values: string[]): string {
  const first = values.filter((value) => !value.includes('.'))
  return first.length < values.length
    ? `${first.join(', ')}, each optionally with one more step`
    : values.join(', ')
}

/** What other services call a parameter that has another name here. */
const HINTS: [names: RegExp, parameter: string, hint: string][] = [
  [
    /^(page|offset|skip|start|page_?number|per_?page|page_?size|size)$/i,
    'cursor',
    'Pages are followed with a cursor: send `page.nextCursor` of one page as `cursor` for the next, and `limit` for its size.',
  ],
  [/^(search|query|text|keywords?|term)$/i, 'q', 'Full text is searched with `q`.'],
  [
    /^(field|select|columns|only|attributes)$/i,
    'fields',
    'What is sent of each record is chosen with `fields`: `fields=title,status`.',
  ],
  [
    /^(order|order_?by|sort_?by|ordering)$/i,
    'sort',
    'Lists are sorted with `sort`, descending with a minus: `sort=-createdAt`.',
  ],
  [
    /^format$/i,
    'sort',
    'Other formats have addresses of their own: `.csv` or `.ndjson` after the path, or a media type in `Accept`.',
  ],
  [/^(expand|embed|with)$/i, 'include', 'Related records are embedded with `include`.'],
]

function hintFor(name: string, legal: string[]): string {
  const [, , hint] = HINTS.find(([names, parameter]) => names.test(name) && legal.includes(parameter)) ?? []
  return hint ? ` ${hint}` : didYouMean(name, legal)
}

function parameterProblem(error: z.ZodError, schema: z.ZodType): Problem {
  const legal = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const errors = error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      // The legal names are listed once, and beyond the faults that are listed no name is compared with them.
      return issue.keys.map((key, index) => ({
        parameter: key,
        detail: `Unknown parameter.${index < MAX_FAULTS ? hintFor(key, legal) : ''}${index === 0 ? ` Legal: ${legal.join(', ')}.` : ''}`,
      }))
    }
    const parameter = String(issue.path[0] ?? '')
    if (issue.code === 'invalid_value') {
      const values = issue.values.map(String)
      const input = String(issue.input ?? '')
      return [{ parameter, detail: `Invalid value.${didYouMean(input, values)} Legal: ${listOf(values)}.` }]
    }
    return [{ parameter, detail: issue.message }]
  })
  return new Problem(
    'invalid-parameter',
    errors
      .slice(0, MAX_FAULTS)
      .map((fault) => `${fault.parameter}: ${fault.detail}`)
      .join(' '),
    { errors },
  )
}

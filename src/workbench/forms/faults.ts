// What is wrong with a form, in words, each beside its field: of what was typed, and of what the write path refuses.
import type { z } from 'zod'
import type { Fault, Problem } from '../../core/problems.ts'
import { type Content, html, join } from '../../web/html.ts'
import { fill } from '../../web/languages.ts'
import type { Page } from '../../web/page.ts'
import type { FieldError } from '../controls.ts'
import type { Messages } from '../languages.ts'
import { type Flaw, nodeAt } from './fields.ts'
import type { Group } from './nodes.ts'
import { inEnglish, wordOf } from './render.ts'

/** What the words of a fault depend on. */
export interface FaultContext {
  page: Page
  words: Messages
  node: Group
}

/** The id of the form, to which faults lead that belong to no field. */
export const FORM = 'form'

/** A field and the entries of lists that it is in: "By 1, Role". */
export function fieldTitle({ page, words }: Pick<FaultContext, 'page' | 'words'>, name: string): Content {
  const parts: Content[] = []
  const segments = name.split('.')
  for (const [index, segment] of segments.entries()) {
    if (/^\d+$/.test(segment)) parts.push(html`${parts.pop()} ${Number(segment) + 1}`)
    else parts.push(wordOf(page, words, segments.slice(0, index + 1).join('.')))
  }
  return join(parts, ', ')
}

const errorAt = (context: FaultContext, name: string, message: Content): FieldError =>
  name === FORM
    ? { name, message }
    : { name, message: fill(context.words.forms.fault, { field: fieldTitle(context, name), fault: message }) }

export const flawErrors = (context: FaultContext, flaws: readonly Flaw[]): FieldError[] =>
  flaws.map(({ name, is }) => errorAt(context, name, context.words.forms.flaws[is]))

/** The faults of values that do not match their schema. */
export const schemaErrors = (context: FaultContext, { issues }: z.ZodError): FieldError[] =>
  issues.map((issue) =>
    errorAt(context, nearest(context.node, issue.path.map(String)), issueText(context, issue)),
  )

/** What is wrong with the reason of a change. */
export const reasonErrors = (context: Omit<FaultContext, 'node'>, { issues }: z.ZodError): FieldError[] =>
  issues.map((issue) => ({
    name: 'reason',
    message: fill(context.words.forms.fault, {
      field: context.words.forms.reason,
      fault: issueText(context, issue),
    }),
  }))

function issueText({ page, words }: Omit<FaultContext, 'node'>, issue: z.core.$ZodIssue): Content {
  const { limits } = words.forms
  if (issue.code === 'too_big')
    return fill(
      issue.origin === 'string' ? limits.longer : issue.origin === 'array' ? limits.more : limits.greater,
      { n: Number(issue.maximum) },
    )
  if (issue.code === 'too_small' && issue.origin === 'number')
    return fill(limits.less, { n: Number(issue.minimum) })
  if (issue.code === 'too_small' || (issue.code === 'invalid_type' && issue.input === undefined))
    return words.forms.flaws.missing
  if (issue.code === 'invalid_format' && issue.format === 'url') return limits.url
  return inEnglish(page, issue.message)
}

/** The faults that the write path names. */
export function problemErrors(context: FaultContext, problem: Problem): FieldError[] {
  const { page, node } = context
  const faults: readonly Fault[] = problem.errors?.length
    ? problem.errors
    : [{ pointer: '', detail: problem.message }]
  return faults.map(({ pointer = '', detail }) =>
    errorAt(context, nearest(node, segmentsOf(pointer)), inEnglish(page, detail)),
  )
}

const segmentsOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The name of the field at a path, or of what it is in. */
function nearest(node: Group, path: readonly string[]): string {
  for (let length = path.length; length > 0; length -= 1) {
    const name = path.slice(0, length).join('.')
    if (nodeAt(node, name)) return name
  }
  return FORM
}

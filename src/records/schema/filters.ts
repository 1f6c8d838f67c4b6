// Derives the filters of lists from the options of fields.
import { z } from 'zod'
import { firstDay, lastDay } from '../../core/dates.ts'
import { uncapitalised } from '../../core/text.ts'
import type { SQL } from '../../db/sql.ts'
import type { Table } from '../../db/tables.ts'
import type { PlacedField } from './fields.ts'
import type { Kind } from './kinds.ts'
import { partialDate, wholeNumber } from './shapes.ts'
import { columnKey, spanColumns, valueColumn } from './table.ts'

/** What the condition of a filter is built from. */
export interface ConditionContext {
  values: readonly string[]
  /** The table of the filtered records. */
  table: Table
  /** The records of another kind in the view of the query, under the name of their table. */
  recordsOf(kind: Kind): SQL
  /** The day of `asOf`; without it, today. */
  day: string
}

/** How a query parameter filters a list. */
export type Filter =
  /** Any of the given values of a column. */
  | {
      by: 'column'
      column: string
      value: z.ZodType
      description: string
      /** How values are compared; default: exactly. */
      match?: 'folded' | 'language' | 'prefix'
      example?: string
    }
  /** Records of which a name has the words of a value. */
  | { by: 'names'; description: string }
  /** Records that refer to it from any of the fields, which may be inside lists. */
  | {
      by: 'reference'
      fields: readonly string[]
      kind: Kind
      /** The fields are those of the record that a child belongs to, of one of these kinds. */
      through?: readonly Kind[]
      /** Also matches the children of the records themselves. */
      orRecord?: boolean
      description: string
      /** The id of a record of the seed to which others refer so. */
      example?: string
    }
  /** Records whose column is at least (`from`) or at most (`to`) a value. */
  | {
      by: 'range'
      column: string
      /** The column that counts where the other is null. */
      orColumn?: string
      bound: 'from' | 'to'
      value: z.ZodType
      description: string
      /** The column with the sort key, if the column is an end of the span of a date. */
      dateKey?: string
    }
  /**
   * Records that have a part with one of these values in a column. All such filters of a query on parts of one kind must be met
   * by the same part.
   */
  | {
      by: 'part'
      part: Kind
      column: string
      description: string
      /** For a reference: the kind that it refers to. Otherwise the schema of a value. */
      kind?: Kind
      value?: z.ZodType
      /** Default: one of the values; `from` and `to`: at least or at most. */
      bound?: 'from' | 'to'
      example?: string
      /** A reference of the record itself that also matches, if this is the only filter on its parts. */
      orField?: string
    }
  /** Records that meet a condition of their resource. */
  | {
      by: 'condition'
      description: string
      /** The kind that the values refer to. Otherwise the schema of a value. */
      kind?: Kind
      value?: z.ZodType
      /** The kinds of other records that the condition reads. */
      reads: readonly Kind[]
      condition(context: ConditionContext): SQL
      example?: string
    }
  /** States with one of these memberships on the day of `asOf`. */
  | { by: 'membership'; value: z.ZodType; description: string }
  /** The organization of `membership`; alone, one in which states have any status. */
  | { by: 'membershipOf'; description: string }
  /** Open records without an event since a day. */
  | { by: 'stalled'; description: string }
  /** Records with, or without, evidence. */
  | { by: 'evidence'; description: string }
  /** The record with an external identifier. */
  | { by: 'identifier'; description: string }
  /** Full-text search. */
  | { by: 'text'; description: string }

/** The filters of fields by parameter. Several references can share one: a match in any of them is enough. */
export function filtersOfFields(fields: readonly PlacedField[]): Record<string, Filter> {
  const byParameter = new Map<string, PlacedField[]>()
  for (const field of fields) {
    for (const name of [field.filter ?? []].flat()) {
      const parameter = name === true ? field.name : name
      byParameter.set(parameter, [...(byParameter.get(parameter) ?? []), field])
    }
  }
  return Object.fromEntries([...byParameter].flatMap(([name, declared]) => filtersFor(name, declared)))
}

function filtersFor(name: string, [field, ...others]: PlacedField[]): [string, Filter][] {
  if (!field) return []
  const { type, value, kinds: [kind, ...otherKinds] = [] } = field
  const column = columnKey(field.name)
  const what = sentence(field)
  if (kind && otherKinds.length === 0) {
    const fields = [field, ...others]
    const description = `${fields.map(sentence).reduce((one, other) => `${one}, or ${uncapitalised(other)}`)}.`
    const [example] = fields.flatMap(({ filterExample = [] }) => filterExample)
    return [
      [
        name,
        {
          by: 'reference',
          fields: fields.map((each) => each.name),
          kind,
          description,
          ...(example && { example }),
        },
      ],
    ]
  }
  if (others.length > 0 || field.listed)
    throw new Error(`Only references can share the filter ${name} or be inside lists.`)
  if (type === 'date') {
    // A date matches if it can mean a day in the range.
    const { first, last } = spanColumns(column)
    const from = partialDate.transform(firstDay)
    const to = partialDate.transform(lastDay)
    return [
      [
        `${name}From`,
        {
          by: 'range',
          column: last,
          dateKey: column,
          bound: 'from',
          value: from,
          description: `${what}: on or after this date.`,
        },
      ],
      [
        `${name}To`,
        {
          by: 'range',
          column: first,
          dateKey: column,
          bound: 'to',
          value: to,
          description: `${what}: on or before this date.`,
        },
      ],
    ]
  }
  if (field.match === 'names') {
    const description = `${what}, or any other of its names: all of the words in any order, or \`"in this order"\`. Case and accents do not matter.`
    return [[name, { by: 'names', description }]]
  }
  const { match } = field
  const description = match ? `${what}${COMPARED[match]}` : type === 'text' ? `${what}, exactly.` : `${what}.`
  return [
    [
      name,
      {
        by: 'column',
        column: valueColumn(field),
        value: ofQuery(value),
        description,
        ...(match && { match }),
      },
    ],
  ]
}

const COMPARED = {
  folded: '. Case and accents do not matter.',
  language: '; `zh` also finds `zh-Hans`.',
  prefix: ', and what is below it: `/agenda` also finds `/agenda/title`.',
}

/** The schema of a value in a query parameter, which is text. */
const ofQuery = (value: z.ZodType): z.ZodType =>
  value instanceof z.ZodNumber
    ? wholeNumber(value.minValue ?? 0, value.maxValue ?? Number.MAX_SAFE_INTEGER)
    : value

/** The first sentence of the description of a field, without its full stop. */
const sentence = ({ about }: PlacedField) => about.split(/\.(?:\s|$)/)[0] ?? about

/** Filters of records by their events; all that are given must be met by the same event. */
export function eventFilters(
  types: readonly [string, ...string[]],
  meetingField?: string,
): Record<string, Filter> {
  const on = { by: 'part', part: 'event' } as const
  const { first, last } = spanColumns('occurredOn')
  return {
    event: {
      ...on,
      column: 'type',
      value: z.enum(types),
      description: 'A type of event. With the other filters of events: all on the same event.',
    },
    eventFrom: {
      ...on,
      column: last,
      bound: 'from',
      value: partialDate.transform(firstDay),
      description: 'An event on or after this date.',
    },
    eventTo: {
      ...on,
      column: first,
      bound: 'to',
      value: partialDate.transform(lastDay),
      description: 'An event on or before this date.',
    },
    eventState: { ...on, column: 'stateCode', kind: 'state', description: 'An event of this state.' },
    meeting: {
      ...on,
      column: 'meetingId',
      kind: 'meeting',
      ...(meetingField && { orField: meetingField }),
      description: 'The meeting of an event. Alone: any event there.',
    },
  }
}

// Turns values into the fields of a form, which are text, and back. A field has the path of its value as its name: `agenda.0.title`.
import { writtenDates } from '../../core/written-dates.ts'
import type { Json } from '../../records/schema/document.ts'
import { languageTag } from './language-names.ts'
import type { Group, List, Node, Scalar } from './nodes.ts'

/** The fields of a form by name, with line feeds as line ends. */
export type Fields = ReadonlyMap<string, string>

/** What is wrong with what was typed, and needs no look at other records. */
export interface Flaw {
  /** The name of the field. */
  name: string
  is: 'missing' | 'date' | 'dates' | 'find' | 'number' | 'count' | 'choice' | 'language' | 'instant'
  /** For `dates`: what it can mean. */
  dates?: readonly string[]
}

/**
 * The name of a field beside another: `pick` for one of the dates that a text can mean, `find` for the words to find a record by,
 * `found` for those by which the records that are offered were found.
 */
export const beside = (name: string, what: (typeof BESIDE)[number]) => `${name}:${what}`

const BESIDE = ['pick', 'find', 'found'] as const

const inside = (name: string, key: string | number) => (name === '' ? String(key) : `${name}.${key}`)

/** The fields that were sent, as they were typed. Of repeated ones the last counts. */
export const fieldsIn = (form: URLSearchParams): Map<string, string> =>
  new Map([...form].map(([name, value]) => [name, value.replace(/\r\n?/g, '\n')]))

/** How a date is shown, so that it is read as the same. */
type ShowDate = (date: string) => string

/** The fields of a value. */
export function fieldsOf(
  node: Node,
  value: Json | undefined,
  showDate: ShowDate,
  name = '',
): Map<string, string> {
  const fields = new Map<string, string>()
  const write = (node: Node, value: Json | undefined, name: string): void => {
    if (node.is === 'group') {
      const members = value as Record<string, Json> | null | undefined
      for (const [key, member] of Object.entries(node.members))
        write(member, members?.[key], inside(name, key))
    } else if (node.is === 'list') {
      for (const [index, entry] of ((value ?? []) as Json[]).entries())
        write(node.item, entry, inside(name, index))
    } else fields.set(name, textOf(node, value, showDate))
  }
  write(node, value, name)
  return fields
}

function textOf({ input, preset }: Scalar, value: Json | undefined, showDate: ShowDate): string {
  if (value === undefined) return preset
  if (value === null) return ''
  if (input !== 'date') return String(value).replace(/\r\n?/g, '\n')
  const shown = showDate(String(value))
  return writtenDates(shown).join() === value ? shown : String(value)
}

/** The positions of the entries of a list, in order. */
export function entriesOf(fields: Fields, name: string): number[] {
  const positions = new Set<number>()
  for (const field of fields.keys()) {
    if (!field.startsWith(`${name}.`)) continue
    const [, position] = /^(\d{1,6})(?:[.:]|$)/.exec(field.slice(name.length + 1)) ?? []
    if (position !== undefined) positions.add(Number(position))
  }
  return [...positions].sort((one, other) => one - other)
}

/** Whether nothing was entered. */
export function isBlank(node: Node, fields: Fields, name: string): boolean {
  if (node.is === 'group')
    return Object.entries(node.members).every(([key, member]) => isBlank(member, fields, inside(name, key)))
  if (node.is === 'list')
    return entriesOf(fields, name).every((index) => isBlank(node.item, fields, inside(name, index)))
  const text = fields.get(name) ?? ''
  const isUntouched = text === '' || (node.trimmed && text.trim() === '') || text === node.preset
  return isUntouched && !isSearched(fields, name)
}

/** Whether a record is to be found by words that were typed, and none of those that were found was chosen. */
function isSearched(fields: Fields, name: string): boolean {
  const [words, found] = [fields.get(beside(name, 'find')) ?? '', fields.get(beside(name, 'found'))]
  return words.trim() !== '' && (words !== found || !fields.has(name))
}

/** The fields of a form without others, and with entries of lists that are numbered from 0, without those that are blank. */
export function tidied(node: Node, fields: Fields): Map<string, string> {
  const tidy = new Map<string, string>()
  const copy = (node: Node, from: string, to: string): void => {
    if (node.is === 'group') {
      for (const [key, member] of Object.entries(node.members))
        copy(member, inside(from, key), inside(to, key))
    } else if (node.is === 'list') {
      const filled = entriesOf(fields, from).filter(
        (index) => !isBlank(node.item, fields, inside(from, index)),
      )
      for (const [index, position] of filled.entries())
        copy(node.item, inside(from, position), inside(to, index))
    } else {
      const pairs = BESIDE.map((what) => [beside(from, what), beside(to, what)] as const)
      for (const [one, other] of [[from, to] as const, ...pairs]) {
        const text = fields.get(one)
        if (text !== undefined) tidy.set(other, text)
      }
    }
  }
  copy(node, '', '')
  return tidy
}

/** The node with a name; undefined if the form has none. */
export function nodeAt(node: Node, name: string): Node | undefined {
  if (name === '') return node
  const [key = '', ...rest] = name.split('.')
  const inner =
    node.is === 'group'
      ? Object.hasOwn(node.members, key)
        ? node.members[key]
        : undefined
      : node.is === 'list' && /^\d+$/.test(key)
        ? node.item
        : undefined
  return inner && nodeAt(inner, rest.join('.'))
}

/** The fields with one more entry in a list, which is blank. They are tidy. */
export function withEntry(list: List, fields: Fields, name: string): Map<string, string> {
  const next = (entriesOf(fields, name).at(-1) ?? -1) + 1
  const entry = fieldsOf(list.item, undefined, (date) => date, inside(name, next))
  return new Map([...fields, ...entry])
}

/** The fields without an entry of a list, or without what a group has. */
export const without = (fields: Fields, name: string): Map<string, string> =>
  new Map(
    [...fields].filter(
      ([field]) => field !== name && !field.startsWith(`${name}.`) && !field.startsWith(`${name}:`),
    ),
  )

/** The value of fields that are tidy, and what is wrong with them. Where something is wrong, the value is left out. */
export function readFields(node: Group, fields: Fields): { value: Record<string, Json>; flaws: Flaw[] } {
  const flaws: Flaw[] = []
  const read = (node: Node, name: string): Json | undefined => {
    if (node.is === 'scalar') {
      const { value, flaw } = readScalar(node, fields, name)
      if (flaw) flaws.push({ name, ...flaw })
      return value
    }
    if (node.is === 'list')
      return entriesOf(fields, name).map((index) => read(node.item, inside(name, index)) ?? null)
    if (name !== '' && isBlank(node, fields, name)) return node.empty
    const members = Object.entries(node.members).flatMap(([key, member]): [string, Json][] => {
      const value = read(member, inside(name, key))
      return value === undefined ? [] : [[key, value]]
    })
    return Object.fromEntries(members)
  }
  return { value: read(node, '') as Record<string, Json>, flaws }
}

type Result = { value?: Json | undefined; flaw?: Omit<Flaw, 'name'> }

function readScalar(node: Scalar, fields: Fields, name: string): Result {
  const typed = fields.get(name) ?? ''
  const text = node.trimmed ? typed.trim() : typed
  if (isSearched(fields, name)) return { flaw: { is: 'find' } }
  if (text === '') return node.required ? { flaw: { is: 'missing' } } : { value: node.empty }
  switch (node.input) {
    case 'date':
      return readDate(text, fields.get(beside(name, 'pick')))
    case 'integer':
      return readInteger(text) ?? { flaw: { is: 'number' } }
    case 'count':
      return text.toLowerCase() === 'all'
        ? { value: 'all' }
        : (readInteger(text) ?? { flaw: { is: 'count' } })
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : { flaw: { is: 'choice' } }
    case 'choice':
      return node.options.includes(text) ? { value: text } : { flaw: { is: 'choice' } }
    case 'language': {
      const tag = languageTag(text)
      return tag === undefined ? { flaw: { is: 'language' } } : { value: tag }
    }
    case 'instant': {
      const instant = readInstant(text)
      return instant === undefined ? { flaw: { is: 'instant' } } : { value: instant }
    }
    default:
      return { value: text }
  }
}

function readDate(text: string, picked: string | undefined): Result {
  const dates = writtenDates(text)
  const [date] = dates
  if (date === undefined) return { flaw: { is: 'date' } }
  if (dates.length === 1) return { value: date }
  return picked !== undefined && dates.includes(picked) ? { value: picked } : { flaw: { is: 'dates', dates } }
}

function readInteger(text: string): Result | undefined {
  const digits = text.normalize('NFKC')
  return /^-?\d{1,15}$/.test(digits) ? { value: Number(digits) } : undefined
}

/** A time without a zone is in UTC, and a day stands for its beginning. */
function readInstant(text: string): string | undefined {
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ]+(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))? ?(Z|UTC|[+-]\d{2}:\d{2})?$/i.exec(
      text,
    ) ?? []
  if (day === undefined) return undefined
  const instant = `${day}T${time.length === 5 ? `${time}:00` : time}${zone.toUpperCase().replace('UTC', 'Z')}`
  return Number.isNaN(Date.parse(instant)) ? undefined : instant
}

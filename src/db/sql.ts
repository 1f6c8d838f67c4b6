// A template tag for SQL with parameters, in the notation of drizzle's `sql` (docs/adr/0013).
import { Column } from 'drizzle-orm/column'
import { is } from 'drizzle-orm/entity'
import { getTableName, Table } from 'drizzle-orm/table'

/** A parameter of a constant query, with a value per run. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A query or a part of one: `texts[0] values[0] texts[1] values[1] …`. */
export class SQL {
  readonly #texts: readonly string[]
  readonly #values: readonly unknown[]

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.#texts = texts
    this.#values = values
  }

  /** @param mark returns the notation of the parameter with an index, such as `$1` */
  compile(mark: (index: number) => string): CompiledQuery {
    const params: unknown[] = []
    return { text: this.#write(mark, params), params }
  }

  #write(mark: (index: number) => string, params: unknown[]): string {
    const values = this.#values
    let text = this.#texts[0] ?? ''
    for (let index = 0; index < values.length; index++)
      text += SQL.#part(values[index], mark, params) + this.#texts[index + 1]
    return text
  }

  static #part(value: unknown, mark: (index: number) => string, params: unknown[]): string {
    if (value instanceof SQL) return value.#write(mark, params)
    if (Array.isArray(value)) return `(${value.map((item) => SQL.#part(item, mark, params)).join(', ')})`
    const name = nameOf(value)
    if (name !== undefined) return name
    if (value === undefined) throw new Error('A query contains undefined.')
    return mark(params.push(value) - 1)
  }
}

/** SQL text and its parameters. */
export interface CompiledQuery {
  text: string
  params: readonly unknown[]
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const names = new WeakMap<object, string>()

/** The quoted name of a drizzle table or column; undefined for any other value. */
function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const existing = names.get(value)
  if (existing !== undefined) return existing
  let name: string
  if (is(value, Column)) name = `${quoted(getTableName(value.table))}.${quoted(value.name)}`
  else if (is(value, Table)) name = quoted(getTableName(value))
  else return undefined
  names.set(value, name)
  return name
}

/**
 * Tables and columns of drizzle become names, arrays become `(…, …)`, other queries become part of the text, and every other
 * value becomes a parameter.
 */
export const sql = (texts: TemplateStringsArray, ...values: unknown[]) => new SQL(texts, values)

/** SQL text, inserted as it is. */
sql.raw = (text: string) => new SQL([text], [])

const EMPTY = sql.raw('')
sql.empty = () => EMPTY

/** A quoted name of a column or a table. */
sql.identifier = (name: string) => sql.raw(quoted(name))

sql.placeholder = (name: string) => new Placeholder(name)

/** LIMIT with a parameter. As a sum, because SQLite would re-plan the query for each value of a plain parameter. */
sql.limit = (max: number) => sql`limit ${max} + 0`

sql.join = (parts: readonly unknown[], between = EMPTY) => {
  const values = parts.flatMap((part, index) => (index > 0 ? [between, part] : [part]))
  return new SQL(Array(values.length + 1).fill(''), values)
}

/** The parameters of a constant query with values for its placeholders. */
export function bindValues(params: readonly unknown[], values: Record<string, unknown>): unknown[] {
  return params.map((param) => {
    if (!(param instanceof Placeholder)) return param
    const value = values[param.name]
    if (value === undefined) throw new Error(`No value for the placeholder ${param.name}.`)
    return value
  })
}

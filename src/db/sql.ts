// SQL and its parameters, as one template: columns and tables of drizzle's become names, lists become `(…, …)`, other queries
// become part of the text, and every other value becomes a parameter. drizzle has the same, with the same notation, but takes a tenth
// of a page of a list to write a query (docs/performance.md); this takes a fiftieth.
import { Column } from 'drizzle-orm/column'
import { is } from 'drizzle-orm/entity'
import { getTableName, Table } from 'drizzle-orm/table'

/** A parameter that gets its value with each run of a constant query. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A query, or part of one, as it was put together: `texts[0] values[0] texts[1] values[1] …`. */
export class SQL {
  readonly #texts: readonly string[]
  readonly #values: readonly unknown[]

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.#texts = texts
    this.#values = values
  }

  /** @param mark how the engine writes the parameter of an index */
  compile(mark: (index: number) => string): CompiledQuery {
    const params: unknown[] = []
    return { text: this.#write(mark, params), params }
  }

  /** @param params to which its own are added */
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
    if (value === undefined) throw new Error('A query holds undefined.')
    return mark(params.push(value) - 1)
  }
}

/** A query as an engine takes it. */
export interface CompiledQuery {
  text: string
  params: readonly unknown[]
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

const names = new WeakMap<object, string>()

/** The name of a table or a column; undefined of anything else. */
function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const known = names.get(value)
  if (known !== undefined) return known
  let name: string
  if (is(value, Column)) name = `${quoted(getTableName(value.table))}.${quoted(value.name)}`
  else if (is(value, Table)) name = quoted(getTableName(value))
  else return undefined
  names.set(value, name)
  return name
}

export const sql = (texts: TemplateStringsArray, ...values: unknown[]) => new SQL(texts, values)

/** Text that is SQL already. */
sql.raw = (text: string) => new SQL([text], [])

const EMPTY = sql.raw('')
sql.empty = () => EMPTY

/** A name of a column or a table, whatever it holds. */
sql.identifier = (name: string) => sql.raw(quoted(name))

sql.placeholder = (name: string) => new Placeholder(name)

/** So many rows at most. A sum, since SQLite plans a query anew for every number that stands there, even behind a sign. */
sql.limit = (most: number) => sql`limit ${most} + 0`

sql.join = (parts: readonly unknown[], between = EMPTY) => {
  const values = parts.flatMap((part, index) => (index > 0 ? [between, part] : [part]))
  return new SQL(Array(values.length + 1).fill(''), values)
}

/** The parameters of a constant query, with values in the place of placeholders. */
export function bindValues(params: readonly unknown[], values: Record<string, unknown>): unknown[] {
  return params.map((param) => {
    if (!(param instanceof Placeholder)) return param
    const value = values[param.name]
    if (value === undefined) throw new Error(`No value for the placeholder ${param.name}.`)
    return value
  })
}

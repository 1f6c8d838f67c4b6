// SQL and its parameters, as one template: columns and tables of drizzle's become names, lists become `(…, …)`, other queries
// become part of the text, and every other value becomes a parameter. drizzle has the same, with the same notation, but puts a
// query together anew each time that it is asked for it: that was a tenth of a page of a list (docs/performance.md).
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

/** A query, or part of one: `texts[0] params[0] texts[1] params[1] …`. */
export class SQL {
  readonly texts: readonly string[]
  readonly params: readonly unknown[]

  constructor(texts: readonly string[], params: readonly unknown[]) {
    this.texts = texts
    this.params = params
  }

  /** @param mark how the engine writes the parameter of an index */
  text(mark: (index: number) => string): string {
    let text = this.texts[0] ?? ''
    for (let index = 1; index < this.texts.length; index++) text += mark(index - 1) + this.texts[index]
    return text
  }
}

/** Gathers what a query is made of. */
class Draft {
  readonly #texts: string[] = []
  readonly #params: unknown[] = []
  /** What was said since the last parameter. */
  #text = ''

  say(text: string): void {
    this.#text += text
  }

  add(value: unknown): void {
    if (value instanceof SQL) this.#addAll(value)
    else if (Array.isArray(value)) this.#addList(value)
    else {
      const name = nameOf(value)
      if (name !== undefined) this.#text += name
      else this.#addParam(value)
    }
  }

  #addAll({ texts, params }: SQL): void {
    this.#text += texts[0]
    for (let index = 0; index < params.length; index++) {
      this.#addParam(params[index])
      this.#text = texts[index + 1] ?? ''
    }
  }

  #addList(values: readonly unknown[]): void {
    this.#text += '('
    for (const [index, value] of values.entries()) {
      if (index > 0) this.#text += ', '
      this.add(value)
    }
    this.#text += ')'
  }

  #addParam(value: unknown): void {
    if (value === undefined) throw new Error('A query holds undefined.')
    this.#params.push(value)
    this.#texts.push(this.#text)
    this.#text = ''
  }

  end(): SQL {
    return new SQL([...this.#texts, this.#text], this.#params)
  }
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

export function sql(texts: TemplateStringsArray, ...values: unknown[]): SQL {
  const draft = new Draft()
  draft.say(texts[0] ?? '')
  for (let index = 0; index < values.length; index++) {
    draft.add(values[index])
    draft.say(texts[index + 1] ?? '')
  }
  return draft.end()
}

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
  const draft = new Draft()
  for (const [index, part] of parts.entries()) {
    if (index > 0) draft.add(between)
    draft.add(part)
  }
  return draft.end()
}

/** The parameters of a constant query, with values in the place of placeholders. */
export function bound(params: readonly unknown[], values: Record<string, unknown>): unknown[] {
  return params.map((param) => {
    if (!(param instanceof Placeholder)) return param
    const value = values[param.name]
    if (value === undefined) throw new Error(`No value for the placeholder ${param.name}.`)
    return value
  })
}

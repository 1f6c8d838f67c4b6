// SQL with its parameters, as drizzle writes it: the one place that resolves the package, which takes a while each time.
import { type Name, Placeholder, type SQL, sql } from 'drizzle-orm/sql/sql'

export { type Name, type SQL, sql }

/** The parameters of a constant query, with values in the place of placeholders. */
export function bound(params: unknown[], values: Record<string, unknown>): unknown[] {
  return params.map((param) => {
    if (!(param instanceof Placeholder)) return param
    const value = values[param.name]
    if (value === undefined) throw new Error(`No value for the placeholder ${param.name}.`)
    return value
  })
}

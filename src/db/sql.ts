// SQL with its parameters, as drizzle writes it: the one place that resolves the package, which takes a while each time.
export { type Name, Placeholder, type SQL, sql } from 'drizzle-orm/sql/sql'

// The engine that DATABASE_URL asks for. Only the one that is asked for is loaded.
import type { Engine } from './engine.ts'

/** @param onQuery called with the text of every statement before it runs */
export async function openEngine(url: string, onQuery?: (sql: string) => void): Promise<Engine> {
  const options = onQuery ? { onQuery } : {}
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgres } = await import('./postgres/engine.ts')
    return openPostgres(url, options)
  }
  const { openSqlite } = await import('./sqlite/engine.ts')
  return openSqlite(fileOf(url), options)
}

/** The path of a SQLite file, `file:PATH`. */
export const fileOf = (url: string): string => url.replace(/^file:(\/\/(?=\/))?/, '')

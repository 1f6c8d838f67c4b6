// Opens the engine for DATABASE_URL. Loads only that engine.
import type { Engine } from './engine.ts'

interface EngineOptions {
  /** Called with the text of every statement before it runs. */
  onQuery?: (sql: string) => void
  /** Streaming replicas of a PostgreSQL database, used for reads. */
  replicas?: readonly string[]
  /** The deadline of long reads, in milliseconds; on PostgreSQL of every read. */
  readTimeoutMs?: number
  /** Called once when a SQLite file was deleted or replaced. */
  onLost?: (error: Error) => void
}

export async function openEngine(url: string, options: EngineOptions = {}): Promise<Engine> {
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgres } = await import('./postgres/engine.ts')
    return openPostgres(url, options)
  }
  const { openSqlite } = await import('./sqlite/engine.ts')
  return openSqlite(fileOf(url), options)
}

/** The path of a SQLite file, `file:PATH`. */
export const fileOf = (url: string): string => url.replace(/^file:(\/\/(?=\/))?/, '')

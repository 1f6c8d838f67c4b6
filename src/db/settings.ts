// Settings that the service stores in the database.
import { randomBytes } from 'node:crypto'
import type { Engine } from './engine.ts'
import { sql } from './sql.ts'
import { settings } from './system-tables.ts'

/** A setting that is created at the first start and shared by every process on this database. */
export async function sharedSetting(engine: Engine, name: string, create: () => string): Promise<string> {
  const find = sql`select ${settings.value} from ${settings} where ${settings.name} = ${name}`
  const stored = await engine.reader.get<{ value: string }>(find)
  if (stored) return stored.value
  const created = await engine.write(async (writer) => {
    await writer.run(
      sql`insert into ${settings} ("name", "value") values (${name}, ${create()}) on conflict do nothing`,
    )
    return writer.get<{ value: string }>(find)
  })
  return created?.value ?? ''
}

/** The secret that signs cursors. */
export const cursorSecret = async (engine: Engine): Promise<Buffer> =>
  Buffer.from(await sharedSetting(engine, 'cursorSecret', () => randomBytes(32).toString('base64')), 'base64')

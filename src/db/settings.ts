// Settings that the service stores in the database.
import { randomBytes } from 'node:crypto'
import type { Engine } from './engine.ts'
import { sql } from './sql.ts'
import { settings } from './system-tables.ts'

/** The secret that signs cursors: created at the first start, shared by every process on this database. */
export async function cursorSecret(engine: Engine): Promise<Buffer> {
  const find = sql`select ${settings.value} as value from ${settings} where ${settings.name} = 'cursorSecret'`
  const stored = await engine.reader.get<{ value: string }>(find)
  if (stored) return Buffer.from(stored.value, 'base64')
  const created = await engine.write(async (writer) => {
    await writer.run(
      sql`insert into ${settings} ("name", "value") values ('cursorSecret', ${randomBytes(32).toString('base64')}) on conflict do nothing`,
    )
    return writer.get<{ value: string }>(find)
  })
  return Buffer.from(created?.value ?? '', 'base64')
}

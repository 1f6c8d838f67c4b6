// Settings that the service stores in the database.
import { randomBytes } from 'node:crypto'
import type { Engine, Reader, Writer } from './engine.ts'
import { sql } from './sql.ts'
import { settings } from './system-tables.ts'

const FIND = sql`select ${settings.value} from ${settings} where ${settings.name} = ${sql.placeholder('name')}`

export const readSetting = async (reader: Reader, name: string): Promise<string | undefined> =>
  (await reader.get<{ value: string }>(FIND, { name }))?.value

export const writeSetting = (writer: Writer, name: string, value: string): Promise<void> =>
  writer.run(
    sql`insert into ${settings} ("name", "value") values (${name}, ${value})
      on conflict ("name") do update set "value" = excluded."value"`,
  )

/** A setting that is created at the first start and shared by every process on this database. */
export async function sharedSetting(engine: Engine, name: string, create: () => string): Promise<string> {
  const stored = await readSetting(engine.reader, name)
  if (stored !== undefined) return stored
  // Writes are serialised: the first process creates it, the others read it here.
  return engine.write(async (writer) => {
    const existing = await readSetting(writer, name)
    if (existing !== undefined) return existing
    const value = create()
    await writeSetting(writer, name, value)
    return value
  })
}

/** The secret that signs cursors. */
export const cursorSecret = async (engine: Engine): Promise<Buffer> =>
  Buffer.from(await sharedSetting(engine, 'cursorSecret', () => randomBytes(32).toString('base64')), 'base64')

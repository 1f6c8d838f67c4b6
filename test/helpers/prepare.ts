// Prepares the databases that tests copy: the schema, the cursor secret, and one API key for each role.
import type { Engine } from '../../src/db/engine.ts'
import { createFeed } from '../../src/db/feed.ts'
import { createKey } from '../../src/db/keys.ts'
import { cursorSecret } from '../../src/db/settings.ts'
import { prepareDatabase } from '../../src/resources/index.ts'

export interface TestKeys {
  analyst: string
  admin: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** API keys that exist in every database of this run. */
    keys: TestKeys
  }
}

export async function prepare(engine: Engine): Promise<TestKeys> {
  await prepareDatabase(engine)
  await cursorSecret(engine)
  await createFeed(engine)
  const create = async (role: 'analyst' | 'admin') =>
    (await createKey(engine, { name: `test ${role}`, role, expiresAt: null, now: new Date() })).token
  return { analyst: await create('analyst'), admin: await create('admin') }
}

// Seeds an empty database.
import type { Command } from 'commander'
import type { Engine } from '../db/engine.ts'
import { seed } from '../seed.ts'
import { UsageError } from './command.ts'
import { settingsOf } from './settings.ts'

export async function seedDatabase(engine: Engine, _options: object, command: Command): Promise<void> {
  const { seed: extent } = settingsOf(command)
  if (extent === 'none') throw new UsageError('SEED is none; there is nothing to seed.')
  const done = await seed(engine, undefined, extent)
  console.error(done ? 'Seeded from seeds/.' : 'The database is not empty; nothing was changed.')
}

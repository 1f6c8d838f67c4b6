// npm run seed: fills an empty database from seeds/, as far as SEED says.
import { readConfig } from '../config.ts'
import { seed } from '../seed.ts'
import { runCommand, UsageError } from './command.ts'

await runCommand(async (engine) => {
  const { seed: extent } = readConfig(process.env)
  if (extent === 'none') throw new UsageError('SEED is none, so there is nothing to seed.')
  const done = await seed(engine, undefined, extent)
  console.error(done ? 'Seeded from seeds/.' : 'The database is not empty; nothing was changed.')
})

// npm run seed: fills an empty database from seeds/.
import { seed } from '../seed.ts'
import { runCommand } from './command.ts'

await runCommand(async (engine) => {
  const done = await seed(engine)
  console.error(done ? 'Seeded from seeds/article.yaml.' : 'The database is not empty; nothing was changed.')
})

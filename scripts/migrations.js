// Generates the migrations of both engines: npm run migrations -- --name NAME
// Only the latest snapshot of each is kept; drizzle-kit compares with no other.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'

const CONFIGS = { sqlite: 'drizzle.config.ts', postgres: 'drizzle.config.postgres.ts' }

for (const [engine, config] of Object.entries(CONFIGS)) {
  execFileSync('drizzle-kit', ['generate', '--config', config, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  const folder = `migrations/${engine}/meta`
  const snapshots = readdirSync(folder).filter((name) => name.endsWith('_snapshot.json'))
  for (const name of snapshots.sort().slice(0, -1)) rmSync(`${folder}/${name}`)
}

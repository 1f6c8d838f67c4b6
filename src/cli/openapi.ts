// npm run openapi: writes openapi/openapi.json from the schemas that validate. --check only says whether it differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { openSqlite } from '../db/sqlite/engine.ts'

const file = new URL('../../openapi/openapi.json', import.meta.url)

const engine = openSqlite(join(tmpdir(), `sco-tracker-openapi-${process.pid}`, 'empty.db'))
await engine.migrate()
const app = await buildApp({ engine })
await app.ready()
const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
await app.close()
await engine.close()

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (readFileSync(file, 'utf8') !== text) {
  console.error('openapi/openapi.json is not what the code says. Run "npm run openapi" and commit it.')
  process.exitCode = 1
}

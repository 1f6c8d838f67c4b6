// npm run openapi: writes openapi/openapi.json from the schemas that validate, and the same in OpenAPI 3.0.3.
// --check only says whether they differ.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { openSqlite } from '../db/sqlite/engine.ts'
import { downConvert } from './openapi-3.0.ts'

const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-openapi-'))
const engine = openSqlite(join(folder, 'empty.db'))
await engine.migrate()
const app = await buildApp({ engine })
await app.ready()
const document = app.swagger()
await app.close()
await engine.close()
rmSync(folder, { recursive: true })

for (const [name, made] of [
  ['openapi.json', document],
  ['openapi-3.0.json', downConvert(document)],
] as const) {
  const file = new URL(`../../openapi/${name}`, import.meta.url)
  const text = `${JSON.stringify(made, null, 2)}\n`
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`openapi/${name} is not what the code says. Run "npm run openapi" and commit it.`)
    process.exitCode = 1
  }
}

// Writes generated files: openapi/openapi.json, its conversion to 3.0.3, and tables in docs/.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { buildApp } from '../app.ts'
import { openSqlite } from '../db/sqlite/engine.ts'
import type { Document } from '../http/document-nodes.ts'
import { convertTo30 } from '../http/openapi-3.0.ts'
import { UsageError } from './command.ts'
import { documentsWithTables } from './reference-tables.ts'

const root = join(import.meta.dirname, '..', '..')
const fileOf = (name: string) => join(root, 'openapi', name)

/** @throws UsageError with `check` if a file is out of date */
export async function writeOpenApi({ check }: { check?: boolean }): Promise<void> {
  const document = await currentDocument()
  const text = JSON.stringify(document)
  const documents = documentsWithTables(document)
  const outdated = [...documents].filter(([path, wanted]) => readFileSync(path, 'utf8') !== wanted)
  const names = outdated.map(([path]) => relative(root, path))
  if (JSON.stringify(JSON.parse(readFileSync(fileOf('openapi.json'), 'utf8'))) !== text)
    names.push('openapi/openapi.json')
  if (check && names.length > 0)
    throw new UsageError(`Out of date: ${names.join(', ')}. Run "npm run openapi" and commit the result.`)
  if (check) return
  for (const [path, wanted] of documents) writeFileSync(path, wanted)
  writeFileSync(fileOf('openapi.json'), text)
  writeFileSync(fileOf('openapi-3.0.json'), JSON.stringify(convertTo30(document)))
  execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', 'openapi'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  console.log(names.length > 0 ? `Changed: ${names.join(', ')}.` : 'Nothing has changed.')
}

async function currentDocument(): Promise<Document> {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-openapi-'))
  const engine = openSqlite(join(folder, 'empty.db'))
  try {
    await engine.migrate()
    const app = await buildApp({ engine })
    await app.ready()
    const document = app.swagger() as unknown as Document
    await app.close()
    return document
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true })
  }
}

// Writes openapi/openapi.json, and its conversion to 3.0.3.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { openSqlite } from '../db/sqlite/engine.ts'
import type { Document } from '../http/document-nodes.ts'
import { convertTo30 } from '../http/openapi-3.0.ts'
import { UsageError } from './command.ts'

const root = join(import.meta.dirname, '..', '..')
const fileOf = (name: string) => join(root, 'openapi', name)

/** @throws UsageError if the file is to be checked and is out of date */
export async function writeOpenApi({ check }: { check?: boolean }): Promise<void> {
  const document = await currentDocument()
  const text = JSON.stringify(document)
  if (check) {
    if (JSON.stringify(JSON.parse(readFileSync(fileOf('openapi.json'), 'utf8'))) === text) return
    throw new UsageError('openapi/openapi.json is out of date. Run "npm run openapi" and commit it.')
  }
  writeFileSync(fileOf('openapi.json'), text)
  writeFileSync(fileOf('openapi-3.0.json'), JSON.stringify(convertTo30(document)))
  execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', 'openapi'], {
    cwd: root,
    stdio: 'inherit',
  })
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

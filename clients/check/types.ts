// The types of our own client, drawn from the document. Errors all are a Problem there, and headers are read by name, so
// neither is repeated for every operation.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool } from './install.ts'

const root = join(import.meta.dirname, '..', '..')
const FILE = join(root, 'clients', 'typescript', 'src', 'schema.ts')

interface Slim {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { headers?: unknown; content?: object }> }>
  >
  components: Record<string, unknown>
}

/** Writes clients/typescript/src/schema.ts. With `check` it only says whether that is what the document says. */
export function drawTypes({ check }: { check: boolean }): boolean {
  const document = JSON.parse(readFileSync(join(root, 'openapi', 'openapi.json'), 'utf8')) as Slim
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values(methods)) {
      operation.responses = Object.fromEntries(
        Object.entries(operation.responses)
          .filter(([status]) => status.startsWith('2'))
          .map(([status, { headers: _, ...response }]) => [status, response]),
      )
    }
  }
  const { responses: _, headers: __, examples: ___, ...components } = document.components
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-types-'))
  try {
    const [slim, made] = [join(folder, 'slim.json'), join(folder, 'schema.ts')]
    writeFileSync(slim, JSON.stringify({ ...document, components }))
    const args = [slim, '-o', made, '--root-types', '--root-types-no-schema-prefix']
    execFileSync(tool('openapi-typescript'), args, { stdio: 'pipe' })
    const text = readFileSync(made, 'utf8')
    if (!check) writeFileSync(FILE, text)
    return readFileSync(FILE, 'utf8') === text
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Generates the types of our TypeScript client, clients/typescript/src/schema.ts, from the OpenAPI document.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, tool } from './install.ts'

const root = join(import.meta.dirname, '..', '..')

interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { headers?: unknown; content?: object }> }>
  >
  components: Record<string, unknown>
}

/** Leaves out errors and headers: the client throws every Problem as one class, and gives back bodies. */
export function generateTypes(): void {
  const document = JSON.parse(readFileSync(join(root, 'openapi', 'openapi.json'), 'utf8')) as Document
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([status, { headers: _, ...response }]) => [status, response]),
    )
  }
  const { responses: _, headers: __, ...components } = document.components
  const schema = join(root, 'clients', 'typescript', 'src', 'schema.ts')
  execFileSync(tool('openapi-typescript'), ['-o', schema, '--root-types', '--root-types-no-schema-prefix'], {
    input: JSON.stringify({ ...document, components }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

if (import.meta.main) {
  install()
  generateTypes()
}

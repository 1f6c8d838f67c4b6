// Generates the types of our TypeScript client, clients/typescript/src/schema.ts, from the OpenAPI document.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, tool } from './install.ts'

const root = join(import.meta.dirname, '..', '..')

interface Response {
  headers?: unknown
  content?: object
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Response | { $ref: string }> }>>
  components: { responses: Record<string, Response> } & Record<string, unknown>
}

/** Leaves out errors and headers: the client throws every Problem as one class, and gives back bodies. */
export function generateTypes(): void {
  const document = JSON.parse(readFileSync(join(root, 'openapi', 'openapi.json'), 'utf8')) as Document
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([status, response]) => {
          const name = '$ref' in response ? response.$ref.split('/').at(-1) : undefined
          const { headers: _, ...body } = (name ? document.components.responses[name] : response) as Response
          return [status, body]
        }),
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

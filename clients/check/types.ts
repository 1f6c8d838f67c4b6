// Generates src/schema.ts and src/routes.ts of our TypeScript client from the OpenAPI document.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, tool } from './install.ts'

const root = join(import.meta.dirname, '..', '..')

interface Response {
  headers?: unknown
  content?: object
}

interface Document {
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, Response | { $ref: string }> }>
  >
  components: { responses: Record<string, Response> } & Record<string, unknown>
}

const read = () => JSON.parse(readFileSync(join(root, 'openapi', 'openapi.json'), 'utf8')) as Document
const generated = (name: string) => join(root, 'clients', 'typescript', 'src', name)

/** Leaves out errors and headers: the client throws every Problem as one class, and gives back bodies. */
export function generateTypes(): void {
  const document = read()
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
  const options = ['-o', generated('schema.ts'), '--root-types', '--root-types-no-schema-prefix']
  execFileSync(tool('openapi-typescript'), options, {
    input: JSON.stringify({ ...document, components }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** The method and the path of every operation. */
export function generateRoutes(): void {
  const lines = Object.entries(read().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId }]) => `  ${operationId}: '${method.toUpperCase()} ${path}',\n`,
    ),
  )
  const text = `// Generated from the OpenAPI document: the method and the path of every operation.
import type { operations } from './schema.ts'

export const routes = {
${lines.join('')}} satisfies Partial<Record<keyof operations, string>>
`
  writeFileSync(generated('routes.ts'), text)
}

if (import.meta.main) {
  install()
  generateTypes()
  generateRoutes()
}

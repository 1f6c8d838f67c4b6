// npm run openapi:lint: lints the OpenAPI document, in 3.1 and in 3.0.3, with Redocly and Spectral.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertTo30 } from '../../src/http/openapi-3.0.ts'
import { install, tool } from './install.ts'

const folder = join(import.meta.dirname, '..', '..', 'openapi')
const [document, document30] = [join(folder, 'openapi.json'), join(folder, 'openapi-3.0.json')]
writeFileSync(document30, JSON.stringify(convertTo30(JSON.parse(readFileSync(document, 'utf8')))))

install()
const statuses = await Promise.all(
  [
    { file: document, ruleset: 'spectral.yaml' },
    { file: document30, ruleset: 'spectral-3.0.yaml' },
  ].flatMap(({ file, ruleset }) =>
    (
      [
        ['redocly', 'lint', '--config', 'redocly.yaml', file],
        ['spectral', 'lint', '--ruleset', ruleset, '--fail-severity', 'hint', file],
      ] as const
    ).map(async ([name, ...args]) => {
      const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
      const linter = spawn(tool(name), args, { cwd: import.meta.dirname, stdio: 'inherit', env })
      const [status] = await once(linter, 'exit')
      return status
    }),
  ),
)
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1

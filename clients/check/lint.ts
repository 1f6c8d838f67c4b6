// npm run openapi:lint: the OpenAPI document and its twin in 3.0.3 before the judges. They are installed here when they
// are not yet, outside of the main install.
import { spawnSync } from 'node:child_process'
import { install, tool } from './install.ts'

install()
let failed = false
for (const file of ['../../openapi/openapi.json', '../../openapi/openapi-3.0.json']) {
  for (const [name, args] of [
    ['redocly', ['lint', '--config', 'redocly.yaml', file]],
    ['spectral', ['lint', '--ruleset', 'spectral.yaml', '--fail-severity', 'hint', file]],
  ] as const) {
    const { status } = spawnSync(tool(name), args, {
      cwd: import.meta.dirname,
      stdio: 'inherit',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    })
    if (status !== 0) failed = true
  }
}
process.exit(failed ? 1 : 0)

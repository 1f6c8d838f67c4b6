import { defineConfig } from 'vitest/config'
import { answers, SERVER } from './test/helpers/postgres.ts'

const postgres = await answers()
if (!postgres) {
  const missing = `No PostgreSQL answers at ${SERVER.replace(/:[^:@/]*@/, ':…@')}`
  if (process.env['REQUIRE_POSTGRES']) throw new Error(`${missing}, and its suite must not be skipped.`)
  console.error(`${missing}; its suite is skipped.`)
}

/**
 * What is about files, about the text of the project, or about either engine alone is run once. So is what is about requests,
 * formats and pages, but has no query of its own.
 */
const ONCE = [
  'backup',
  'client',
  'sql',
  'sqlite',
  'sqlite-plans',
  'long-reads',
  'docs-page',
  'contract/*',
  'openapi',
  'config',
  'cli',
  'install',
  'logger',
  'socket',
  'machine',
  'clock',
  'openapi-diff',
  'webhooks-ssrf',
  'web/html',
  'workbench/fetch',
  'workbench/ingest',
  'written-dates',
  'web/links',
  'http',
  'compression',
  'tolerance',
  'citations',
  'json-ld',
  'mcp',
  'plan',
  'web/diff',
  'web/hostile',
  'web/reader',
  'web/sharing',
  'workbench/fields',
  'workbench/forms',
  'workbench/prefill',
].map((name) => `test/${name}.test.ts`)

export default defineConfig({
  test: {
    globalSetup: './test/helpers/coverage.ts',
    maxWorkers: '100%',
    isolate: false,
    execArgv: ['--max-semi-space-size=64'],
    // Generous, since the machine may be busy: only a test that hangs runs into it.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/helpers/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'sqlite',
          env: { TEST_ENGINE: 'sqlite' },
          globalSetup: './test/helpers/sqlite.ts',
          include: ['test/*.test.ts', 'test/{browser,contract,documents,web,workbench}/*.test.ts'],
          exclude: ['test/postgres*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          env: { TEST_ENGINE: 'postgres' },
          ...(postgres
            ? {
                globalSetup: './test/helpers/postgres.ts',
                include: ['test/*.test.ts', 'test/{documents,web,workbench}/*.test.ts'],
                exclude: ONCE,
              }
            : { include: ['test/helpers/no-postgres.test.ts'] }),
        },
      },
    ],
  },
})

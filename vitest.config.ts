import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { EVERYTHING } from './test/helpers/everything.ts'
import { answers, SERVER } from './test/helpers/postgres.ts'

const postgres = await answers()
if (!postgres) {
  const missing = `No PostgreSQL answers at ${SERVER.replace(/:[^:@/]*@/, ':…@')}`
  if (process.env['REQUIRE_POSTGRES']) throw new Error(`${missing}, and its suite must not be skipped.`)
  console.error(`${missing}; its suite is skipped.`)
}

const filesOf = (names: string[]) => names.map((name) => `test/${name}.test.ts`)

/** What is about files, about the text of the project, or about SQLite. */
const ON_SQLITE = filesOf([
  'backup',
  'cli',
  'client',
  'clock',
  'config',
  'contract/*',
  'docs-page',
  'install',
  'logger',
  'long-reads',
  'machine',
  'openapi',
  'openapi-diff',
  'plan',
  'socket',
  'sql',
  'sqlite',
  'sqlite-plans',
  'web/html',
  'web/links',
  'webhooks-ssrf',
  'workbench/fetch',
  'workbench/ingest',
  'written-dates',
])

/**
 * What is about requests, single records, documents, formats, forms and pages: its queries are those of tests that run on both engines.
 * With TEST_EVERYTHING it runs on PostgreSQL too.
 */
const ONCE = filesOf([
  'base-path',
  'caching',
  'citations',
  'claims',
  'compression',
  'dates',
  'documents-more',
  'documents/*',
  'evidence',
  'fields',
  'http',
  'json-ld',
  'lifecycles',
  'mcp',
  'patches',
  'recipes',
  'recording',
  'seed',
  'tolerance',
  'web/course',
  'web/diff',
  'web/hostile',
  'web/lineage',
  'web/reader',
  'web/record',
  'web/sharing',
  'web/statistics',
  'web/words',
  'word-forms',
  'workbench/fields',
  'workbench/form-flows',
  'workbench/forms',
  'workbench/imports',
  'workbench/prefill',
  'workbench/undo-merge-delete',
  'workbench/workspace',
])

/** Begins with PostgreSQL and with the browser, whose tests take longest: at the end, one of them would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification) =>
      project.name === 'postgres' ? 0 : moduleId.includes('/test/browser/') ? 1 : 2
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
                exclude: EVERYTHING ? ON_SQLITE : [...ON_SQLITE, ...ONCE],
              }
            : { include: ['test/helpers/no-postgres.test.ts'] }),
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'
import { answers, SERVER } from './test/helpers/postgres.ts'

const postgres = await answers()
if (!postgres)
  console.error(`No PostgreSQL answers at ${SERVER.replace(/:[^:@/]*@/, ':…@')}; its suite is skipped.`)

/** What is about files, about the text of the project, or about either engine alone is run once. */
const ONCE = ['backup', 'sqlite', 'docs-page', 'contract/*', 'openapi', 'config'].map(
  (name) => `test/${name}.test.ts`,
)

export default defineConfig({
  test: {
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default', './test/helpers/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'sqlite',
          env: { TEST_ENGINE: 'sqlite' },
          include: ['test/*.test.ts', 'test/contract/*.test.ts'],
          exclude: ['test/postgres*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          env: { TEST_ENGINE: 'postgres' },
          ...(postgres
            ? { globalSetup: './test/helpers/postgres.ts', include: ['test/*.test.ts'], exclude: ONCE }
            : { include: ['test/helpers/no-postgres.test.ts'] }),
        },
      },
    ],
  },
})

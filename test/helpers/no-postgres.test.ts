// Replaces the suite on PostgreSQL when no server is available, so that the closing line reports it as skipped.
import { test } from 'vitest'
import { SERVER } from './postgres.ts'

test.skip(`the suite on PostgreSQL: no server answers at ${SERVER} (TEST_POSTGRES_URL names another)`, () => {})

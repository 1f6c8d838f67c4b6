// Stands for the whole suite on PostgreSQL where no server answers, so that the closing line says so.
import { test } from 'vitest'
import { SERVER } from './postgres.ts'

test.skip(`the suite on PostgreSQL: no server answers at ${SERVER} (TEST_POSTGRES_URL names another)`, () => {})

import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './migrations/tables.cjs',
  out: './migrations/postgres',
})

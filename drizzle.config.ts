import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: ['./src/db/system-tables.ts', './src/resources/*/table.ts'],
  out: './migrations/sqlite',
})

// What drizzle-kit reads for migrations/postgres: the tables of PostgreSQL, made from the only description there is.
const { globSync } = require('node:fs')
const { join } = require('node:path')
const { postgresTables } = require('../src/db/postgres/tables.ts')

const src = join(__dirname, '..', 'src')
const files = ['db/system-tables.ts', ...globSync('resources/*/table.ts', { cwd: src }).sort()]

module.exports = postgresTables(files.flatMap((file) => Object.values(require(join(src, file)))))

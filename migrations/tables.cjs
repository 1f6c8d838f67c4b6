// What drizzle-kit reads: the tables of both engines, derived from the resources.
const { is } = require('drizzle-orm')
const { getTableConfig, SQLiteTable } = require('drizzle-orm/sqlite-core')
const { postgresTables } = require('../src/db/postgres/tables.ts')
const systemTables = require('../src/db/system-tables.ts')
const { catalogue } = require('../src/resources/index.ts')

const tables = [...Object.values(systemTables), ...catalogue.entities.map(({ table }) => table)]

module.exports = {
  ...Object.fromEntries(
    tables
      .filter((table) => is(table, SQLiteTable))
      .map((table) => [`sqlite ${getTableConfig(table).name}`, table]),
  ),
  ...postgresTables(tables),
}

// Exports all records of a kind, oldest first, in a format that imports accept.
import { setImmediate } from 'node:timers/promises'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Entity } from '../../records/schema/resource.ts'
import type { ImportFormat } from '../imports/rows.ts'
import { cellsOf, columnsOf, csvText } from './columns.ts'

/** How many records are read per query. */
const BATCH = 500

interface Exported {
  firstSeq: number
  doc: string
}

/** @returns chunks of the file with their number of records */
export async function* exportRecords(
  reader: Reader,
  entity: Entity,
  format: ImportFormat,
): AsyncGenerator<{ text: string; count: number }> {
  const columns = columnsOf(entity.record)
  if (format === 'csv') yield { text: csvText([columns.map((path) => path.join('.'))]), count: 0 }
  for (let lastSeq = 0; ; ) {
    const rows = await batch(reader, entity, lastSeq)
    const last = rows.at(-1)
    if (!last) return
    lastSeq = last.firstSeq
    const text =
      format === 'ndjson'
        ? rows.map(({ doc }) => `${doc}\n`).join('')
        : csvText(rows.map(({ doc }) => cellsOf(columns, JSON.parse(doc) as Doc)))
    yield { text, count: rows.length }
    await setImmediate()
  }
}

/** In order of creation, using the index of the log. */
const batch = (reader: Reader, { kind, table }: Entity, after: number) =>
  reader.all<Exported>(
    sql`select ${table.firstSeq}, ${table.doc}
      from ${changes}
      join ${table} on ${table.id} = ${changes.recordId} and ${table.firstSeq} = ${changes.seq}
      where ${changes.kind} = ${kind} and ${changes.seq} > ${after}
      order by ${changes.seq} ${sql.limit(BATCH)}`,
  )

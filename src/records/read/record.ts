// Reads one record.
import { gone, notFound, type Problem } from '../../core/problems.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import type { Entity } from '../schema/resource.ts'

/** The problem of a record that does not exist: `gone` if it was deleted, `not-found` if it never existed. */
export async function missingRecord(
  reader: Reader,
  { kind, alias }: Entity,
  idOrAlias: string,
): Promise<Problem> {
  // `|| ''` keeps SQLite from using the index by kind, which would read every change of the kind.
  const byId = sql`select 1 from ${changes} where ${changes.recordId} = ${idOrAlias} and ${changes.kind} || '' = ${kind} and ${changes.op} = 'delete' limit 1`
  const byAlias =
    alias &&
    sql`select 1 from ${changes} join ${changes} as before on before."recordId" = ${changes.recordId} and before."version" = ${changes.version} - 1 where ${changes.kind} = ${kind} and ${changes.op} = 'delete' and before."doc" ->> ${alias} = ${idOrAlias} limit 1`
  const tombstone = (await reader.get(byId)) ?? (byAlias && (await reader.get(byAlias)))
  return tombstone ? gone(kind, idOrAlias) : notFound(kind, idOrAlias)
}

// Adds the fields of a new release to stored documents.
import { hash } from 'node:crypto'
import { z } from 'zod'
import { FOLDING } from '../../core/fold.ts'
import { asWriter, type Engine, type Writer } from '../../db/engine.ts'
import { readSetting, writeSetting } from '../../db/settings.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { describeTable } from '../../db/tables.ts'
import type { Catalogue } from '../schema/catalogue.ts'
import type { Doc, Json } from '../schema/document.ts'
import { fieldOf, fieldsIn } from '../schema/fields.ts'
import type { Kind } from '../schema/kinds.ts'
import type { Entity } from '../schema/resource.ts'
import { derivedValues, reindexDocument } from './store.ts'

/** How many documents are read per query. */
const BATCH = 200

/**
 * Completes the documents of every kind whose declared fields have changed, in the records and in the change log, and indexes
 * the records again. Does nothing where the fields are those of the last start.
 * @returns the kinds of which a document was completed
 */
export async function upgradeDocuments(engine: Engine, catalogue: Catalogue): Promise<Kind[]> {
  const signatures = new Map(catalogue.entities.map((entity) => [entity.kind, signatureOf(entity)]))
  const current = JSON.stringify(Object.fromEntries(signatures))
  if ((await readSetting(engine.reader, 'fields')) === current) return []
  return engine.write(
    async (writer) => {
      const stored = JSON.parse((await readSetting(writer, 'fields')) ?? '{}') as Record<string, string>
      const upgraded: Kind[] = []
      for (const entity of catalogue.entities) {
        if (stored[entity.kind] === signatures.get(entity.kind)) continue
        await upgradeRecords(engine, writer, entity)
        if (await upgradeLog(writer, entity)) upgraded.push(entity.kind)
      }
      await writeSetting(writer, 'fields', current)
      return upgraded
    },
    { alone: true },
  )
}

/** A hash that changes when documents, columns, links or full-text entries of an entity must be rewritten. */
function signatureOf({ record, table, listOrder }: Entity): string {
  const fields = fieldsIn(record).map(({ path, nullable, default: preset, search, kinds }) => [
    path,
    nullable,
    preset,
    search,
    kinds,
  ])
  const columns = Object.entries(describeTable(table).columns).map(([name, { path, derive }]) => [
    name,
    path,
    derive?.name,
  ])
  return hash('sha256', JSON.stringify([fields, columns, listOrder, FOLDING]), 'base64url')
}

async function upgradeRecords(engine: Engine, writer: Writer, entity: Entity): Promise<void> {
  const { table } = entity
  const tx = { ...asWriter(writer), engine }
  for (let after = ''; ; ) {
    const rows = await writer.all<{ id: string; seq: number; doc: string }>(
      sql`select ${table.id}, ${table.seq}, ${table.doc} from ${table} where ${table.id} > ${after} order by ${table.id} ${sql.limit(BATCH)}`,
    )
    for (const { seq, doc } of rows) await reindexDocument(tx, entity, completed(entity, doc), seq)
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

/** @returns whether a document was completed; the log has those of the records too */
async function upgradeLog(writer: Writer, entity: Entity): Promise<boolean> {
  let hasChanged = false
  for (let after = 0; ; ) {
    const rows = await writer.all<{ seq: number; doc: string; derived: string | null }>(
      sql`select ${changes.seq}, ${changes.doc}, ${changes.derived}
        from ${changes}
        where ${changes.kind} = ${entity.kind} and ${changes.seq} > ${after} and ${changes.doc} is not null
        order by ${changes.seq} ${sql.limit(BATCH)}`,
    )
    for (const { seq, doc, derived } of rows) {
      const document = completed(entity, doc)
      const [text, values] = [JSON.stringify(document), derivedValues(entity.table, document)]
      if (text === doc && values === derived) continue
      hasChanged ||= text !== doc
      await writer.run(
        sql`update ${changes} set "doc" = ${text}, "derived" = ${values} where ${changes.seq} = ${seq}`,
      )
    }
    const last = rows.at(-1)
    if (!last) return hasChanged
    after = last.seq
  }
}

const completed = ({ record }: Entity, doc: string) => complete(record, JSON.parse(doc)) as Doc

/** Adds missing fields to a value, in the order of its schema. Nothing is removed. */
function complete(schema: z.ZodType, value: Json | undefined): Json {
  const field = fieldOf(schema)
  if (field) return value ?? field.default ?? null
  if (schema instanceof z.ZodObject) {
    const { ...rest } = (value ?? {}) as Record<string, Json>
    const entries = Object.entries(schema.shape).flatMap(([key, inner]) => {
      const own = rest[key]
      delete rest[key]
      // What is optional is not stored.
      return own === undefined && inner instanceof z.ZodOptional ? [] : [[key, complete(inner, own)]]
    })
    return { ...Object.fromEntries(entries), ...rest }
  }
  if (schema instanceof z.ZodArray)
    return ((value ?? []) as Json[]).map((item) => complete(schema.element as z.ZodType, item))
  if (schema instanceof z.ZodNullable && value) return complete(schema.unwrap() as z.ZodType, value)
  return value ?? null
}

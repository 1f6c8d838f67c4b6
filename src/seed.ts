// Seeding an empty database from the reviewable files in seeds/: the same ids on every machine.
import { readFileSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { parse as parseYaml } from 'yaml'
import { seededId } from './core/ids.ts'
import type { Engine } from './db/engine.ts'
import { changes } from './db/system.ts'
import { bodyProblem } from './http/validation.ts'
import type { Kind } from './records/fields.ts'
import type { Doc } from './records/resource.ts'
import { addEvidence, evidenceCreate } from './resources/evidence/index.ts'
import { recordsOn } from './resources/index.ts'

const SEEDS = new URL('../seeds/', import.meta.url)

/** The time inside the ids of seeded records: the day of the article. */
const SEED_EPOCH = Date.UTC(2022, 7, 24)

type SeedRecord = Fields & { record: Kind }

interface Fields {
  /** Unique in the seed; others refer to the record as `=key`. */
  key: string
  evidence?: Record<string, unknown>[]
  [field: string]: unknown
}

interface SeedFile {
  source?: Fields & { file: string }
  records: SeedRecord[]
}

const readSeed = (name: string) => parseYaml(readFileSync(new URL(name, SEEDS), 'utf8')) as SeedFile

/**
 * Seeds a database that nothing was ever written to.
 * @param extent `reference`: the states alone; `article`: also what the article says
 * @returns whether it did
 */
export async function seed(
  engine: Engine,
  clock: () => Date = () => new Date(),
  extent: 'reference' | 'article' = 'article',
): Promise<boolean> {
  const used = await engine.reader.get(sql`select 1 from ${changes} limit 1`)
  if (used) return false
  let nextKey = ''
  const records = recordsOn(engine, { clock, makeId: (prefix) => seededId(prefix, nextKey, SEED_EPOCH) })
  const author = { actor: { id: 'seed', name: 'seed' }, requestId: null }
  await records.write(author, async (unit) => {
    const ids = new Map<string, string>()
    const docs = new Map<string, Doc>()
    const resolve = (value: unknown): unknown => {
      if (typeof value === 'string' && value.startsWith('=')) return known(ids, value.slice(1))
      if (Array.isArray(value)) return value.map(resolve)
      if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]))
      }
      return value
    }
    const make = async ({ record: kind, key, evidence: _, ...fields }: SeedRecord) => {
      nextKey = key
      const resource = records.catalogue.resource(kind)
      const parsed = resource.create.safeParse(resolve(fields))
      if (!parsed.success)
        throw new Error(`seed ${kind} ${key}: ${JSON.stringify(bodyProblem(parsed.error).errors)}`)
      const doc = await records.create(unit, resource, parsed.data)
      ids.set(key, doc.id)
      docs.set(key, doc)
    }
    const cite = async ({ record: kind, key, evidence = [] }: SeedRecord, sourceId: string) => {
      const resource = records.catalogue.resource(kind)
      for (const [index, given] of evidence.entries()) {
        nextKey = `${key}/${index}`
        const parsed = evidenceCreate.parse({ motivation: 'quote', sourceId, ...given })
        const current = JSON.parse((await records.load(unit, resource, docs.get(key)?.id ?? '')).doc) as Doc
        await addEvidence(records, unit, resource, current, parsed)
      }
    }
    for (const record of readSeed('states.yaml').records) await make(record)
    if (extent === 'reference') return
    const { source, records: drawn } = readSeed('article.yaml')
    if (!source) throw new Error('seeds/article.yaml names no source.')
    const { file, ...fields } = source as Fields & { file: string }
    const text = readFileSync(new URL(file, SEEDS), 'utf8')
    const sourceRecord: SeedRecord = { ...fields, record: 'source', text }
    // The publisher of the source is one of the records that are drawn from it.
    const publisher = drawn.find(({ key }) => `=${key}` === fields['publisherId'])
    if (publisher) await make(publisher)
    await make(sourceRecord)
    for (const record of drawn) if (record !== publisher) await make(record)
    const sourceId = known(ids, source.key)
    for (const record of [sourceRecord, ...drawn]) await cite(record, sourceId)
  })
  return true
}

function known(ids: Map<string, string>, key: string): string {
  const id = ids.get(key)
  if (!id) throw new Error(`The seed refers to =${key} before it is made.`)
  return id
}

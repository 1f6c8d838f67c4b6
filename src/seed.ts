// Seeds an empty database from seeds/. Ids are the same on every machine.
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { seededId } from './core/ids.ts'
import type { Engine } from './db/engine.ts'
import { sql } from './db/sql.ts'
import { changes } from './db/system-tables.ts'
import {
  type Item,
  type Report,
  SECTIONS,
  type Sections,
  writeItems,
  writeReport,
} from './features/reports/write.ts'
import type { Kind } from './records/schema/kinds.ts'
import { recordsOn } from './resources/index.ts'

/** The seeded data: only the article, or also public reference data about the SCO. */
export type SeedExtent = 'article' | 'reference'

const SEEDS = new URL('../seeds/', import.meta.url)

/** The files of reference data, in an order in which fields of records refer only to earlier ones. */
const REFERENCE = ['topics', 'organizations', 'speakers', 'meetings', 'agreements', 'proposals']

/** The timestamp in the ids of seeded records: the day of the article. */
const SEED_EPOCH = Date.UTC(2022, 7, 24)

interface SeedFile {
  source?: Item & { file: string }
  records: (Item & { record: Kind })[]
}

const readSeed = (name: string) => parseYaml(readFileSync(new URL(name, SEEDS), 'utf8')) as SeedFile

/** Seeds a database without changes. @returns whether it was empty */
export async function seed(
  engine: Engine,
  clock: () => Date = () => new Date(),
  extent: SeedExtent = 'article',
): Promise<boolean> {
  const firstChange = await engine.reader.get(sql`select 1 from ${changes} limit 1`)
  if (firstChange) return false
  const ids = seededIds()
  const records = recordsOn(engine, { clock, makeId: ids.make })
  const author = { actor: { id: 'seed', name: 'seed' }, requestId: null }
  await records.write(author, async (tx) => {
    const idsByKey = new Map<string, string>()
    const options = { idsByKey, naming: ids.name }
    await writeReport(records, tx, articleReport(), options)
    if (extent === 'reference') await writeItems(records, tx, referenceData(), options)
  })
  return true
}

/** The article as a report: its text and its records by section. */
function articleReport(): Report {
  const { source, records } = readSeed('article.yaml')
  if (!source) throw new Error('seeds/article.yaml has no source.')
  const { file, ...fields } = source
  const sections = Object.entries(SECTIONS).map(([section, kind]) => [
    section,
    records.filter(({ record }) => record === kind).map(withoutKind),
  ])
  return {
    source: { ...fields, text: readFileSync(new URL(file, SEEDS), 'utf8') },
    ...Object.fromEntries(sections),
    states: readSeed('states.yaml').records.map(withoutKind),
  }
}

/** The reference data by section. */
const referenceData = (): Sections =>
  Object.fromEntries(
    REFERENCE.map((name) => [name, readSeed(`reference/${name}.yaml`).records.map(withoutKind)]),
  )

/** An entry of a seed file without its kind, which follows from the section. */
function withoutKind({ record: _, ...item }: SeedFile['records'][number]): Item {
  return item
}

/** Generates ids from the key of the record being written; further ids for the same key are numbered. */
function seededIds() {
  let current = ''
  const uses = new Map<string, number>()
  return {
    name: (key: string) => {
      current = key
    },
    make: (prefix: string) => {
      const use = `${prefix} ${current}`
      const count = uses.get(use) ?? 0
      uses.set(use, count + 1)
      return seededId(prefix, count === 0 ? current : `${current}#${count}`, SEED_EPOCH)
    },
  }
}

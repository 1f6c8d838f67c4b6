// Seeding an empty database from the reviewable files in seeds/: the same ids on every machine.
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { seededId } from './core/ids.ts'
import type { Engine } from './db/engine.ts'
import { sql } from './db/sql.ts'
import { changes } from './db/system-tables.ts'
import { type Item, type Report, SECTIONS, writeReport, writeSections } from './features/reports/routes.ts'
import type { Kind } from './records/schema/kinds.ts'
import { recordsOn } from './resources/index.ts'

/** What a database is seeded with: the article alone, or also the public record of the SCO. */
export type SeedExtent = 'article' | 'reference'

const SEEDS = new URL('../seeds/', import.meta.url)

/** The public record, in an order in which every reference leads to something before it. */
const REFERENCE = ['states', 'topics', 'organizations', 'speakers', 'meetings', 'agreements', 'proposals']

/** The time inside the ids of seeded records: the day of the article. */
const SEED_EPOCH = Date.UTC(2022, 7, 24)

interface SeedFile {
  source?: Item & { file: string }
  records: (Item & { record: Kind; key: string })[]
}

const readSeed = (name: string) => parseYaml(readFileSync(new URL(name, SEEDS), 'utf8')) as SeedFile

/** Seeds a database that nothing was ever written to. @returns whether it did */
export async function seed(
  engine: Engine,
  clock: () => Date = () => new Date(),
  extent: SeedExtent = 'article',
): Promise<boolean> {
  const used = await engine.reader.get(sql`select 1 from ${changes} limit 1`)
  if (used) return false
  const ids = seededIds()
  const records = recordsOn(engine, { clock, makeId: ids.make })
  const author = { actor: { id: 'seed', name: 'seed' }, requestId: null }
  await records.write(author, async (tx) => {
    const idsByKey = new Map<string, string>()
    await writeSections(
      records,
      tx,
      { states: readSeed('states.yaml').records.map(unmarked) },
      idsByKey,
      ids.name,
    )
    await writeReport(records, tx, articleReport(), idsByKey, ids.name)
    for (const name of extent === 'reference' ? REFERENCE : []) {
      const items = readSeed(`reference/${name}.yaml`).records.map(unmarked)
      await writeSections(records, tx, { [name]: items }, idsByKey, ids.name)
    }
  })
  return true
}

/** The article as a report: its text, and what was drawn from it, by section. */
function articleReport(): Report {
  const { source, records } = readSeed('article.yaml')
  if (!source) throw new Error('seeds/article.yaml names no source.')
  const { file, ...fields } = source
  const sections = Object.entries(SECTIONS).map(([section, kind]) => [
    section,
    records.filter(({ record }) => record === kind).map(unmarked),
  ])
  return {
    source: { ...fields, text: readFileSync(new URL(file, SEEDS), 'utf8') },
    ...Object.fromEntries(sections),
  }
}

/** An entry of a seed file without the mark that says of what kind it is: its section says so. */
function unmarked({ record: _, ...item }: SeedFile['records'][number]): Item {
  return item
}

/** Makes ids from the key of the record that is being written; further ones under the same key are numbered. */
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

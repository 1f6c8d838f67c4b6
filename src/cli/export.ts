// Exports all records to a folder in one snapshot, one file per kind.
import { createWriteStream, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Engine } from '../db/engine.ts'
import { exportRecords } from '../features/formats/export.ts'
import { pathsOf } from '../features/imports/kinds.ts'
import type { ImportFormat } from '../features/imports/rows.ts'
import { catalogue } from '../resources/index.ts'
import { progressLine, UsageError } from './command.ts'

interface Options {
  format: ImportFormat
}

export async function exportAll(engine: Engine, folder: string, { format }: Options): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new UsageError(`${folder} is not empty.`)
  mkdirSync(folder, { recursive: true })
  const progress = progressLine()
  let total = 0
  const counts: Record<string, number> = {}
  await engine.read(async (reader) => {
    for (const [name, kind] of pathsOf(catalogue)) {
      async function* texts() {
        for await (const { text, count } of exportRecords(reader, catalogue.entity(kind), format)) {
          total += count
          counts[name] = (counts[name] ?? 0) + count
          progress.show(`${name} ${total.toLocaleString('en')}`)
          yield text
        }
      }
      const file = createWriteStream(join(folder, `${name}.${format}`), { flags: 'wx' })
      await pipeline(Readable.from(texts()), file)
    }
  })
  // Written last: a folder without it is incomplete.
  const manifest = { complete: true, exportedAt: new Date().toISOString(), format, counts }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' })
  progress.clear()
  console.error(`Exported ${total.toLocaleString('en')} records to ${folder}.`)
}

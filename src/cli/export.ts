// npm run export -- DIR [--format ndjson|csv]: every record as it is at one moment, a file for each kind, which
// "npm run import -- DIR" reads back.
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { exportRecords } from '../features/formats/export.ts'
import { pathsOf } from '../features/imports/kinds.ts'
import type { ImportFormat } from '../features/imports/rows.ts'
import { catalogue } from '../resources/index.ts'
import { progressLine, runCommand, UsageError } from './command.ts'

const USAGE = 'Usage: npm run export -- DIR [--format ndjson|csv]'

await runCommand(async (engine) => {
  const { folder, format } = parseArguments()
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new UsageError(`${folder} is not empty.`)
  mkdirSync(folder, { recursive: true })
  const progress = progressLine()
  let total = 0
  await engine.read(async (reader) => {
    for (const [name, kind] of pathsOf(catalogue)) {
      const file = createWriteStream(join(folder, `${name}.${format}`), { flags: 'wx' })
      for await (const { text, count } of exportRecords(reader, catalogue.entity(kind), format)) {
        if (!file.write(text)) await once(file, 'drain')
        total += count
        progress.show(`${name} ${total.toLocaleString('en')}`)
      }
      file.end()
      await finished(file)
    }
  })
  progress.clear()
  console.error(`Exported ${total.toLocaleString('en')} records to ${folder}.`)
})

function parseArguments(): { folder: string; format: ImportFormat } {
  const { positionals, values } = parsed()
  const [folder] = positionals
  const { format } = values
  if (!folder || positionals.length > 1 || (format !== 'ndjson' && format !== 'csv'))
    throw new UsageError(USAGE)
  return { folder, format }
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { format: { type: 'string', default: 'ndjson' } },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

// Keeps a local copy of the tracker in step: node examples/mirror.ts http://127.0.0.1:3000 mirror.json
// Stop it and start it again as you like: it goes on where it left off, and misses and doubles nothing.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type Change, TrackerClient } from '../clients/typescript/src/index.ts'

interface Mirror {
  /** The last change that is applied. */
  after: number
  /** `kind/id` → record. */
  records: Record<string, object>
}

const [baseUrl = 'http://127.0.0.1:3000', file = 'mirror.json'] = process.argv.slice(2)
const mirror: Mirror = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { after: 0, records: {} }
const client = new TrackerClient({ baseUrl })

/** Applies one change. Applying it twice does no harm. */
function apply({ seq, kind, id, record }: Change): void {
  if (record === null) delete mirror.records[`${kind}/${id}`]
  else mirror.records[`${kind}/${id}`] = record
  mirror.after = seq
}

/** The copy and its place in the feed are written together, in one file that is swapped in whole. */
function save(): void {
  writeFileSync(`${file}.new`, JSON.stringify(mirror))
  renameSync(`${file}.new`, file)
}

for (;;) {
  try {
    for await (const { data, page } of client.changes({ after: mirror.after, limit: 1000 })) {
      for (const change of data) apply(change)
      mirror.after = page.nextAfter
      if (data.length === 0) continue
      save()
      console.log(`${Object.keys(mirror.records).length} records as of change ${mirror.after}`)
    }
  } catch (error) {
    console.error((error as Error).message)
  }
  await new Promise((resolve) => setTimeout(resolve, 1000))
}

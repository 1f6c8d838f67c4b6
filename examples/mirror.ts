// Keeps a local copy of the tracker in step: node examples/mirror.ts http://127.0.0.1:3000 mirror.json
// Stop it and start it again as you like: it goes on where it left off, and misses and doubles nothing.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

interface Change {
  seq: number
  kind: string
  id: string
  op: 'create' | 'update' | 'delete'
  record: object | null
}

interface Mirror {
  /** The last change that is applied. */
  after: number
  /** `kind/id` → record. */
  records: Record<string, object>
}

const [base = 'http://127.0.0.1:3000', file = 'mirror.json'] = process.argv.slice(2)
const mirror: Mirror = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { after: 0, records: {} }

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
    const response = await fetch(`${base}/v1/changes?after=${mirror.after}&limit=1000`)
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    const { data, page } = (await response.json()) as {
      data: Change[]
      page: { nextAfter: number; hasMore: boolean }
    }
    for (const change of data) apply(change)
    mirror.after = page.nextAfter
    if (data.length > 0) {
      save()
      console.log(`${Object.keys(mirror.records).length} records as of change ${mirror.after}`)
    }
    if (!page.hasMore) await new Promise((resolve) => setTimeout(resolve, 1000))
  } catch (error) {
    console.error((error as Error).message)
    await new Promise((resolve) => setTimeout(resolve, 2000))
  }
}

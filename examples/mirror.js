// Keeps a local copy of the tracker up to date: node examples/mirror.js http://127.0.0.1:3000 mirror.json
// It can be stopped at any time and continues where it left off. Runs on any Node since 20, without packages.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const [baseUrl = 'http://127.0.0.1:3000', file = 'mirror.json'] = process.argv.slice(2)

/** `after` is the last change of `feed` that was applied; `records` are by kind and id. */
const empty = () => ({ feed: '', after: 0, records: {} })
let mirror = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : empty()

/** Requests the next changes and applies them, each of which may be applied twice. Returns whether there are more. */
async function update() {
  const feed = mirror.feed && `&feed=${mirror.feed}`
  const response = await fetch(`${baseUrl}/v1/changes?after=${mirror.after}${feed}&limit=1000`)
  if (response.status === 410) {
    console.log('The service was restored from a copy: starting again.')
    mirror = empty()
    return true
  }
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
  const { data, page } = await response.json()
  for (const { kind, id, record } of data) {
    if (record === null) delete mirror.records[`${kind}/${id}`]
    else mirror.records[`${kind}/${id}`] = record
  }
  mirror.feed = page.feed
  mirror.after = page.nextAfter
  if (data.length > 0) save()
  return page.hasMore
}

/** Replaces the file in one step, so that it is never half written. */
function save() {
  writeFileSync(`${file}.new`, JSON.stringify(mirror))
  renameSync(`${file}.new`, file)
  console.log(`${Object.keys(mirror.records).length} records as of change ${mirror.after}`)
}

for (;;) {
  try {
    while (await update());
  } catch (error) {
    console.error(String(error))
  }
  await setTimeout(1000)
}

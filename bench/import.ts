// npm run bench:import [-- rows]: how fast a file of proposals with topics and evidence is imported by the running
// service, and in how much memory over the idle one. Beside it, in the same sitting: a hand-written loop over
// better-sqlite3 that puts in the same rows, with the same indexes, change log and search index.
import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import Database from 'better-sqlite3'
import { newId } from '../src/core/ids.ts'
import { fold } from '../src/core/search.ts'
import { createKey } from '../src/db/keys.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { seed } from '../src/seed.ts'
import { SERVICE } from './process.ts'
import { median } from './quantiles.ts'

const ROUNDS = 3
const rows = Number(process.argv[2] ?? 100_000)
const PORT = 3986
const BASE = `http://127.0.0.1:${PORT}`
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
const upload = join(folder, 'proposals.ndjson')

/** What of a row the loop needs; the file holds what an analyst would send. */
interface Line {
  title: string
  summary: string
  proposedOn: string
  topicIds: string[]
  meetingId: string
  speakerId: string
  onBehalfOf: { stateCode: string; organizationId: null }
  identifiers: { scheme: string; identifier: string }[]
  evidence: { sourceId: string; motivation: 'quote'; assertion: 'proposed'; exact: string }[]
}

try {
  const template = await seeded()
  await writeUpload(template)
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const ours = await byTheService(template)
    const loop = await byHand(template)
    compare(ours.file, loop.file)
    const ratio = loop.seconds / ours.seconds
    ratios.push(ratio)
    console.log(
      [
        `${rows.toLocaleString('en')} proposals`,
        `import ${Math.round(rows / ours.seconds).toLocaleString('en')}/s`,
        `hand-written loop ${Math.round(rows / loop.seconds).toLocaleString('en')}/s`,
        `ratio ${ratio.toFixed(2)}`,
        `idle ${ours.idle.toFixed(0)} MB`,
        `peak +${(ours.peak - ours.idle).toFixed(0)} MB`,
      ].join('  '),
    )
  }
  console.log(`median ratio ${median(ratios).toFixed(2)}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A database with the article, to be copied for each round. */
async function seeded(): Promise<string> {
  const file = join(folder, 'template.db')
  const engine = openSqlite(file)
  await engine.migrate()
  await seed(engine)
  await engine.close()
  return file
}

function copyOf(template: string, name: string): string {
  const file = join(folder, name)
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  const database = new Database(template)
  database.exec(`vacuum into '${file}'`)
  database.close()
  return file
}

async function writeUpload(template: string): Promise<void> {
  const database = new Database(template, { readonly: true })
  const one = (sql: string) => Object.values(database.prepare(sql).get() as object)[0] as string
  const source = one('select id from sources limit 1')
  const meeting = one('select id from meetings limit 1')
  const speaker = one('select id from speakers limit 1')
  const topics = (database.prepare('select id from topics order by id').all() as { id: string }[]).map(
    ({ id }) => id,
  )
  database.close()
  const file = createWriteStream(upload)
  for (let number = 0; number < rows; number++) {
    const line: Line = {
      title: `Proposal ${number} on ${number % 97 === 0 ? 'drones' : 'cooperation'}`,
      summary: `What is proposed in number ${number}: to cooperate more closely in the field ${number % 100}, and to report on it to the council by the end of the year.`,
      proposedOn: `2022-${String(1 + (number % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`,
      topicIds: [topics[number % topics.length], topics[(number + 1) % topics.length]] as string[],
      meetingId: meeting,
      speakerId: speaker,
      onBehalfOf: { stateCode: 'RU', organizationId: null },
      identifiers: [{ scheme: 'bench', identifier: String(number) }],
      evidence: [
        {
          sourceId: source,
          motivation: 'quote',
          assertion: 'proposed',
          exact: 'the fight against unmanned aerial vehicles',
        },
      ],
    }
    if (!file.write(`${JSON.stringify(line)}\n`)) await new Promise((resolve) => file.once('drain', resolve))
  }
  file.end()
  await finished(file)
}

/** The import, by a service of its own; from the first byte sent until it is done. */
async function byTheService(template: string) {
  const file = copyOf(template, 'service.db')
  const engine = openSqlite(file)
  const { token } = await createKey(engine, {
    name: 'bench',
    role: 'analyst',
    expiresAt: null,
    now: new Date(),
  })
  await engine.close()
  const server = spawn(process.execPath, SERVICE, {
    env: { ...process.env, PORT: String(PORT), DATABASE_URL: `file:${file}`, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await ready()
    const idle = memory(server)
    let peak = idle
    const sampler = setInterval(() => {
      peak = Math.max(peak, memory(server))
    }, 50)
    const authorization = `Bearer ${token}`
    const begin = performance.now()
    const sent = await fetch(`${BASE}/v1/imports?mode=commit&kind=proposals`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      body: Readable.toWeb(createReadStream(upload)) as ReadableStream,
      duplex: 'half',
    } as RequestInit)
    if (sent.status !== 202) throw new Error(await sent.text())
    const path = sent.headers.get('location')
    let job: { status: string; errors?: unknown[] }
    do {
      const asked = await fetch(`${BASE}${path}?wait=60`, { headers: { authorization } })
      job = (await asked.json()) as typeof job
    } while (job.status === 'queued' || job.status === 'running')
    const seconds = (performance.now() - begin) / 1000
    clearInterval(sampler)
    if (job.status !== 'succeeded') throw new Error(JSON.stringify(job).slice(0, 2000))
    return { seconds, idle, peak, file }
  } finally {
    server.kill('SIGTERM')
    await new Promise((resolve) => server.once('exit', resolve))
  }
}

/** The same rows, as one would write them who needs nothing else. */
async function byHand(template: string) {
  const file = copyOf(template, 'hand.db')
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('cache_size = -8000')
  const names = (table: string) =>
    (database.prepare('select name from pragma_table_info(?)').all(table) as { name: string }[]).map(
      ({ name }) => name,
    )
  const insertInto = (table: string) => {
    const columns = names(table)
    const statement = database.prepare(
      `insert into ${table} (${columns.map((name) => `"${name}"`).join(', ')}) values (${columns.map((name) => `@${name}`).join(', ')})`,
    )
    const nulls = Object.fromEntries(columns.map((name) => [name, null]))
    return (row: Record<string, unknown>) => statement.run({ ...nulls, ...row })
  }
  const change = database.prepare(
    `insert into changes (kind, recordId, parentId, version, op, at, actorId, actorName, requestId, doc) values (?, ?, ?, ?, ?, ?, 'bench', 'bench', null, ?)`,
  )
  const proposal = insertInto('proposals')
  const event = insertInto('events')
  const evidence = insertInto('evidence')
  const link = database.prepare(`insert into links values ('proposal', ?, 'topicIds', ?)`)
  const identifier = database.prepare(`insert into identifiers values ('proposal', ?, ?, ?)`)
  const searchDoc = database.prepare(
    `insert into searchDocs (docId, kind, recordId, date) values (?, 'proposal', ?, ?)`,
  )
  const searchWords = database.prepare('insert into searchWords (rowid, title, body) values (?, ?, ?)')
  const text = database
    .prepare('select text from (select doc ->> ? as text from sources where id = ?)')
    .pluck()
  const update = database.prepare(
    `update proposals set version = 2, support = 'single-source', seq = ?, doc = ? where id = ?`,
  )
  const texts = new Map<string, string>()
  const begin = performance.now()
  database.exec('begin immediate')
  const at = new Date().toISOString()
  for await (const json of createInterface({ input: createReadStream(upload) })) {
    const { evidence: quotes, identifiers, ...fields } = JSON.parse(json) as Line
    const id = newId('prp')
    const doc = {
      id,
      title: fields.title,
      summary: fields.summary,
      meetingId: fields.meetingId,
      speakerId: fields.speakerId,
      onBehalfOf: fields.onBehalfOf,
      addresseeId: null,
      proposedOn: fields.proposedOn,
      topicIds: fields.topicIds,
      parentId: null,
      agreementId: null,
      identifiers,
      sources: [],
      status: 'proposed',
      statusSince: fields.proposedOn,
      support: 'unsupported',
      createdAt: at,
      updatedAt: at,
      version: 1,
    }
    const whole = JSON.stringify(doc)
    const seq = change.run('proposal', id, null, 1, 'create', at, whole).lastInsertRowid
    proposal({
      ...fields,
      id,
      topicIds: null,
      stateCode: fields.onBehalfOf.stateCode,
      status: 'proposed',
      statusSince: fields.proposedOn,
      support: 'unsupported',
      createdAt: at,
      updatedAt: at,
      version: 1,
      seq,
      firstSeq: seq,
      doc: whole,
    })
    for (const topic of fields.topicIds) link.run(id, topic)
    for (const known of identifiers) identifier.run(known.scheme, known.identifier, id)
    searchDoc.run(seq, id, fields.proposedOn)
    searchWords.run(seq, fold(fields.title), fold(fields.summary))
    const started = {
      id: newId('evt'),
      recordKind: 'proposal',
      recordId: id,
      status: 'proposed',
      occurredOn: fields.proposedOn,
      meetingId: fields.meetingId,
      note: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    }
    const startedDoc = JSON.stringify(started)
    const startedSeq = change.run('event', started.id, id, 1, 'create', at, startedDoc).lastInsertRowid
    event({ ...started, seq: startedSeq, firstSeq: startedSeq, doc: startedDoc })
    for (const quote of quotes) {
      let held = texts.get(quote.sourceId)
      if (held === undefined) {
        held = text.get('text', quote.sourceId) as string
        texts.set(quote.sourceId, held)
      }
      const start = held.indexOf(quote.exact)
      if (start < 0) throw new Error('The source does not hold the quote.')
      const end = start + quote.exact.length
      const cited = {
        id: newId('evd'),
        recordKind: 'proposal',
        recordId: id,
        ...quote,
        start,
        end,
        prefix: held.slice(Math.max(0, start - 32), start),
        suffix: held.slice(end, end + 32),
        note: null,
        createdAt: at,
        updatedAt: at,
        version: 1,
      }
      const citedDoc = JSON.stringify(cited)
      const citedSeq = change.run('evidence', cited.id, id, 1, 'create', at, citedDoc).lastInsertRowid
      evidence({ ...cited, seq: citedSeq, firstSeq: citedSeq, doc: citedDoc })
      const supported = JSON.stringify({ ...doc, support: 'single-source', version: 2 })
      update.run(change.run('proposal', id, null, 2, 'update', at, supported).lastInsertRowid, supported, id)
    }
  }
  database.exec('commit')
  const seconds = (performance.now() - begin) / 1000
  database.close()
  return { seconds, file }
}

/** Both must have put in the same. */
function compare(one: string, other: string): void {
  const counts = [one, other].map((file) => {
    const database = new Database(file, { readonly: true })
    const tables = ['changes', 'proposals', 'events', 'evidence', 'links', 'identifiers', 'searchDocs']
    const found = tables.map((table) => database.prepare(`select count(*) from ${table}`).pluck().get())
    const sample = database
      .prepare(`select doc from proposals where title like 'Proposal 97 %'`)
      .pluck()
      .get() as string
    database.close()
    return JSON.stringify([found, sample.replace(/"(id|createdAt|updatedAt)":"[^"]*"/g, '')])
  })
  if (counts[0] !== counts[1]) throw new Error(`Not the same rows:\n${counts.join('\n')}`)
}

/** Resident memory of a process in MB (Linux). */
function memory({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const up = await fetch(`${BASE}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (up) {
      for (let warm = 0; warm < 50; warm++) await (await fetch(`${BASE}/v1/proposals?limit=50`)).text()
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The service did not start.')
}

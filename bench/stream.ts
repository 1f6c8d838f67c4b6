// npm run bench:stream [-- rows]: how fast a whole list streams, and how much memory that takes over the idle process.
// Beside it, in the same sitting: a bare loop that reads the same documents from the same file.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { fill } from './data.ts'
import { SERVICE } from './process.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const PORT = 3987
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
const file = join(folder, 'bench.db')

console.error(`Making ${rows.toLocaleString('en')} proposals …`)
await fill(file, rows)
const server = spawn(process.execPath, SERVICE, {
  env: { ...process.env, PORT: String(PORT), DATABASE_URL: `file:${file}`, LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'ignore', 'inherit'],
})
try {
  await ready()
  const idle = memory(server)
  for (const format of ['ndjson', 'csv']) {
    const bare = bareLoop()
    const { seconds, bytes, peak } = await stream(format)
    console.log(
      [
        format,
        `${rows.toLocaleString('en')} rows`,
        `${(bytes / 1e6).toFixed(0)} MB`,
        `${Math.round(rows / seconds).toLocaleString('en')} rows/s`,
        `bare loop ${Math.round(rows / bare).toLocaleString('en')} rows/s`,
        `ratio ${(bare / seconds).toFixed(2)}`,
        `idle ${idle.toFixed(0)} MB`,
        `peak +${(peak - idle).toFixed(0)} MB`,
      ].join('  '),
    )
  }
} finally {
  server.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

/** Seconds that it takes to read every document, in the order of the list, and to throw it away. */
function bareLoop(): number {
  const database = new Database(file, { readonly: true })
  const begin = performance.now()
  let bytes = 0
  for (const { doc } of database
    .prepare('select doc from proposals order by proposedOn desc, id desc')
    .iterate() as Iterable<{ doc: string }>)
    bytes += doc.length
  database.close()
  if (bytes === 0) throw new Error('There is nothing to read.')
  return (performance.now() - begin) / 1000
}

function stream(format: string): Promise<{ seconds: number; bytes: number; peak: number }> {
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    let bytes = 0
    let peak = 0
    const sampler = setInterval(() => {
      peak = Math.max(peak, memory(server))
    }, 50)
    get(`http://127.0.0.1:${PORT}/v1/proposals?format=${format}`, (response) => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('error', reject)
      response.on('end', () => {
        clearInterval(sampler)
        resolve({ seconds: (performance.now() - begin) / 1000, bytes, peak })
      })
    }).on('error', reject)
  })
}

/** Resident memory of a process in MB (Linux). */
function memory({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const up = await fetch(`http://127.0.0.1:${PORT}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (up) {
      // A few ordinary requests, so that what is measured is not the first use of everything.
      for (let warm = 0; warm < 50; warm++)
        await (await fetch(`http://127.0.0.1:${PORT}/v1/proposals?limit=50`)).text()
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The service did not start.')
}

// npm run bench:start: from the start of the process to the first answered request, on a database that is there.
// Beside it, in the same sitting: a bare Fastify that answers a constant.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICE } from './process.ts'
import { median } from './quantiles.ts'

const ROUNDS = 7
const PORT = 3988
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-bench-'))
const bare = join(process.cwd(), `bench-bare-${process.pid}.mjs`)
writeFileSync(
  bare,
  `import Fastify from 'fastify'\nconst app = Fastify()\napp.get('/v1/proposals', async () => ({ data: [] }))\nawait app.listen({ port: ${PORT} })\n`,
)
const env = {
  ...process.env,
  PORT: String(PORT),
  DATABASE_URL: `file:${join(folder, 'start.db')}`,
  LOG_LEVEL: 'warn',
}

try {
  await once(SERVICE)
  await once(SERVICE)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await once(SERVICE))
    theirs.push(await once([bare]))
  }
  console.log(
    `tracker ${median(ours)} ms (${ours.join(', ')})  bare Fastify ${median(theirs)} ms (${theirs.join(', ')})`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
  rmSync(bare, { force: true })
}

/** Milliseconds until a script that is started anew answers. */
async function once(script: readonly string[]): Promise<number> {
  const begin = performance.now()
  const child = spawn(process.execPath, script, { env, stdio: 'ignore' })
  for (let attempt = 0; attempt < 3000 && !(await answers()); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const taken = Math.round(performance.now() - begin)
  await ended(child)
  return taken
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    get(`http://127.0.0.1:${PORT}/v1/proposals`, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200))
    }).on('error', () => resolve(false))
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

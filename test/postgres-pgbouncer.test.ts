// Two instances behind a PgBouncer that pools transactions: nothing that they keep in a session reaches another.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openEngine } from '../src/db/open.ts'
import { sql } from '../src/db/sql.ts'
import { prepareDatabase } from '../src/resources/index.ts'
import { createApplication } from './helpers/applications.ts'
import { freePort } from './helpers/cluster.ts'
import { freshDatabase } from './helpers/database.ts'
import { prepare } from './helpers/prepare.ts'
import { eventually } from './helpers/wait.ts'

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync)

/** Starts a PgBouncer in front of a database, with fewer connections than the service opens. @returns the URL of the database behind it */
async function bouncerFor(url: string): Promise<string> {
  const { hostname, port, username, pathname } = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-pgbouncer-'))
  const listenPort = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(
    config,
    `[databases]
* = host=${hostname} port=${port || 5432} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
auth_type = any
pool_mode = transaction
default_pool_size = 4
unix_socket_dir =
`,
  )
  // It refuses to run as root.
  const as = userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--'] : []
  if (as.length > 0) execFileSync('chown', ['-R', 'postgres', folder])
  const [command = '', ...args] = [...as, PROGRAM ?? '', config]
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore', detached: true })
  onTestFinished(() => {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  await eventually(async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(listenPort, '127.0.0.1', () => resolve(void socket.destroy())).once(
        'error',
        reject,
      )
    })
  })
  return `postgres://${username}@127.0.0.1:${listenPort}${pathname}?pgbouncer=true`
}

test.skipIf(!PROGRAM)('PgBouncer may pool transactions', async () => {
  const database = await freshDatabase('blank')
  onTestFinished(async () => void (await database.remove()))
  const url = await bouncerFor(database.url)
  const engines = [await openEngine(url), await openEngine(url)] as const
  // Both migrate at once.
  await Promise.all(engines.map(prepareDatabase))
  const keys = await prepare(engines[0])
  const apps = await Promise.all(engines.map((engine) => createApplication({ engine })))
  onTestFinished(async () => {
    for (const { release } of apps) await release()
    for (const engine of engines) await engine.close()
  })
  const request = async (round: number) => {
    const { app } = apps[round % 2] as (typeof apps)[0]
    const write = round % 3 === 0
    const response = await app.inject({
      method: write ? 'POST' : 'GET',
      url: write ? '/v1/speakers' : `/v1/speakers?limit=${1 + (round % 50)}&q=speaker&count=exact`,
      headers: { authorization: `Bearer ${keys.analyst}` },
      ...(write && { payload: { name: `Speaker ${round}` } }),
    })
    return `${write} ${response.statusCode} ${response.statusCode < 400 ? '' : response.body}`
  }
  const responses = new Set<string>()
  for (let first = 0; first < 300; first += 60)
    for (const response of await Promise.all(
      Array.from({ length: 60 }, (_, index) => request(first + index)),
    ))
      responses.add(response)
  expect([...responses].sort()).toEqual(['false 200 ', 'true 201 '])
  // A write of one instance reaches the other without notifications.
  const [one, other] = engines
  const created = await one.reader.pluck<number>(sql`select max("seq") from "changes"`)
  expect(await other.reader.pluck<number>(sql`select max("seq") from "changes"`)).toEqual(created)
})

// When the machine fails: full disks, stalled clients, signals, broken files.
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import Database from 'better-sqlite3'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { toProblem } from '../src/http/problems.ts'
import { LogStream } from '../src/log-stream.ts'
import { makeLogger } from '../src/logger.ts'
import { service } from './helpers/app.ts'
import { temporaryFile } from './helpers/database.ts'
import { damage, ROOT, type ServiceProcess, seededFile, startProcess } from './helpers/process.ts'
import { canMount, MOUNT_REASON, smallDisk } from './helpers/small-disk.ts'
import { eventually } from './helpers/wait.ts'

const analyst = () => ({ authorization: `Bearer ${inject('keys').analyst}` })

async function metric({ url }: Pick<ServiceProcess, 'url'>, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}

describe('a log that cannot be written', () => {
  test.skipIf(!existsSync('/dev/full'))(
    'to a full disk drops lines, counts them, and stops no request and no stop',
    async () => {
      const full = openSync('/dev/full', 'w')
      onTestFinished(() => closeSync(full))
      const service = await startProcess({ stdout: full })
      for (let n = 0; n < 100; n++) expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
      expect(await metric(service, 'log_lines_dropped_total')).toBeGreaterThan(10)
      service.child.kill('SIGTERM')
      expect(await service.ended()).toBe(0)
    },
  )

  test('to a reader that went away is dropped', async () => {
    const service = await startProcess()
    service.child.stdout?.destroy()
    for (let n = 0; n < 100; n++) expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
    await eventually(async () => {
      await fetch(`${service.url}/healthz`)
      expect(await metric(service, 'log_lines_dropped_total')).toBeGreaterThan(0)
    })
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })

  test('to a reader that stalls is dropped, and the service still answers and ends', async () => {
    const service = await startProcess({ stdout: 'stalled' })
    const long = `${service.url}/healthz?x=${'x'.repeat(8000)}`
    await eventually(async () => {
      for (let n = 0; n < 20; n++) expect((await fetch(long)).status).toBe(400)
      expect(await metric(service, 'log_lines_dropped_total')).toBeGreaterThan(0)
    })
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })

  test.skipIf(!canMount)(`goes on in a new line when the disk has room again${MOUNT_REASON}`, () => {
    const folder = smallDisk('256k')
    writeFileSync(join(folder, 'filler'), Buffer.alloc(150_000))
    const fd = openSync(join(folder, 'log'), 'a')
    onTestFinished(() => closeSync(fd))
    const log = new LogStream(Object.assign(new PassThrough(), { fd }))
    const line = `{"text":"${'x'.repeat(990)}"}\n`
    for (let n = 0; n < 300; n++) log.write(line)
    log.flush()
    const dropped = log.dropped
    expect(dropped).toBeGreaterThan(100)
    rmSync(join(folder, 'filler'))
    log.write(line)
    log.flush()
    expect(log.dropped).toBe(dropped)
    const lines = readFileSync(join(folder, 'log'), 'utf8').split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.filter((each) => `${each}\n` !== line).length).toBeLessThanOrEqual(1)
    expect(lines.at(-1)).toBe(line.trim())
  })
})

describe('a stop', () => {
  /** More than what the buffers of a connection hold. */
  async function withLargeSources(env: Record<string, string>): Promise<ServiceProcess> {
    const service = await startProcess({ env })
    for (let n = 0; n < 12; n++) {
      const body = JSON.stringify({ title: `Large ${n}`, language: 'en', text: `${n}`.padEnd(900_000, 'x') })
      const headers = { ...analyst(), 'content-type': 'application/json' }
      const { status } = await fetch(`${service.url}/v1/sources`, { method: 'POST', headers, body })
      expect(status).toBe(201)
    }
    return service
  }

  /** Begins a download on a connection that stays open, and stops reading. */
  async function download({ port }: ServiceProcess): Promise<IncomingMessage> {
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const sent = request({ port, host: '127.0.0.1', path: '/v1/sources.ndjson', agent }).end()
    sent.on('error', () => {})
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.on('error', () => {})
    response.pause()
    return response
  }

  const stopping = (service: ServiceProcess) =>
    eventually(() => expect(service.output.stdout).toContain('"closing"'))

  test('lets a download finish and then closes its connection', async () => {
    const service = await withLargeSources({ SHUTDOWN_TIMEOUT: '3600' })
    const response = await download(service)
    service.child.kill('SIGTERM')
    await stopping(service)
    let bytes = 0
    for await (const chunk of response) bytes += chunk.length
    expect(bytes).toBeGreaterThan(12 * 900_000)
    expect(await service.ended()).toBe(0)
  })

  test('cuts off a reader that stalls', async () => {
    const service = await withLargeSources({ SHUTDOWN_TIMEOUT: '1' })
    await download(service)
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
    expect(service.output.stdout).toContain('cut off')
  })

  test('cuts off an upload that stalls', async () => {
    const service = await startProcess({ env: { SHUTDOWN_TIMEOUT: '1' } })
    const headers = { ...analyst(), 'content-type': 'application/x-ndjson', 'content-length': '1000' }
    const upload = request(`${service.url}/v1/imports?mode=dry-run`, { method: 'POST', headers })
    upload.on('error', () => {})
    upload.write('{')
    await once(upload, 'socket')
    await eventually(async () =>
      expect(await metric(service, 'nodejs_active_resources{type="TCPSocketWrap"}')).toBeGreaterThan(1),
    )
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })

  test('closes the connection of a request that is in progress', async () => {
    const s = await service()
    await s.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = s.app.server.address() as AddressInfo
    const locker = new Database(s.file)
    onTestFinished(() => void locker.close())
    locker.exec('begin immediate')
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const headers = { ...analyst(), 'content-type': 'application/json' }
    const arrived = once(s.app.server, 'request')
    const sent = request({ port, host: '127.0.0.1', path: '/v1/speakers', method: 'POST', agent, headers })
    sent.end('{"name":"A"}')
    await arrived
    const closed = s.app.close()
    locker.exec('rollback')
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    expect([response.statusCode, response.headers.connection]).toEqual([201, 'close'])
    await closed
  })

  test('ends a statement that is running in a thread', async () => {
    const file = seededFile()
    const database = new Database(file)
    database.exec(`insert into settings values ('ballast', zeroblob(20000000));
      alter table proposals rename to stored;
      create view proposals as select * from stored
        where (with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n where i < 0)`)
    database.close()
    const service = await startProcess({ file, env: { SHUTDOWN_TIMEOUT: '1', READ_TIMEOUT: '1' } })
    expect((await fetch(`${service.url}/v1/stats/proposals?by=status`)).status).toBe(503)
    service.child.kill('SIGTERM')
    await service.ended()
    expect(service.output.stdout).toContain('cut off')
  })

  test.each(['SIGINT', 'SIGHUP'] as const)(
    'happens on %s too, and a second signal changes nothing',
    async (signal) => {
      const service = await startProcess()
      service.child.kill(signal)
      service.child.kill('SIGTERM')
      expect(await service.ended()).toBe(0)
      expect(service.output.stdout.match(/"closing"/g)).toHaveLength(1)
    },
  )

  test('of npm start stops the service', async () => {
    const service = await startProcess({ command: ['npm', 'start'], env: { SHUTDOWN_TIMEOUT: '3600' } })
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
    service.child.kill('SIGTERM')
    await service.ended()
    expect(service.output.stdout).toContain('"closing"')
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow()
  })
})

describe('a read that fails', () => {
  test('on a damaged page is a 503 with the reason in the log, and stops nothing else', async () => {
    const log: string[] = []
    const logger = makeLogger('error', { write: (line) => void log.push(line) })
    const s = await service({ seed: true, own: true, logger })
    damage(s.file, 'proposals')
    for (const url of ['/v1/proposals?limit=1', '/v1/proposals.ndjson', '/v1/meetings?include=proposals']) {
      const { status, body } = await s.get(url)
      expect([status, body['detail']]).toEqual([503, 'The database file is damaged.'])
    }
    expect(log.join('')).toContain('SQLITE_CORRUPT')
    expect((await s.get('/v1/topics')).status).toBe(200)
    expect((await s.post('/v1/speakers', { name: 'A' })).status).toBe(201)
    // Reads that may be long run in a thread once the file is large.
    await s.engine.write((writer) =>
      writer.run(sql`insert into settings values ('ballast', zeroblob(20000000))`),
    )
    for (let n = 0; n < 2; n++) expect((await s.get('/v1/proposals?sort=title&count=exact')).status).toBe(503)
    expect((await s.get('/v1/topics?count=exact')).status).toBe(200)
    // Resolves only when no connection is left over in a read.
    await s.engine.close()
  })

  test.each([
    'SQLITE_CORRUPT_VTAB',
    'SQLITE_NOTADB',
    'SQLITE_IOERR_READ',
    'SQLITE_CANTOPEN',
    'SQLITE_FULL',
    'SQLITE_READONLY_DBMOVED',
    'EMFILE',
    'ENOSPC',
  ])('with %s is a 503', (code) => {
    const { status, headers } = toProblem(Object.assign(new Error('secret'), { code }))
    expect([status, headers]).toEqual([503, { 'retry-after': '1' }])
  })

  test.skipIf(process.platform === 'win32')(
    'for want of file descriptors is no fault of the service, which recovers',
    async () => {
      const node = join(ROOT, 'node_modules/.bin/node')
      const service = await startProcess({
        command: ['sh', '-c', `ulimit -n 60 && exec ${node} src/main.js start`],
        env: { LOG_LEVEL: 'silent' },
      })
      const agent = new Agent({ maxSockets: 100 })
      onTestFinished(() => agent.destroy())
      const get = (path: string) =>
        new Promise<number | string>((resolve) => {
          const sent = request({ port: service.port, host: '127.0.0.1', path, agent }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode ?? 0))
          })
          sent.on('error', ({ message }) => resolve(message)).end()
        })
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, n) => get(`/v1/proposals?include=topics&limit=${1 + n}`)),
      )
      // Connections beyond the limit are closed.
      for (const status of statuses.filter(Number.isInteger)) expect([200, 503]).toContain(status)
      agent.destroy()
      await eventually(async () => expect(await get('/v1/proposals')).toBe(200))
      service.child.kill('SIGTERM')
      expect(await service.ended()).toBe(0)
    },
  )

  test('for want of a temporary folder is a 503', async () => {
    vi.stubEnv('TMPDIR', '/nowhere')
    onTestFinished(() => void vi.unstubAllEnvs())
    const s = await service()
    const { status, body } = await s.post('/v1/imports?mode=dry-run&kind=speaker', 'name\nA\n', {
      'content-type': 'text/csv',
    })
    expect([status, body['detail']]).toEqual([503, 'The service has no folder for temporary files.'])
  })
})

test('a WAL that a killed process left behind is emptied at the start', async () => {
  const { file, post } = await service()
  await post('/v1/speakers', { name: 'A' })
  const left = temporaryFile()
  copyFileSync(file, left)
  copyFileSync(`${file}-wal`, `${left}-wal`)
  const engine = openSqlite(left)
  onTestFinished(() => engine.close())
  expect(statSync(`${left}-wal`).size).toBe(0)
  expect(await engine.reader.get(sql`select count(*) as n from speakers`)).toEqual({ n: 1 })
})

function replace(file: string): void {
  copyFileSync(inject('sqlite').seeded, `${file}.new`)
  renameSync(`${file}.new`, file)
}

describe('readiness', () => {
  test.each<[string, (file: string) => void]>([
    ['deleted', (file) => rmSync(file)],
    ['replaced', replace],
    ['overwritten with garbage', (file) => writeFileSync(file, Buffer.alloc(8192, 0x55), { flag: 'r+' })],
    [
      'migrated by a newer version',
      (file) => {
        const database = new Database(file)
        database.exec('update __drizzle_migrations set created_at = created_at + 1e12')
        database.close()
      },
    ],
  ])('is a 503 once the file was %s', async (_, spoil) => {
    const { file, get } = await service()
    expect((await get('/readyz')).status).toBe(200)
    spoil(file)
    const { status, body } = await get('/readyz')
    expect([status, body['detail']]).toEqual([503, expect.stringContaining('The database file was')])
    expect((await get('/healthz')).status).toBe(200)
  })
})

test('no write goes into a file that was deleted', async () => {
  const { file, post } = await service()
  expect((await post('/v1/speakers', { name: 'A' })).status).toBe(201)
  rmSync(file)
  expect((await post('/v1/speakers', { name: 'B' })).status).toBe(503)
})

test.each<[string, (file: string) => void]>([
  ['is deleted', (file) => rmSync(file)],
  ['is replaced', replace],
  ['loses its WAL', (file) => rmSync(`${file}-wal`)],
])('the service ends with one line when its file %s', async (_, spoil) => {
  const service = await startProcess()
  const { length } = service.output.stderr
  spoil(service.file)
  expect(await service.ended()).toBe(1)
  expect(service.output.stderr.slice(length)).toMatch(/^[^\n]+ was deleted or replaced while [^\n]+\n$/)
})

describe.skipIf(!canMount)(`on a small disk${MOUNT_REASON}`, () => {
  test('a write that fills it leaves room for others', async () => {
    const engine = openSqlite(join(smallDisk('30m'), 'tracker.db'))
    onTestFinished(() => engine.close())
    await engine.migrate()
    const put = (bytes: number) =>
      engine.write(
        (writer) => writer.run(sql`insert or replace into settings values ('ballast', zeroblob(${bytes}))`),
        { alone: true },
      )
    await expect(put(60_000_000)).rejects.toThrow(/full|disk I\/O/)
    // More than the disk: the WAL has to be used from its beginning again.
    for (let n = 0; n < 500; n++) await put(100_000)
  })

  test('an import that is too large for it is refused, and everything else goes on', async () => {
    const file = join(smallDisk('40m'), 'tracker.db')
    copyFileSync(inject('sqlite').seeded, file)
    const service = await startProcess({ file })
    const row = (n: number) =>
      `${JSON.stringify({ title: `I ${n}`, proposedOn: '2022-08-24', summary: 'z'.repeat(3000) })}\n`
    const answer = await fetch(`${service.url}/v1/imports?mode=commit&kind=proposals`, {
      method: 'POST',
      headers: { ...analyst(), 'content-type': 'application/x-ndjson' },
      body: Array.from({ length: 8000 }, (_, n) => row(n)).join(''),
    })
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ detail: expect.stringContaining('MiB left') }),
    ])
    const small = await fetch(`${service.url}/v1/speakers`, {
      method: 'POST',
      headers: { ...analyst(), 'content-type': 'application/json' },
      body: '{"name":"A"}',
    })
    expect(small.status).toBe(201)
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })
})

// API keys: created and revoked on the command line while the service runs, and never logged.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createKey, listKeys } from '../src/db/keys.ts'
import { makeLogger } from '../src/logger.ts'
import { type Service, service } from './helpers/app.ts'
import { type CommandResult, runCommand } from './helpers/command-line.ts'
import { onPostgres } from './helpers/database.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const keysCommand = (url: string, ...args: string[]) => runCommand('keys', ...args, '--database-url', url)

/** Runs the command in a process of its own. */
const keysProcess = (url: string, ...args: string[]) =>
  new Promise<CommandResult>((resolve) => {
    execFile(
      process.execPath,
      ['src/main.ts', 'keys', ...args],
      { cwd: ROOT, env: { PATH: process.env['PATH'], DATABASE_URL: url } },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

const TOKEN = /^sco_[0-9a-z]{26}_[\w-]{43}$/

async function createByCommand(s: Service, role: string, ...more: string[]) {
  return keyOf(await keysCommand(s.url, 'create', '--name', `A ${role}`, '--role', role, ...more))
}

function keyOf(run: CommandResult) {
  expect(run.status, run.stderr).toBe(0)
  const token = run.stdout.trim()
  return { ...run, token, id: `key_${token.split('_')[1]}`, secret: token.slice(-43) }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const postSpeaker = (s: Service, authorization?: string) =>
  s.post('/v1/speakers', { name: 'A' }, authorization === undefined ? {} : { authorization })

/** Every byte of the SQLite database: the file, its write-ahead log and its index. */
const bytesOf = (file: string) =>
  Buffer.concat(
    readdirSync(dirname(file))
      .filter((name) => name.startsWith(basename(file)))
      .map((name) => readFileSync(join(dirname(file), name))),
  )

describe('npm run keys', () => {
  test('create prints the key once, alone on standard output; list prints everything except the key', async () => {
    const s = await service()
    const args = ['create', '--name', 'A analyst', '--role', 'analyst', '--expires', '90d']
    const { stdout, stderr, token, id, secret } = keyOf(await keysProcess(s.url, ...args))
    expect(stdout).toBe(`${token}\n`)
    expect(token).toMatch(TOKEN)
    expect(stderr).toContain(id)
    expect(stderr).not.toContain(secret)
    const list = await keysCommand(s.url, 'list')
    const line = list.stdout.split('\n').find((one) => one.startsWith(id))
    expect(line).toMatch(/\tanalyst\tuntil \d{4}-\d\d-\d\dT[\d:.]+Z\tA analyst$/)
    expect(list.stdout + list.stderr).not.toContain(secret)
    expect(list.status).toBe(0)
  })

  test('create stores only a hash: the database does not contain the secret', async () => {
    const s = await service()
    const { token, id, secret } = await createByCommand(s, 'admin')
    expect((await postSpeaker(s, `Bearer ${token}`)).status).toBe(201)
    const bytes = onPostgres ? Buffer.from(JSON.stringify(await s.rows())) : bytesOf(s.file)
    expect(bytes.includes(id)).toBe(true)
    expect(bytes.includes(secret)).toBe(false)
    expect(bytes.includes(Buffer.from(secret, 'base64url'))).toBe(false)
  })

  test('revoke takes effect immediately in a running service', async () => {
    const s = await service()
    const { token, id } = await createByCommand(s, 'analyst')
    expect((await postSpeaker(s, `Bearer ${token}`)).status).toBe(201)
    const revoked = await keysProcess(s.url, 'revoke', id)
    expect([revoked.status, revoked.stdout]).toEqual([0, ''])
    const response = await postSpeaker(s, `Bearer ${token}`)
    expect(response.status).toBe(401)
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"')
    expect(response.body['detail']).toContain('revoked')
    expect((await keysCommand(s.url, 'list')).stdout).toMatch(new RegExp(`^${id}\tanalyst\trevoked `, 'm'))
  })

  test.each([
    [[]],
    [['make']],
    [['create']],
    [['create', '--name', 'A']],
    [['create', '--role', 'admin']],
    [['create', '--name', ' ', '--role', 'admin']],
    [['create', '--name', 'A', '--role', 'owner']],
    [['create', '--name', 'A', '--role', 'admin', '--expires', 'soon']],
    [['create', '--name', 'A', '--role', 'admin', '--expires', '0d']],
    [['create', '--name', 'A', '--role', 'admin', '--expires', '-1d']],
    [['create', '--name', 'A', '--role', 'admin', '--expires', '2020-01-01']],
    [['create', '--name', 'A', '--role', 'admin', '--expires', '2099-02-31']],
    [['create', '--name', 'A', '--role', 'admin', '--forever']],
    [['revoke']],
    [['revoke', 'key_nobody']],
  ])('rejects %j with exit code 1 and a message on standard error, and creates no key', async (args) => {
    const s = await service()
    const { status, stdout, stderr } = await keysCommand(s.url, ...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/Usage|^error: |--expires|There is no key/)
    expect(stderr).not.toMatch(/^ +at /m)
    expect(await listKeys(s.engine.reader)).toHaveLength(2)
  })
})

describe('an API key', () => {
  test('of an analyst allows writes but no deletions (403), one of an admin both', async () => {
    const s = await service()
    const [analyst, admin] = [await createByCommand(s, 'analyst'), await createByCommand(s, 'admin')]
    const { headers, status } = await postSpeaker(s, `Bearer ${analyst.token}`)
    expect(status).toBe(201)
    const url = String(headers.location)
    expect((await s.patch(url, { name: 'B' }, bearer(analyst.token))).status).toBe(200)
    const refused = await s.del(url, bearer(analyst.token))
    expect(refused.body).toMatchObject({ status: 403, type: '/problems/forbidden' })
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="sco-tracker", error="insufficient_scope", scope="admin"',
    )
    expect((await s.del(url, bearer(admin.token))).status).toBe(204)
    expect((await postSpeaker(s, `Bearer ${admin.token}`)).status).toBe(201)
  })

  test('is valid until the instant it expires', async () => {
    let now = new Date('2026-01-01T00:00:00.000Z')
    const s = await service({ clock: () => now })
    const expiresAt = new Date('2026-01-02T00:00:00.000Z')
    const { token } = await createKey(s.engine, { name: 'A', role: 'analyst', expiresAt, now })
    now = new Date(expiresAt.getTime() - 1)
    expect((await postSpeaker(s, `Bearer ${token}`)).status).toBe(201)
    now = expiresAt
    const response = await postSpeaker(s, `Bearer ${token}`)
    expect(response.status).toBe(401)
    expect(response.body['detail']).toContain('expired')
  })

  test.each([
    ['12h', 12 * 3_600_000],
    ['90d', 90 * 86_400_000],
  ])('created with --expires %s expires after that time', async (expires, length) => {
    const s = await service()
    const before = Date.now()
    const { id } = await createByCommand(s, 'analyst', '--expires', expires)
    const until = /until (\S+)\t/.exec(
      (await keysCommand(s.url, 'list')).stdout.split('\n').find((line) => line.startsWith(id)) ?? '',
    )?.[1]
    const end = Date.parse(until ?? '')
    expect(end).toBeGreaterThanOrEqual(before + length)
    expect(end).toBeLessThanOrEqual(Date.now() + length)
  })

  test('that expires on a day is valid until the end of that day', async () => {
    const s = await service()
    const { stderr } = await createByCommand(s, 'analyst', '--expires', '2099-12-31')
    expect(stderr).toContain('2099-12-31T23:59:59.999Z')
  })

  test('that is missing or invalid is rejected with 401; the challenge of an invalid one has a reason', async () => {
    const s = await service()
    const key = s.keys.analyst
    const [prefix, id, secret = ''] = key.split(/_(.{26})_/)
    const flipped = `${prefix}_${id}_${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`
    const challenge = 'Bearer realm="sco-tracker"'
    for (const bare of ['', 'Basic YTpi', 'Bearer', 'Bearer ', key, `Token ${key}`, `Bearer ${key} ${key}`]) {
      const { body, headers } = await postSpeaker(s, bare)
      expect(body, bare).toMatchObject({ status: 401, type: '/problems/unauthorized' })
      expect(headers['www-authenticate'], bare).toBe(challenge)
    }
    const unknown = [
      'x',
      flipped,
      key.slice(0, -1),
      `${key}A`,
      key.toUpperCase(),
      `sco_${'0'.repeat(26)}_${'A'.repeat(43)}`,
    ]
    for (const wrong of unknown) {
      const { body, headers } = await postSpeaker(s, `Bearer ${wrong}`)
      expect(body, wrong).toMatchObject({
        status: 401,
        detail: expect.stringMatching(/^The key is unknown\. Send it as/),
      })
      expect(headers['www-authenticate'], wrong).toMatch(`${challenge}, error="invalid_token"`)
    }
    expect((await s.get('/v1/speakers?count=exact')).body['page'].total).toBe(0)
    expect((await postSpeaker(s, `bearer  ${key} `)).status).toBe(201)
  })

  test('is not required for reads, and an invalid one does not prevent them', async () => {
    const s = await service()
    expect((await s.get('/v1/speakers')).status).toBe(200)
    expect((await s.get('/v1/speakers', { authorization: 'Bearer wrong' })).status).toBe(200)
  })

  test('is checked before the body, so that a request without one gets 401 whatever it contains', async () => {
    const s = await service()
    const { body } = await s.request({
      method: 'POST',
      url: '/v1/speakers',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    })
    expect(body).toMatchObject({ status: 401 })
  })
})

describe('the log', () => {
  /** A service that logs at the lowest level, and its log. */
  async function logged() {
    const lines: string[] = []
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      },
    })
    const s = await service({ logger: makeLogger('trace', stream) })
    return { s, log: () => lines.join('') }
  }

  test('never contains a key, wherever a client sends it', async () => {
    const { s, log } = await logged()
    const key = s.keys.analyst
    const secret = key.slice(-43)
    const send = (url: string, headers: Record<string, string> = {}, payload?: string) =>
      s.app.inject({
        method: payload === undefined ? 'GET' : 'POST',
        url,
        headers,
        ...(payload !== undefined && { payload }),
      })
    const json = { 'content-type': 'application/json' }
    await send('/v1/speakers', bearer(key))
    await send('/v1/speakers', { ...bearer(key), ...json }, '{"name": "A"}')
    await send('/v1/speakers', { ...bearer(key), ...json }, `{"name": "${key}"}`)
    await send('/v1/speakers', { ...bearer(key), ...json }, `{"name": ${key}}`)
    await send('/v1/speakers', { ...bearer(key), 'content-type': key }, '{}')
    for (const authorization of [
      key,
      `Basic ${key}`,
      `Bearer ${key}x`,
      `Bearer ${key} ${key}`,
      `Bearer:${key}`,
    ]) {
      await send('/v1/speakers', { authorization, ...json }, '{}')
    }
    for (const url of [
      `/${key}`,
      `/v1/speakers/${key}`,
      `/v1/speakers?key=${key}`,
      `/v1/${key}/x`,
      `/v1/speakers/${key}%zz`,
      `/v1/speakers?cursor=${key}`,
      `/v1/speakers?${key}`,
    ]) {
      await send(url)
    }
    for (const name of [
      'x-request-id',
      'cookie',
      'referer',
      'user-agent',
      'if-none-match',
      'x-api-key',
      'host',
      'accept',
    ]) {
      await send('/v1/speakers', { [name]: key })
    }
    expect(log().split('\n').length).toBeGreaterThan(20)
    expect(log()).toContain('"url":"/v1/speakers')
    expect(log()).toContain('[redacted]')
    expect(log()).not.toContain(secret)
    expect(log()).not.toContain(secret.slice(0, 20))
  })

  test('of a failure names the request and the cause, but no key in its message', async () => {
    const { s, log } = await logged()
    const key = s.keys.analyst
    const failing = async () => {
      throw Object.assign(new Error(`cause: ${key}`), { cause: new Error(`deeper: ${key}`), token: key })
    }
    const lines: string[] = []
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      },
    })
    const app = await buildApp({
      engine: {
        ...s.engine,
        reader: { ...s.engine.reader, get: s.engine.reader.get.bind(s.engine.reader), all: failing },
        read: failing,
      },
      logger: makeLogger('trace', stream),
    })
    const response = await app.inject({ url: '/v1/speakers', headers: { 'x-request-id': 'the-one' } })
    await app.close()
    expect(response.statusCode).toBe(500)
    const failure = lines.map((line) => JSON.parse(line)).find(({ level, reqId }) => level === 50 && reqId)
    expect(failure).toMatchObject({
      reqId: 'the-one',
      err: { message: expect.stringContaining('cause: sco_') },
    })
    expect(lines.join('') + log()).not.toContain(key.slice(-43))
  })

  test('is JSON, one line per event, with the id of the request', async () => {
    const { s, log } = await logged()
    await s.get('/v1/speakers', { 'x-request-id': 'mine' })
    const lines = log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const mine = lines.filter(({ reqId }) => reqId === 'mine')
    expect(mine.some(({ req }) => req?.url === '/v1/speakers' && req?.method === 'GET')).toBe(true)
    expect(mine.some(({ res }) => res?.statusCode === 200)).toBe(true)
  })
})

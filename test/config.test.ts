// Settings: defaults, rejected values at startup, and their documentation.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig, SETTINGS } from '../src/config.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Starts the service on an empty database, and waits until it exits or prints `until` on standard error. */
async function start(env: Record<string, string>, until?: RegExp) {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), ['src/main.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: `file:${folder}/tracker.db`,
      PORT: '0',
      SEED: 'none',
      ...env,
    },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    if (until?.test(stderr)) child.kill('SIGTERM')
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

test('every setting has a default', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    databaseUrl: 'file:./data/tracker.db',
    seed: 'article',
    logLevel: 'info',
    requireKeyForReads: false,
    corsOrigins: '*',
    trustProxy: false,
    rateLimitMax: 0,
    webhookAllowPrivate: false,
    shutdownTimeoutMs: 10_000,
  })
})

test('an empty setting counts as not set, and other variables are ignored', () => {
  const empty = Object.fromEntries(SETTINGS.map(({ name }) => [name, '']))
  expect(readConfig({ ...empty, HOME: '/root', npm_config_x: 'y' })).toEqual(readConfig({}))
})

test.each([
  [{ HOST: '::' }, { host: '::' }],
  [{ PORT: '0' }, { port: 0 }],
  [{ PORT: '65535' }, { port: 65_535 }],
  [{ DATABASE_URL: 'file:x.db' }, { databaseUrl: 'file:x.db' }],
  [{ DATABASE_URL: 'postgres://u@h:5433/d' }, { databaseUrl: 'postgres://u@h:5433/d' }],
  [{ DATABASE_URL: 'postgresql://h/d?sslmode=require' }, { databaseUrl: 'postgresql://h/d?sslmode=require' }],
  [
    { DATABASE_URL: 'postgres://h/d', DATABASE_REPLICA_URLS: 'postgres://a/d, postgres://b/d' },
    { databaseReplicaUrls: ['postgres://a/d', 'postgres://b/d'] },
  ],
  [{ SEED: 'none' }, { seed: 'none' }],
  [{ SEED: 'reference' }, { seed: 'reference' }],
  [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
  [{ REQUIRE_KEY_FOR_READS: 'true' }, { requireKeyForReads: true }],
  [{ REQUIRE_KEY_FOR_READS: 'false' }, { requireKeyForReads: false }],
  [{ TRUST_PROXY: 'true' }, { trustProxy: 1 }],
  [{ TRUST_PROXY: '2' }, { trustProxy: 2 }],
  [{ TRUST_PROXY: '0' }, { trustProxy: false }],
  [{ TRUST_PROXY: '10.0.0.0/8, ::1' }, { trustProxy: ['10.0.0.0/8', '::1'] }],
  [{ RATE_LIMIT_MAX: '600' }, { rateLimitMax: 600 }],
  [{ WEBHOOK_ALLOW_PRIVATE: 'true' }, { webhookAllowPrivate: true }],
  [{ LIVE_FEEDS_MAX: '5' }, { liveFeedsMax: 5 }],
  [{ READ_TIMEOUT: '5' }, { readTimeoutMs: 5000 }],
  [{ SEND_TIMEOUT: '5' }, { sendTimeoutMs: 5000 }],
  [{ SHUTDOWN_TIMEOUT: '30' }, { shutdownTimeoutMs: 30_000 }],
  [{ CORS_ORIGINS: '*' }, { corsOrigins: '*' }],
  [
    { CORS_ORIGINS: 'https://a.example, http://localhost:8080' },
    { corsOrigins: ['https://a.example', 'http://localhost:8080'] },
  ],
])('%j is accepted', (env, expected) => {
  expect(readConfig(env)).toMatchObject(expected)
})

const BAD: [setting: string, value: string][] = [
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '3000.5'],
  ['PORT', 'http'],
  ['PORT', '0x50'],
  ['PORT', ' '],
  ['DATABASE_URL', 'tracker.db'],
  ['DATABASE_URL', 'file:'],
  ['DATABASE_URL', 'mysql://localhost/x'],
  ['SEED', 'everything'],
  ['LOG_LEVEL', 'loud'],
  ['REQUIRE_KEY_FOR_READS', 'perhaps'],
  ['TRUST_PROXY', 'perhaps'],
  ['TRUST_PROXY', '10.0.0.0/8,proxy'],
  ['TRUST_PROXY', '10'],
  ['CORS_ORIGINS', 'example.org'],
  ['CORS_ORIGINS', 'https://example.org/'],
  ['CORS_ORIGINS', 'https://example.org,*'],
  ['RATE_LIMIT_MAX', '-1'],
  ['RATE_LIMIT_MAX', '1e3'],
  ['RATE_LIMIT_MAX', 'none'],
  ['WEBHOOK_ALLOW_PRIVATE', 'perhaps'],
  ['READ_TIMEOUT', '0'],
  ['LIVE_FEEDS_MAX', 'many'],
  ['SEND_TIMEOUT', 'soon'],
  ['SHUTDOWN_TIMEOUT', 'soon'],
]

test.each(BAD)('%s=%j is rejected with one line that names it', (setting, value) => {
  expect(() => readConfig({ [setting]: value })).toThrow(new RegExp(`^Invalid settings: ${setting}: [^\n]+$`))
})

describe('the process', () => {
  test('names all bad settings in one line and exits with 1', async () => {
    const { code, stdout, stderr } = await start(Object.fromEntries(BAD))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^Invalid settings: [^\n]+\n$/)
    for (const [setting] of BAD) expect(stderr).toContain(`${setting}: `)
  })

  test.each<[string, Record<string, string>, string]>([
    ['an address of another machine', { HOST: '192.0.2.1' }, '192.0.2.1'],
    ['a folder that is a file', { DATABASE_URL: `file:${ROOT}package.json/tracker.db` }, 'package.json'],
    ['a file that is a folder', { DATABASE_URL: `file:${ROOT}src` }, 'unable to open database file'],
    ['a file that is not a database', { DATABASE_URL: `file:${ROOT}test/config.test.ts` }, 'not a database'],
  ])('exits with one line and no stack trace on %s', async (_, env, what) => {
    const { code, stderr } = await start(env)
    expect(code, stderr).toBe(1)
    expect(stderr.trim().split('\n'), stderr).toHaveLength(1)
    expect(stderr).toContain(what)
  })

  test('exits with one line on a port in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const taken = String((server.address() as { port: number }).port)
    const { code, stderr } = await start({ PORT: taken })
    expect([code, stderr.trim().split('\n').length], stderr).toEqual([1, 1])
    expect(stderr).toContain(taken)
  })

  test('prints its address and how to create a first key, and stops on SIGTERM', async () => {
    const { code, stdout, stderr } = await start({}, /npm run keys/)
    expect(code).toBe(0)
    expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:\d+\/docs/)
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level')
  })
})

// The settings with their defaults and legal values.
import { z } from 'zod'

const booleanWord = z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] })

export const DEFAULT_DATABASE_URL = 'file:./data/tracker.db'

/** Digits only: no sign, exponent or other notation. */
const wholeNumber = (description: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number (${description})`)
    .transform(Number)

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: wholeNumber('a port').pipe(z.number().max(65_535)).default(3000),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)/, 'must be file:PATH (SQLite) or postgres://… (PostgreSQL)')
    .default(DEFAULT_DATABASE_URL),
  DATABASE_REPLICA_URLS: z
    .string()
    .transform((value) => value.split(',').map((url) => url.trim()))
    .refine(
      (urls) => urls.every((url) => /^postgres(ql)?:\/\/.+/.test(url)),
      'must be postgres://… addresses, separated by commas',
    )
    .default([]),
  SEED: z.enum(['article', 'reference', 'none']).default('article'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  REQUIRE_KEY_FOR_READS: booleanWord.default(false),
  CORS_ORIGINS: z
    .string()
    .transform((value) => value.split(',').map((origin) => origin.trim()))
    .refine(
      (origins) => origins.join() === '*' || origins.every((origin) => URL.parse(origin)?.origin === origin),
      'must be * or origins such as https://example.org, separated by commas',
    )
    .default(['*']),
  BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'must be a path such as /sco, without a slash at the end')
    .default(''),
  TRUST_PROXY: booleanWord.default(false),
  RATE_LIMIT_MAX: wholeNumber('requests a minute; 0 is off').default(0),
  SEND_TIMEOUT: wholeNumber('seconds; 0 is off').default(30),
  WEBHOOK_ALLOW_PRIVATE: booleanWord.default(false),
  SHUTDOWN_TIMEOUT: wholeNumber('seconds').pipe(z.number().max(3600)).default(10),
})

export interface Config {
  host: string
  port: number
  /** `file:PATH` for SQLite, `postgres://…` for PostgreSQL. */
  databaseUrl: string
  /** Streaming replicas of a PostgreSQL database, for reads. */
  replicaUrls: string[]
  seed: 'article' | 'reference' | 'none'
  logLevel: string
  requireKeyForReads: boolean
  /** Origins of web pages that may read responses. */
  corsOrigins: '*' | string[]
  /** Where a reverse proxy serves it, such as `/sco`. */
  basePath: string
  trustProxy: boolean
  /** Requests per minute and client; 0 is off. */
  rateLimitMax: number
  /** How long a client may take nothing of a response before it is disconnected; 0 is off. */
  sendTimeoutMs: number
  /** Whether webhook URLs may resolve to loopback, private and other addresses that are not public. */
  webhookAllowPrivate: boolean
  /** How long a stop waits for requests in progress. */
  shutdownTimeoutMs: number
}

export const SETTINGS = Object.keys(schema.shape)

/** @throws Error with one line that lists all invalid settings */
export function readConfig(env: Record<string, string | undefined>): Config {
  const values = Object.fromEntries(SETTINGS.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
  const parsed = schema.safeParse(values)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`Invalid settings: ${faults.join('; ')}`)
  }
  const settings = parsed.data
  if (settings.DATABASE_REPLICA_URLS.length > 0 && settings.DATABASE_URL.startsWith('file:'))
    throw new Error('Invalid settings: DATABASE_REPLICA_URLS: requires PostgreSQL in DATABASE_URL')
  return {
    host: settings.HOST,
    port: settings.PORT,
    databaseUrl: settings.DATABASE_URL,
    replicaUrls: settings.DATABASE_REPLICA_URLS,
    seed: settings.SEED,
    logLevel: settings.LOG_LEVEL,
    requireKeyForReads: settings.REQUIRE_KEY_FOR_READS,
    corsOrigins: settings.CORS_ORIGINS.join() === '*' ? '*' : settings.CORS_ORIGINS,
    basePath: settings.BASE_PATH,
    trustProxy: settings.TRUST_PROXY,
    rateLimitMax: settings.RATE_LIMIT_MAX,
    sendTimeoutMs: settings.SEND_TIMEOUT * 1000,
    webhookAllowPrivate: settings.WEBHOOK_ALLOW_PRIVATE,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT * 1000,
  }
}

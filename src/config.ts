// The settings: types, defaults and descriptions, from which the options of `start` and the table in the README are derived.
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

export const DEFAULT_DATABASE_URL = 'file:./data/tracker.db'

const boolean = z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] })

/** Digits only: no sign, exponent or other notation. */
const wholeNumber = (description: string, max = 999_999_999) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number (${description})`)
    .transform(Number)
    .pipe(z.number().max(max))

/** In milliseconds. */
const seconds = (description: string, max?: number) =>
  wholeNumber(description, max).transform((value) => value * 1000)

const list = z.string().transform((value) => value.split(',').map((item) => item.trim()))

/** `false`, a number of proxies, or their networks: the leftmost address of X-Forwarded-For is what the client says. */
const trustedProxies = z.string().transform((value, context): false | number | string[] => {
  if (/^(false|0|no)$/.test(value)) return false
  if (/^(true|yes)$/.test(value)) return 1
  if (/^[1-9]$/.test(value)) return Number(value)
  const networks = value.split(',').map((network) => network.trim())
  if (
    networks.every(
      (network) => /[.:]/.test(network) && (ipaddr.isValid(network) || ipaddr.isValidCIDR(network)),
    )
  )
    return networks
  context.addIssue(
    'must be false, a number of proxies up to 9, or addresses and networks separated by commas',
  )
  return z.NEVER
})

/** By property; the setting of `sendTimeoutMs` is SEND_TIMEOUT. */
const schema = z.object({
  host: z.string().min(1).prefault('127.0.0.1').describe('the address to listen on'),
  port: wholeNumber('a port', 65_535).prefault('3000').describe('the port; `0` takes a free one'),
  databaseUrl: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)/, 'must be file:PATH (SQLite) or postgres://… (PostgreSQL)')
    .prefault(DEFAULT_DATABASE_URL)
    .describe('the SQLite file, `file:PATH`; or a PostgreSQL database, `postgres://USER:PASSWORD@HOST/NAME`'),
  databaseReplicaUrls: list
    .refine(
      (urls) => urls.every((url) => /^postgres(ql)?:\/\/.+/.test(url)),
      'must be postgres://… addresses, separated by commas',
    )
    .default([])
    .describe('streaming replicas of a PostgreSQL database, for reads: addresses separated by commas'),
  seed: z
    .enum(['article', 'reference', 'none'])
    .prefault('article')
    .describe(
      'the seed of an empty database: `article`, `reference` (also the public record of the SCO) or `none`',
    ),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .describe('`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`'),
  requireKeyForReads: boolean.prefault('false').describe('whether reading needs a key'),
  corsOrigins: list
    .refine(
      (origins) => origins.join() === '*' || origins.every((origin) => URL.parse(origin)?.origin === origin),
      'must be * or origins such as https://example.org, separated by commas',
    )
    .transform((origins): '*' | string[] => (origins.join() === '*' ? '*' : origins))
    .prefault('*')
    .describe('allowed CORS origins: `*`, or a list separated by commas'),
  basePath: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'must be a path such as /sco, without a slash at the end')
    .default('')
    .describe('path under which a reverse proxy serves it, such as `/sco`'),
  trustProxy: trustedProxies
    .prefault('false')
    .describe(
      'whose `X-Forwarded-*` headers are trusted: those of as many proxies as this number, or of proxies in these networks, separated by commas; `true` is `1`',
    ),
  rateLimitMax: wholeNumber('requests a minute; 0 is off')
    .prefault('0')
    .describe('requests per minute and client; `0` is off'),
  liveFeedsMax: wholeNumber('live feeds')
    .prefault('1000')
    .describe('how many live feeds of changes are sent at a time'),
  webhookAllowPrivate: boolean
    .prefault('false')
    .describe('whether webhooks may point to addresses that are not public'),
  readTimeoutMs: seconds('seconds', 3600)
    .refine((ms) => ms > 0, 'must be at least 1')
    .prefault('10')
    .describe('the seconds that a read of the database may take'),
  sendTimeoutMs: seconds('seconds; 0 is off')
    .prefault('30')
    .describe(
      'the seconds that a client may take nothing of a response before it is disconnected; `0` is off',
    ),
  shutdownTimeoutMs: seconds('seconds', 3600)
    .prefault('10')
    .describe('the seconds that a stop waits for requests in progress'),
})

export type Config = z.infer<typeof schema>

interface Setting {
  name: string
  description: string
  /** As it is written in the environment; undefined: none. */
  preset: string | undefined
}

const nameOf = (property: string) =>
  property
    .replace(/Ms$/, '')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()

export const SETTINGS: Setting[] = Object.entries(schema.shape).map(([property, field]) => ({
  name: nameOf(property),
  description: field.description ?? '',
  preset: field instanceof z.ZodPrefault ? String(field.def.defaultValue) : undefined,
}))

/** @throws Error with one line that lists all invalid settings */
export function readConfig(env: Record<string, string | undefined>): Config {
  // An empty setting counts as not set.
  const values = Object.keys(schema.shape).map((property) => [property, env[nameOf(property)] || undefined])
  const { data, error } = schema.safeParse(Object.fromEntries(values))
  const faults = error?.issues.map(({ path, message }) => `${nameOf(String(path[0]))}: ${message}`) ?? []
  if (data && data.databaseReplicaUrls.length > 0 && data.databaseUrl.startsWith('file:'))
    faults.push('DATABASE_REPLICA_URLS: requires PostgreSQL in DATABASE_URL')
  if (!data || faults.length > 0) throw new Error(`Invalid settings: ${faults.join('; ')}`)
  return data
}

// The service as tests meet it: a real database with the real migrations, and every answer held to the
// OpenAPI document.
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import lightMyRequest, { type DispatchFunc } from 'light-my-request'
import { expect, onTestFinished } from 'vitest'
import { type AppDeps, buildApp } from '../../src/app.ts'
import type { Engine } from '../../src/db/engine.ts'
import { createKey } from '../../src/db/keys.ts'
import { openEngine } from '../../src/db/open.ts'
import type { Resolve } from '../../src/features/webhooks/client.ts'
import { freshDatabase, rowsOf } from './database.ts'
import { holdToDocument, watchSockets } from './document.ts'

/** What the service calls a request: its process, and the number of the request there. */
export const REQUEST_ID = /^[0-9a-f]{16}-[1-9]\d*$/

export interface Answer<Body = Record<string, any>> {
  status: number
  headers: LightMyRequestResponse['headers']
  text: string
  /** The parsed body; undefined where there is none or it is no JSON. */
  body: Body
}

interface Options extends Partial<Omit<AppDeps, 'engine'>> {
  seed?: boolean
}

export interface Service {
  app: FastifyInstance
  engine: Engine
  /** The database, as DATABASE_URL has it. */
  url: string
  /** The database file, on SQLite. */
  file: string
  /** Every table but the full-text index, row for row, seen from outside. */
  rows: () => Promise<Record<string, Record<string, unknown>[]>>
  keys: { analyst: string; admin: string }
  /** Every SQL statement since the last call. */
  queries: () => string[]
  get: (url: string, headers?: Record<string, string>) => Promise<Answer>
  /** Writes with the analyst's key. */
  post: (url: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Writes with the analyst's key; `*` as If-Match unless given. */
  patch: (url: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Deletes with the admin's key; `*` as If-Match unless given. */
  del: (url: string, headers?: Record<string, string>) => Promise<Answer>
  request: (options: InjectOptions) => Promise<Answer>
}

/** No test sends anything to a host outside: names lead nowhere unless it says otherwise. */
const nowhere: Resolve = (hostname, _options, callback) =>
  callback(new Error(`No test asks ${hostname}.`), [])

/** JSON, as it comes from the database; the rest is not kept, and metrics differ from one look to the next. */
const kept = ({ headers }: LightMyRequestResponse) =>
  /^application\/json/.test(String(headers['content-type']))

/** An answer without what belongs to the moment. */
function ownOf({ statusCode, headers, body }: LightMyRequestResponse) {
  const { date: _, 'x-request-id': __, ...own } = headers
  return { statusCode, headers: own, body }
}

/** Starts a service of its own for one test, and takes it away when the test ends. */
export async function service({ seed: seeded = false, ...deps }: Options = {}): Promise<Service> {
  const { url, file, remove } = await freshDatabase(seeded ? 'seeded' : 'migrated')
  const statements: string[] = []
  const engine = await openEngine(url, { onQuery: (sql) => statements.push(sql) })
  const now = new Date()
  const [analyst, admin] = await Promise.all(
    (['analyst', 'admin'] as const).map((role) =>
      createKey(engine, { name: `test ${role}`, role, expiresAt: null, now }),
    ),
  )
  const webhookSending = { resolve: nowhere, ...deps.webhookSending }
  const app = await buildApp({ engine, ...deps, webhookSending })
  await app.ready()
  // As over a socket: what stands in front of Fastify is asked too.
  const [listener] = app.server.listeners('request') as DispatchFunc[]
  Object.assign(app, {
    inject: (options: InjectOptions | string) => lightMyRequest(listener as DispatchFunc, options),
  })
  const faults = watchSockets(app)
  onTestFinished(async () => {
    await app.close()
    await engine.close()
    await remove()
    if (faults[0]) throw faults[0]
  })

  /** Null also where the database is gone. */
  const version = () => {
    try {
      return engine.version()
    } catch {
      return null
    }
  }
  const request = async (options: InjectOptions): Promise<Answer> => {
    const before = version()
    const response = await app.inject(options)
    holdToDocument(app, {
      method: options.method ?? 'GET',
      url: String(options.url),
      status: response.statusCode,
      headers: response.headers,
      body: response.body,
    })
    // Whatever is asked in a test is asked again, the third time of what was kept of the second answer: it may not differ.
    if (options.method === 'GET' && response.statusCode < 400 && before !== null && !deps.rateLimitMax) {
      const asked = statements.length
      await app.inject(options)
      const again = await app.inject(options)
      statements.length = asked
      if (version() === before && kept(again)) expect(ownOf(again)).toEqual(ownOf(response))
    }
    const json = /[/+]json\b/.test(String(response.headers['content-type'])) && response.body !== ''
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: json ? JSON.parse(response.body) : undefined,
    }
  }
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` })
  return {
    app,
    engine,
    url,
    file,
    rows: () => rowsOf({ url, file }),
    keys: { analyst: analyst?.token ?? '', admin: admin?.token ?? '' },
    queries: () => statements.splice(0),
    request,
    get: (url, headers = {}) => request({ method: 'GET', url, headers }),
    post: (url, body, headers = {}) =>
      request({
        method: 'POST',
        url,
        payload: body as object,
        headers: { ...bearer(analyst?.token), ...headers },
      }),
    patch: (url, body, headers = {}) =>
      request({
        method: 'PATCH',
        url,
        payload: body as object,
        headers: {
          ...bearer(analyst?.token),
          'content-type': 'application/merge-patch+json',
          'if-match': '*',
          ...headers,
        },
      }),
    del: (url, headers = {}) =>
      request({ method: 'DELETE', url, headers: { ...bearer(admin?.token), 'if-match': '*', ...headers } }),
  }
}

// Starts the service for a test, on a real, migrated database. Every response is checked against the OpenAPI document.
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { inject, onTestFinished } from 'vitest'
import type { AppDeps } from '../../src/app.ts'
import type { Engine } from '../../src/db/engine.ts'
import type { CountTables } from '../../src/records/read/count-tables.ts'
import { countTablesOn, createApplication, shareApplication } from './applications.ts'
import { freshDatabase, rowsOf } from './database.ts'
import { checkAgainstDocument } from './document.ts'
import type { TestKeys } from './prepare.ts'

/** A request id that the service generated. */
export const REQUEST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export interface TestResponse<Body = Record<string, any>> {
  status: number
  headers: LightMyRequestResponse['headers']
  text: string
  /** The parsed body; undefined if there is none or it is not JSON. */
  body: Body
}

interface Options extends Partial<Omit<AppDeps, 'engine'>> {
  seed?: boolean
  /** Gives the test an application of its own, like any option other than the clock. */
  own?: boolean
  /** From how many records of a kind on these are counted in memory. */
  countFrom?: number
}

export interface Service {
  app: FastifyInstance
  engine: Engine
  /** The database, as DATABASE_URL has it. */
  url: string
  /** The database file, on SQLite. */
  file: string
  /** The rows of every table except the full-text index, read by an outside connection. */
  rows: () => Promise<Record<string, Record<string, unknown>[]>>
  keys: TestKeys
  /** The tables in which records are counted, with `countFrom`. */
  counts: CountTables | undefined
  /** The SQL statements since the last call; unless `all`, without those of webhooks and imports, which run in the background. */
  queries: (all?: boolean) => string[]
  get: (url: string, headers?: Record<string, string>) => Promise<TestResponse>
  /** Writes with the analyst's key. */
  post: (url: string, body: unknown, headers?: Record<string, string>) => Promise<TestResponse>
  /** Writes with the analyst's key; `*` as If-Match unless given. */
  patch: (url: string, body: unknown, headers?: Record<string, string>) => Promise<TestResponse>
  /** Deletes with the admin's key; `*` as If-Match and a reason unless given. */
  del: (url: string, headers?: Record<string, string>) => Promise<TestResponse>
  request: (options: InjectOptions) => Promise<TestResponse>
}

/**
 * Starts a service for one test, with a database of its own, and removes it when the test ends.
 */
export async function service({
  seed = false,
  own = false,
  countFrom,
  ...deps
}: Options = {}): Promise<Service> {
  const database = await freshDatabase(seed ? 'seeded' : 'migrated')
  const statements: string[] = []
  const engine = await database.openEngine((sql) => statements.push(sql))
  const { clock = () => new Date(), ...others } = deps
  const counts = countFrom === undefined ? undefined : countTablesOn(engine, countFrom)
  const settings = { ...others, ...(counts && { counts }) }
  const { app, socketErrors, release } =
    own || Object.keys(settings).length > 0
      ? await createApplication({ engine, clock, ...settings })
      : await shareApplication(engine, clock)
  onTestFinished(async () => {
    const errors = [...socketErrors]
    await release()
    await database.remove()
    if (errors[0]) throw errors[0]
  })

  return {
    app,
    engine,
    url: database.url,
    file: database.file,
    rows: () => rowsOf(database),
    keys: inject('keys'),
    counts,
    queries: (all = false) =>
      statements.splice(0).filter((text) => all || !/"(webhooks|webhookDeliveries|imports)"/.test(text)),
    ...requestsTo(app),
  }
}

export type Requests = Pick<Service, 'request' | 'get' | 'post' | 'patch' | 'del'>

/** Sends requests to an application, and checks the responses against the OpenAPI document. */
export function requestsTo(app: FastifyInstance): Requests {
  const keys = inject('keys')
  const request = async (options: InjectOptions): Promise<TestResponse> => {
    const response = await app.inject(options)
    checkAgainstDocument(app, {
      method: options.method ?? 'GET',
      url: String(options.url),
      status: response.statusCode,
      headers: response.headers,
      body: response.body,
    })
    const json = /[/+]json\b/.test(String(response.headers['content-type'])) && response.body !== ''
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: json ? JSON.parse(response.body) : undefined,
    }
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  return {
    request,
    get: (url, headers = {}) => request({ method: 'GET', url, headers }),
    post: (url, body, headers = {}) =>
      request({
        method: 'POST',
        url,
        payload: body as object,
        headers: { ...bearer(keys.analyst), ...headers },
      }),
    patch: (url, body, headers = {}) =>
      request({
        method: 'PATCH',
        url,
        payload: body as object,
        headers: {
          ...bearer(keys.analyst),
          'content-type': 'application/merge-patch+json',
          'if-match': '*',
          ...headers,
        },
      }),
    del: (url, headers = {}) =>
      request({
        method: 'DELETE',
        url: needsReason(url) ? `${url}?reason=Test` : url,
        headers: { ...bearer(keys.admin), 'if-match': '*', ...headers },
      }),
  }
}

/** Webhooks are no records. */
const needsReason = (url: string) => !url.includes('?') && !url.startsWith('/v1/webhooks')

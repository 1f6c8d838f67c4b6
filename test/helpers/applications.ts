// Applications for tests. Building one takes longer than most tests, so tests share them, each with its own database.
import type { FastifyInstance } from 'fastify'
import { type AppDeps, buildApp } from '../../src/app.ts'
import type { Engine } from '../../src/db/engine.ts'
import { sql } from '../../src/db/sql.ts'
import { imports, webhooks } from '../../src/db/system-tables.ts'
import type { Resolve } from '../../src/http/outgoing.ts'
import { CountTables } from '../../src/records/read/count-tables.ts'
import { checkSockets } from './document.ts'

export interface TestApplication {
  app: FastifyInstance
  /** Errors of responses over sockets that differ from the OpenAPI document. */
  socketErrors: Error[]
  /** False if it was closed, or listens. */
  isReusable: () => boolean
  /** Must be called when the test ends, before its database is closed. */
  release: () => Promise<void>
}

/** Rejects all host names, so that no test connects to another host. */
const unresolved: Resolve = (hostname, _options, callback) =>
  callback(new Error(`No test may connect to ${hostname}.`), [])

/** Creates an application for one test alone. */
export async function createApplication(deps: AppDeps): Promise<TestApplication> {
  const app = await buildApp({
    importSweepMs: MAX_AGE_MS * 100,
    ...deps,
    webhookSending: { resolve: unresolved, ...deps.webhookSending },
  })
  let closed = false
  app.addHook('onClose', async () => {
    closed = true
  })
  await app.ready()
  return {
    app,
    socketErrors: checkSockets(app),
    isReusable: () => !closed && !app.server.listening,
    release: () => app.close(),
  }
}

/** Tables in which records are counted. @param minRecords from how many on */
export const countTablesOn = (engine: Engine, minRecords?: number) =>
  new CountTables({
    engine,
    onError: (error) => {
      throw error
    },
    ...(minRecords !== undefined && { minRecords }),
  })

/** After a minute the background work of an application queries the database, which tests would count. */
const MAX_AGE_MS = 30_000

interface SharedApplication extends TestApplication {
  createdAt: number
  use: (engine: Engine, clock: () => Date) => void
}

const unused: SharedApplication[] = []

/** Returns an application that tests share one after another, each with its own database and clock. */
export async function shareApplication(engine: Engine, clock: () => Date): Promise<TestApplication> {
  const reused = unused.pop()
  if (!reused) return createShared(engine, clock)
  if (performance.now() - reused.createdAt > MAX_AGE_MS) {
    await reused.app.close()
    return shareApplication(engine, clock)
  }
  reused.socketErrors.length = 0
  reused.use(engine, clock)
  return reused
}

async function createShared(engine: Engine, clock: () => Date): Promise<SharedApplication> {
  const current = { engine, clock, uses: 0, counts: countTablesOn(engine) }
  /** Responses are cached by the version of the database, so versions must be unique among databases. */
  const unique = (version: number | null) => (version === null ? null : version + current.uses * 1e9)
  const forwarded = forward(() => current.engine, {
    reader: forward(() => current.engine.reader),
    version: () => unique(current.engine.version()),
  })
  const created = await createApplication({
    engine: forwarded,
    clock: () => current.clock(),
    counts: forward(() => current.counts),
  })
  const shared: SharedApplication = {
    ...created,
    createdAt: performance.now(),
    use: (engine, clock) =>
      Object.assign(current, { engine, clock, uses: current.uses + 1, counts: countTablesOn(engine) }),
    release: async () => {
      await current.counts.close()
      if (created.isReusable() && (await isIdle(current.engine))) unused.push(shared)
      else await created.release()
    },
  }
  return shared
}

/** Whether there is no background work: no import that is not done, and no webhook. */
async function isIdle({ reader }: Engine): Promise<boolean> {
  try {
    return !(await reader.get(
      sql`select 1 from ${imports} where ${imports.finishedAt} is null union all select 1 from ${webhooks}`,
    ))
  } catch {
    // The test closed or broke the database.
    return false
  }
}

/** An object that forwards to the current result of `target`, except for the replaced properties. */
function forward<Target extends object>(target: () => Target, replaced: Partial<Target> = {}): Target {
  return new Proxy({} as Target, {
    get: (_, name) => {
      if (name in replaced) return Reflect.get(replaced, name)
      const value = Reflect.get(target(), name)
      return typeof value === 'function' ? value.bind(target()) : value
    },
  })
}

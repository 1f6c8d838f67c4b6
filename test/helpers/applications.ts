// Applications for tests. Building one takes longer than most tests, so tests share them, each with its own database.
import type { FastifyInstance } from 'fastify'
import { type AppDeps, buildApp } from '../../src/app.ts'
import type { Engine } from '../../src/db/engine.ts'
import { sql } from '../../src/db/sql.ts'
import { imports, webhooks } from '../../src/db/system-tables.ts'
import type { Resolve } from '../../src/features/webhooks/client.ts'
import { checkSockets } from './document.ts'

export interface TestApplication {
  app: FastifyInstance
  /** Answers over sockets that are not as the OpenAPI document describes them. */
  socketErrors: Error[]
  /** False when it was closed, or listens. */
  isReusable: () => boolean
  /** To be called when the test ends, before its database is closed. */
  release: () => Promise<void>
}

/** No test connects to another host: names are not resolved unless the test says how. */
const unresolved: Resolve = (hostname, _options, callback) =>
  callback(new Error(`No test may connect to ${hostname}.`), [])

/** An application for one test alone. */
export async function createApplication(deps: AppDeps): Promise<TestApplication> {
  const app = await buildApp({ ...deps, webhookSending: { resolve: unresolved, ...deps.webhookSending } })
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

/** After a minute the background work of an application queries the database, and a test would count that query. */
const MAX_AGE_MS = 30_000

interface SharedApplication extends TestApplication {
  createdAt: number
  use: (engine: Engine, clock: () => Date) => void
}

const unused: SharedApplication[] = []

/** An application that other tests use before and after, with their own databases and clocks. */
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
  const current = { engine, clock, uses: 0 }
  /** The application caches by the version of the database, so no two databases may have one in common. */
  const unique = (version: number | null) => (version === null ? null : version + current.uses * 1e9)
  const forwarded = forward(() => current.engine, {
    reader: forward(() => current.engine.reader),
    version: () => unique(current.engine.version()),
  })
  const created = await createApplication({ engine: forwarded, clock: () => current.clock() })
  const shared: SharedApplication = {
    ...created,
    createdAt: performance.now(),
    use: (engine, clock) => Object.assign(current, { engine, clock, uses: current.uses + 1 }),
    release: async () => {
      if (created.isReusable() && (await isIdle(current.engine))) unused.push(shared)
      else await created.release()
    },
  }
  return shared
}

/** Whether nothing goes on in the background: no import, no webhook. */
async function isIdle({ reader }: Engine): Promise<boolean> {
  try {
    return !(await reader.get(sql`select 1 from ${imports} union all select 1 from ${webhooks}`))
  } catch {
    // The test closed or broke the database.
    return false
  }
}

/** Something that is at any time what `target` returns then, but for what is replaced. */
function forward<Target extends object>(target: () => Target, replaced: Partial<Target> = {}): Target {
  return new Proxy({} as Target, {
    get: (_, name) => {
      if (name in replaced) return Reflect.get(replaced, name)
      const value = Reflect.get(target(), name)
      return typeof value === 'function' ? value.bind(target()) : value
    },
  })
}

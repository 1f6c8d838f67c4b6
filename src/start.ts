// Starts the service, and stops it on a signal.
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { type Config, DEFAULT_DATABASE_URL } from './config.ts'
import { jumpDetector } from './core/clock.ts'
import { listKeys } from './db/keys.ts'
import { openEngine } from './db/open.ts'
import { LogStream } from './log-stream.ts'
import { makeLogger } from './logger.ts'
import { prepareDatabase } from './resources/index.ts'
import { seed } from './seed.ts'

/** How long the stop waits for what the deadline has cut off, and for a slow reader of the log. */
const CUT_OFF_MS = 2000
const LOG_MS = 500
/** How often to check the clock, and the smallest jump that is logged. */
const CLOCK_CHECK_MS = 10_000
const CLOCK_JUMP_MS = 5000
/** How often the stop closes connections whose last request has been answered. */
const SWEEP_MS = 100

/** Runs the service until SIGINT, SIGTERM or SIGHUP. */
export async function start(config: Config): Promise<void> {
  const log = new LogStream()
  // The greeting may go to a full disk or a closed pipe too.
  process.stderr.on('error', () => {})
  const logger = makeLogger(config.logLevel, log)

  const exit = async (code: number) => {
    await log.drain(LOG_MS)
    process.exit(code)
  }
  const engine = await openEngine(config.databaseUrl, {
    replicas: config.databaseReplicaUrls,
    readTimeoutMs: config.readTimeoutMs,
    // Whatever is written from now on would be lost with the file.
    onLost: (error) => {
      logger.fatal({ err: error }, 'the database is lost')
      process.stderr.write(`${error.message}\n`)
      exit(1)
    },
  })
  const upgraded = await announced('Preparing the database', prepareDatabase(engine))
  if (upgraded.length > 0) logger.info({ kinds: upgraded }, 'completed stored documents')
  const seeded =
    config.seed !== 'none' && (await announced('Seeding the database', seed(engine, undefined, config.seed)))
  const app = await buildApp({ engine, logger, droppedLogLines: () => log.dropped, ...config })
  await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    const message = `Port ${config.port} of ${config.host} is in use. Choose another one: npm start -- --port ${config.port + 1}`
    throw Object.assign(new Error(message), { code: error.code })
  })

  const jump = jumpDetector(CLOCK_JUMP_MS, Date.now, () => performance.now())
  setInterval(() => {
    const ms = Math.round(jump())
    if (ms !== 0) logger.warn({ ms }, 'the clock jumped')
  }, CLOCK_CHECK_MS).unref()

  let stopping = false
  const stop = async (signal: string) => {
    // npm and a terminal may both send the signal.
    if (stopping) return
    stopping = true
    logger.info({ signal }, 'closing')
    setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    setTimeout(() => {
      logger.warn('requests in progress were cut off')
      app.server.closeAllConnections()
      setTimeout(async () => {
        await log.drain(LOG_MS)
        // process.exit would wait for a statement that is running in a thread.
        process.kill(process.pid, 'SIGKILL')
      }, CUT_OFF_MS)
    }, config.shutdownTimeoutMs)
    try {
      await app.close()
      await engine.close()
      await exit(0)
    } catch (error) {
      logger.error({ err: error }, 'closing failed')
      await exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)

  const { port } = app.server.address() as AddressInfo
  const hasKeys = (await listKeys(engine.reader)).length > 0
  process.stderr.write(greeting(config, port, seeded, hasKeys))
}

/** After how long a step of the start says on the terminal that it is running. */
const SLOW_MS = 1000

async function announced<Result>(step: string, work: Promise<Result>): Promise<Result> {
  const timer = setTimeout(() => process.stderr.write(`${step} …\n`), SLOW_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

/** The message for the terminal, on standard error; the log is on standard output. */
function greeting({ host, databaseUrl }: Config, port: number, seeded: boolean, hasKeys: boolean): string {
  // Keys are created in the database that the service uses. The address of PostgreSQL may have a password.
  const isDefault = databaseUrl === DEFAULT_DATABASE_URL
  const database = isDefault
    ? ''
    : ` --database-url ${databaseUrl.startsWith('file:') ? databaseUrl : '"$DATABASE_URL"'}`
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return [
    '',
    `The SCO tracker listens on ${base}${seeded ? ', seeded from seeds/' : ''}`,
    `  proposals      ${base}/v1/proposals`,
    `  workbench      ${base}/edit`,
    `  reference      ${base}/docs/`,
    `  OpenAPI        ${base}/openapi.json`,
    ...(hasKeys ? [] : [`  a first key    npm run keys -- create --name "me" --role admin${database}`]),
    '',
  ].join('\n')
}

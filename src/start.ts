// Config → engine → app → listen; and a graceful end.
import cluster from 'node:cluster'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { buildApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import type { Engine } from './db/engine.ts'
import { listKeys } from './db/keys.ts'
import { openEngine } from './db/open.ts'
import { ImportJobs } from './features/imports/jobs.ts'
import { byTurns, makeLogger } from './logger.ts'
import { recordsOn } from './resources/index.ts'
import { seed } from './seed.ts'
import { otherWorkers, startWorkers } from './workers.ts'

/** Runs the service until SIGINT or SIGTERM. A setting that is bad, or that the machine refuses, ends the process with one line. */
export async function start(env: Record<string, string | undefined>): Promise<void> {
  const config = configOrEnd(env)
  try {
    await run(config)
  } catch (error) {
    // A port that is taken, a folder that cannot be written: the system says what, and a stack would not help.
    const { code, message } = error as NodeJS.ErrnoException
    if (typeof code !== 'string') throw error
    console.error(`The service cannot start: ${message}`)
    process.exit(1)
  }
}

async function run(config: Config): Promise<void> {
  if (config.workers > 1 && cluster.isPrimary) return runFirst(config)
  const others = otherWorkers()
  // Lines are gathered for half a second, or until there are some kilobytes: a write of its own for each costs more than the line.
  // Of several processes each writes no more at once than a pipe takes as a whole.
  const size = others ? { minLength: 2048, maxWrite: 4096 } : { minLength: 8192 }
  const gathered = pino.destination({ dest: 1, periodicFlush: 500, ...size })
  // What a whole turn brought may be more than that.
  const log = others ? gathered : byTurns(gathered)
  process.once('exit', () => log.flushSync())
  const logger = makeLogger(config.logLevel, log)
  const engine = await openEngine(config.databaseUrl, { replicas: config.replicaUrls, siblings: others })
  const seeded = !others && (await prepare(engine, config))
  const app = await buildApp({ engine, logger, others, ...config })

  // A terminal tells all processes; of several, the first tells the others.
  if (others) process.on('SIGINT', () => {})
  endOn(others ? ['SIGTERM'] : ['SIGINT', 'SIGTERM'], logger, async () => {
    await app.close()
    await engine.close()
  })

  await app.listen({ host: config.host, port: config.port })
  if (others) return others.ready()
  const { port } = app.server.address() as AddressInfo
  greet(config, port, seeded, await isKeyless(engine))
}

/** The first of several processes: prepares the database, and starts those that answer requests. */
async function runFirst(config: Config): Promise<void> {
  const logger = makeLogger(config.logLevel, pino.destination({ dest: 1 }))
  const engine = await openEngine(config.databaseUrl)
  const seeded = await prepare(engine, config)
  const keyless = await isKeyless(engine)
  // The workers cannot tell which imports are those of another worker, and which ended with the service.
  await new ImportJobs(recordsOn(engine), logger).recover()
  await engine.close()
  let port = config.port
  cluster.on('listening', (_worker, address) => {
    port = address.port
  })
  const stop = await startWorkers(config.workers, (code) => logger.error({ code }, 'a worker ended'))
  endOn(['SIGINT', 'SIGTERM'], logger, stop)
  greet(config, port, seeded, keyless)
}

/** Ends the process at a signal, when what it does has come to an end. */
function endOn(signals: NodeJS.Signals[], logger: Logger, close: () => Promise<void>): void {
  const end = async (signal: string) => {
    logger.info({ signal }, 'closing')
    await close()
    process.exit(0)
  }
  for (const signal of signals) process.once(signal, end)
}

/** Brings the database up to date. @returns whether it was seeded */
async function prepare(engine: Engine, config: Config): Promise<boolean> {
  await engine.migrate()
  return config.seed !== 'none' && (await seed(engine, undefined, config.seed))
}

const isKeyless = async (engine: Engine) => (await listKeys(engine.reader)).length === 0

function configOrEnd(env: Record<string, string | undefined>): Config {
  try {
    return readConfig(env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}

/** For the person at the terminal; the log goes to standard output. */
function greet({ host }: Config, port: number, seeded: boolean, keyless: boolean): void {
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const lines = [
    '',
    `The SCO tracker listens on ${base}${seeded ? ', seeded from seeds/' : ''}`,
    `  proposals      ${base}/v1/proposals`,
    `  reference      ${base}/docs/`,
    `  OpenAPI        ${base}/openapi.json`,
    ...(keyless ? ['  a first key    npm run keys -- create --name "me" --role admin'] : []),
    '',
  ]
  process.stderr.write(lines.join('\n'))
}

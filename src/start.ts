// Config → engine → app → listen; and a graceful end.
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { buildApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { listKeys } from './db/keys.ts'
import { openEngine } from './db/open.ts'
import { makeLogger } from './logger.ts'
import { seed } from './seed.ts'

/** Runs the service until SIGINT or SIGTERM. A setting that is bad, or that the machine refuses, ends the process with one line. */
export async function start(): Promise<void> {
  const config = configOrEnd()
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
  // Lines are gathered for half a second, or until there are eight kilobytes: a write of its own for each costs more than the line.
  const log = pino.destination({ dest: 1, minLength: 8192, periodicFlush: 500 })
  process.once('exit', () => log.flushSync())
  const logger = makeLogger(config.logLevel, log)
  const engine = await openEngine(config.databaseUrl, { replicas: config.replicaUrls })
  await engine.migrate()
  const seeded = config.seed !== 'none' && (await seed(engine, undefined, config.seed))
  const app = await buildApp({ engine, logger, ...config })

  const end = async (signal: string) => {
    logger.info({ signal }, 'closing')
    await app.close()
    await engine.close()
    process.exit(0)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)

  await app.listen({ host: config.host, port: config.port })
  const { port } = app.server.address() as AddressInfo
  const keys = await listKeys(engine.reader)
  greet(
    `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    seeded,
    keys.length === 0,
  )
}

function configOrEnd(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}

/** For the person at the terminal; the log goes to standard output. */
function greet(base: string, seeded: boolean, keyless: boolean): void {
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

// Starts the service: database, application, port; and stops it on a signal.
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { listKeys } from './db/keys.ts'
import { openEngine } from './db/open.ts'
import { makeLogger } from './logger.ts'
import { prepareDatabase } from './resources/index.ts'
import { seed } from './seed.ts'

/** Runs the service until SIGINT or SIGTERM. */
export async function start(config: Config): Promise<void> {
  // Buffered, since a system call for each line costs more than the line.
  const log = pino.destination({ dest: 1, minLength: 8192, periodicFlush: 500 })
  const logger = makeLogger(config.logLevel, log)

  const engine = await openEngine(config.databaseUrl, { replicas: config.replicaUrls })
  const upgraded = await prepareDatabase(engine)
  if (upgraded.length > 0) logger.info({ kinds: upgraded }, 'completed stored documents')
  const seeded = config.seed !== 'none' && (await seed(engine, undefined, config.seed))
  const app = await buildApp({ engine, logger, ...config })
  await app.listen({ host: config.host, port: config.port })

  const stop = async (signal: string) => {
    logger.info({ signal }, 'closing')
    await app.close()
    await engine.close()
    process.exit(0)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)

  const { port } = app.server.address() as AddressInfo
  const hasKeys = (await listKeys(engine.reader)).length > 0
  process.stderr.write(greeting(config.host, port, seeded, hasKeys))
}

/** For the person at the terminal; the log goes to standard output. */
function greeting(host: string, port: number, seeded: boolean, hasKeys: boolean): string {
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return [
    '',
    `The SCO tracker listens on ${base}${seeded ? ', seeded from seeds/' : ''}`,
    `  proposals      ${base}/v1/proposals`,
    `  reference      ${base}/docs/`,
    `  OpenAPI        ${base}/openapi.json`,
    ...(hasKeys ? [] : ['  a first key    npm run keys -- create --name "me" --role admin']),
    '',
  ].join('\n')
}

// Adds the settings as command-line options, which override environment variables.
import { type Command, Option } from 'commander'
import { type Config, readConfig, SETTINGS } from '../config.ts'
import { UsageError } from './command.ts'

const DESCRIPTIONS: Record<string, string> = {
  HOST: 'address to listen on',
  PORT: 'port to listen on; 0 chooses a free one',
  DATABASE_URL: 'file:PATH for SQLite, postgres://… for PostgreSQL',
  DATABASE_REPLICA_URLS: 'streaming replicas of a PostgreSQL database, separated by commas',
  SEED: 'content of a new database: article, reference or none',
  LOG_LEVEL: 'trace, debug, info, warn, error, fatal or silent',
  REQUIRE_KEY_FOR_READS: 'whether reads require a key',
  CORS_ORIGINS: 'origins whose pages may call the service: *, or a list separated by commas',
  BASE_PATH: 'path under which a reverse proxy serves it, such as /sco',
  TRUST_PROXY: 'whether to trust X-Forwarded-* headers',
  RATE_LIMIT_MAX: 'requests per minute and client; 0 is off',
  WEBHOOK_ALLOW_PRIVATE: 'whether webhooks may lead to private addresses',
  SEND_TIMEOUT: 'seconds that a client may take nothing of a response; 0 is off',
  SHUTDOWN_TIMEOUT: 'seconds that a stop waits for requests in progress',
}

const flag = (setting: string) => `--${setting.toLowerCase().replaceAll('_', '-')} <value>`

/** Adds an option per setting. */
export function addSettings(command: Command, names: readonly string[] = SETTINGS): Command {
  for (const name of names) command.addOption(new Option(flag(name), DESCRIPTIONS[name]).env(name))
  return command
}

/** The values of the options and the environment, by setting. */
const environmentOf = (command: Command): Record<string, string | undefined> =>
  Object.fromEntries(
    command.options.flatMap((option) =>
      option.envVar ? [[option.envVar, command.getOptionValue(option.attributeName())]] : [],
    ),
  )

/** @throws UsageError */
export function settingsOf(command: Command): Config {
  try {
    return readConfig(environmentOf(command))
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

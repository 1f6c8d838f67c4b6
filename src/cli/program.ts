// Defines the commands of sco-tracker, with their arguments and options.
import { Command, InvalidArgumentError, Option } from 'commander'
import { singleLine } from '../core/text.ts'
import type { Engine } from '../db/engine.ts'
import { ROLES } from '../db/keys.ts'
import { VERSION } from '../version.ts'
import { UsageError, withEngine } from './command.ts'
import { addSettings, settingsOf } from './settings.ts'

/** Runs a command line. Default: "start". */
export async function run(args: string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(args.length === 0 ? ['start'] : args, { from: 'user' })
  } catch (error) {
    // Errors such as an unavailable database or a used port need no stack trace.
    const { code, message } = error as NodeJS.ErrnoException
    if (!(error instanceof UsageError || typeof code === 'string')) throw error
    console.error(message)
    process.exit(1)
  }
}

/** Commands load their modules when they run, which keeps the others fast. */
export function buildProgram(): Command {
  const program = new Command('sco-tracker').description(
    'Records meetings of the Shanghai Cooperation Organisation.',
  )
  const command = (name: string, description: string, parent = program) =>
    parent.command(name).description(description)
  /** A command whose action gets the engine as its first argument. */
  const onDatabase = (name: string, description: string, parent = program) =>
    addSettings(command(name, description, parent), ['DATABASE_URL'])

  addSettings(command('start', 'Start the service'))
    .option('--exit-with-parent', 'stop when the parent process ends, as npm does not pass signals on')
    .action(async ({ exitWithParent }, command) => {
      if (exitWithParent) stopWithParent()
      const { start } = await import('../start.ts')
      await start(settingsOf(command))
    })

  const keys = command('keys', 'Manage keys')
  onDatabase('create', 'Create a key and print it', keys)
    .requiredOption('--name <name>', 'the user of the key', nonEmpty)
    .addOption(new Option('--role <role>', 'the role of the key').choices(ROLES).makeOptionMandatory())
    .option(
      '--expires <when>',
      'when it expires: after hours (12h) or days (90d), or the last day (2027-01-31)',
    )
    .action(withExisting(async () => (await import('./keys.ts')).create))
  onDatabase('list', 'List all keys', keys).action(withExisting(async () => (await import('./keys.ts')).list))
  onDatabase('revoke', 'Revoke a key', keys)
    .argument('<id>', 'the id of the key')
    .action(withExisting(async () => (await import('./keys.ts')).revoke))

  addSettings(command('seed', 'Fill an empty database from seeds/'), ['DATABASE_URL', 'SEED']).action(
    withDatabase(async () => (await import('./seed.ts')).seedDatabase),
  )
  onDatabase('import', 'Import files of records in one transaction')
    .argument('<path...>', '.csv, .ndjson or .jsonl files named after their kind, or folders of them')
    .option('--kind <kind>', 'the kind of the rows, if file names do not contain it')
    .option('--dry-run', 'only check the files')
    .option('--reason <reason>', 'why the records change, for their history', reason)
    .action(withDatabase(async () => (await import('./import.ts')).importAll))
  onDatabase('export', 'Export all records to files for "import"')
    .argument('<folder>', 'a new or empty folder')
    .addOption(new Option('--format <format>').choices(['ndjson', 'csv']).default('ndjson'))
    .action(withExisting(async () => (await import('./export.ts')).exportAll))

  onDatabase('backup', 'Back up the SQLite database, also while the service runs')
    .argument('<file>', 'the backup file')
    .option('--force', 'replace the file if it exists')
    .action(async (file, options, command) => (await import('./backup.ts')).backup(file, options, command))
  onDatabase('restore', 'Restore the SQLite database from a backup')
    .argument('<file>', 'the backup file')
    .option('--force', 'replace the database if there is one')
    .action(async (file, options, command) => (await import('./backup.ts')).restore(file, options, command))

  onDatabase('restart-feed', 'Give the change feed another identity, after a restore of PostgreSQL').action(
    withExisting(async () => {
      const { restartFeed } = await import('../db/feed.ts')
      return (engine) => engine.write(restartFeed)
    }),
  )

  command('migrate-engine', 'Copy a SQLite database to an empty PostgreSQL database')
    .requiredOption('--from <url>', 'file:PATH', matching(/^file:.+/))
    .requiredOption('--to <url>', 'postgres://USER:PASSWORD@HOST/NAME', matching(/^postgres(ql)?:\/\/.+/))
    .action(async (options) => (await import('./migrate-engine.ts')).migrateEngine(options))
  command('openapi', 'Write the OpenAPI document to openapi/')
    .option('--check', 'write nothing, and fail if openapi/openapi.json is out of date')
    .action(async (options) => (await import('./openapi.ts')).writeOpenApi(options))
  return withVersion(program)
}

function withVersion(command: Command): Command {
  for (const child of command.commands) withVersion(child)
  return command.version(VERSION)
}

type DatabaseCommand<Args extends unknown[]> = (engine: Engine, ...args: Args) => Promise<void>

const onEngine =
  (create: boolean) =>
  <Args extends unknown[]>(load: () => Promise<DatabaseCommand<Args>>) =>
  async (...args: unknown[]) => {
    const work = await load()
    const { databaseUrl } = settingsOf(args.at(-1) as Command)
    await withEngine(databaseUrl, (engine) => work(engine, ...(args as Args)), { create })
  }

/** The action of a command that needs a database with content: a mistyped address must not create an empty one. */
const withExisting = onEngine(false)
const withDatabase = onEngine(true)

function stopWithParent(): void {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGTERM'), 250).unref()
}

function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('The value is empty.')
  return text.trim()
}

function reason(text: string): string {
  const line = nonEmpty(singleLine(text))
  if (line.length > 500) throw new InvalidArgumentError('The reason has more than 500 characters.')
  return line
}

const matching = (pattern: RegExp) => (text: string) => {
  if (!pattern.test(text)) throw new InvalidArgumentError('The URL is for another engine.')
  return text
}

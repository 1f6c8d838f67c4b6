// Runs commands of sco-tracker in the test process, because starting a process takes longer than most commands.
import { type Command, CommanderError, type OutputConfiguration } from 'commander'
import { vi } from 'vitest'
import { UsageError } from '../../src/cli/command.ts'
import { buildProgram } from '../../src/cli/program.ts'

export interface CommandResult {
  /** The exit status of the process. */
  status: number
  stdout: string
  stderr: string
}

/** Runs a command line like `src/cli/program.ts`, after the previous ones. */
export function runCommand(...args: string[]): Promise<CommandResult> {
  const result = last.then(() => runNext(args))
  last = result.catch(() => {})
  return result
}

/** Output is captured for the whole process, so commands run one after another. */
let last: Promise<unknown> = Promise.resolve()

async function runNext(args: string[]): Promise<CommandResult> {
  const result: CommandResult = { status: 0, stdout: '', stderr: '' }
  const writeOut = (text: string) => {
    result.stdout += text
  }
  const writeErr = (text: string) => {
    result.stderr += text
  }
  const log = vi.spyOn(console, 'log').mockImplementation((text) => writeOut(`${text}\n`))
  const error = vi.spyOn(console, 'error').mockImplementation((text) => writeErr(`${text}\n`))
  const { exitCode } = process
  try {
    await capture(buildProgram(), { writeOut, writeErr }).parseAsync(args, { from: 'user' })
    result.status = Number(process.exitCode ?? 0)
  } catch (thrown) {
    if (thrown instanceof CommanderError) result.status = thrown.exitCode
    else if (thrown instanceof UsageError || typeof (thrown as NodeJS.ErrnoException).code === 'string') {
      writeErr(`${(thrown as Error).message}\n`)
      result.status = 1
    } else throw thrown
  } finally {
    process.exitCode = exitCode
    log.mockRestore()
    error.mockRestore()
  }
  return result
}

/** Makes a command and its subcommands throw instead of exiting. */
function capture(command: Command, output: OutputConfiguration): Command {
  for (const child of command.commands) capture(child, output)
  return command.exitOverride().configureOutput(output)
}

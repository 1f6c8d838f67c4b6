// Adds the settings as command-line options, which override environment variables.
import { type Command, Option } from 'commander'
import { type Config, readConfig, SETTINGS } from '../config.ts'
import { UsageError } from './command.ts'

/** Adds an option per setting, or for some of them. */
export function addSettings(command: Command, only?: readonly string[]): Command {
  for (const { name, description } of SETTINGS.filter((setting) => only?.includes(setting.name) ?? true)) {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')} <value>`
    command.addOption(new Option(flag, description.replaceAll('`', '')).env(name))
  }
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

// The command line: help, versions and rejected arguments. The effects of commands are tested with their features.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { SETTINGS } from '../src/config.ts'
import { runCommand } from './helpers/command-line.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { version, bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** The words that call a command, and those of all commands below it. */
const namesOf = (command: Command, words: string[] = []): string[][] => [
  words,
  ...command.commands.flatMap((child) => namesOf(child, [...words, child.name()])),
]

const COMMANDS = namesOf(buildProgram())

test('there is a command for every task', () => {
  expect(COMMANDS.map((words) => words.join(' '))).toEqual([
    '',
    'start',
    'keys',
    'keys create',
    'keys list',
    'keys revoke',
    'seed',
    'import',
    'export',
    'backup',
    'restore',
    'restart-feed',
    'migrate-engine',
    'openapi',
  ])
})

test.each(COMMANDS.map((words) => [words]))(
  '%j prints help, and the version of package.json',
  async (words) => {
    const help = await runCommand(...words, '--help')
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain(`Usage: ${['sco-tracker', ...words].join(' ')}`)
    expect(await runCommand(...words, '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  },
)

test.each([
  [['sed'], `error: unknown command 'sed'\n(Did you mean seed?)\n`],
  [['keys', 'creat'], `error: unknown command 'creat'\n(Did you mean create?)\n`],
  [['start', '--prot', '1'], `error: unknown option '--prot'\n(Did you mean --port?)\n`],
  [['seed', '--hlep'], `error: unknown option '--hlep'\n(Did you mean --help?)\n`],
  [['seed', 'all'], `error: too many arguments for 'seed'. Expected 0 arguments but got 1.\n`],
])('%j is rejected, with a suggestion where there is one', async (args, stderr) => {
  expect(await runCommand(...args)).toEqual({ status: 1, stdout: '', stderr })
})

test('start accepts every setting as an option', async () => {
  const { stdout } = await runCommand('start', '--help')
  for (const setting of SETTINGS) {
    const flag = setting.toLowerCase().replaceAll('_', '-')
    expect(stdout).toMatch(new RegExp(`^  --${flag} <value> +[a-z*]`, 'm'))
  }
})

test('every command has an npm script of the same name', () => {
  for (const [name] of COMMANDS.filter((words) => words.length === 1))
    expect(scripts[name as string]).toMatch(new RegExp(`src/main.js ${name}( |$)`))
  expect(bin).toEqual({ 'sco-tracker': 'src/main.js' })
})

test('a setting on the command line overrides the environment', () => {
  const { status, stderr } = spawnSync(process.execPath, ['src/main.ts', 'start', '--port', 'http'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: '0' },
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^Invalid settings: PORT: [^\n]+\n$/)])
})

test('a Node without TypeScript support prints one line that says what to do', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-strip-types', 'src/main.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^This is Node v[\d.]+; [^\n]*"npm start"[^\n]*\n$/)
})

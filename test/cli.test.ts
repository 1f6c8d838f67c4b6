// The command line: help, versions and rejected arguments. The effects of commands are tested with their features.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as streamText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, onTestFinished, test } from 'vitest'
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
  for (const { name } of SETTINGS) {
    const flag = name.toLowerCase().replaceAll('_', '-')
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

describe('a mistyped DATABASE_URL creates no database', () => {
  test.each([
    [['keys', 'list']],
    [['keys', 'create', '--name', 'me', '--role', 'admin']],
    [['keys', 'revoke', 'key_01gb6jc400ezz8kdnweefcy4dk']],
    [['export', 'somewhere']],
    [['backup', 'copy.db']],
    [['restart-feed']],
  ])('%j', async (args) => {
    const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-cli-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'tarcker.db')
    const result = await runCommand(...args, '--database-url', `file:${file}`)
    expect(result).toMatchObject({ status: 1, stdout: '' })
    expect(result.stderr).toContain(`There is no database at ${file}.`)
    expect(readdirSync(folder)).toEqual([])
  })
})

test('settings are read from a file .env; the environment and options override it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, '.env'), 'DATABASE_URL=file:./of-the-file.db\nPORT=of-the-file\n')
  const run = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(ROOT, 'src/main.js'), ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
    }).stderr
  expect(run(['keys', 'list'])).toContain('of-the-file.db')
  expect(run(['keys', 'list'], { DATABASE_URL: 'file:./of-the-environment.db' })).toContain(
    'of-the-environment.db',
  )
  expect(run(['keys', 'list', '--database-url', 'file:./of-the-option.db'])).toContain('of-the-option.db')
  expect(run(['start'])).toContain('PORT')
})

test('a port in use is reported with the way to choose another', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const child = spawn(
    process.execPath,
    ['src/main.js', 'start', '--port', String(port), '--database-url', `file:${join(folder, 'a.db')}`],
    { cwd: ROOT, env: { PATH: process.env['PATH'], SEED: 'none' }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const [text, [status]] = await Promise.all([streamText(child.stderr), once(child, 'exit')])
  expect(status).toBe(1)
  expect(text).toBe(
    `Port ${port} of 127.0.0.1 is in use. Choose another one: npm start -- --port ${port + 1}\n`,
  )
})

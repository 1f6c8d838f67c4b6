// npm run sdk:check: generates a client with every generator, compiles each under `strict`, and runs a program with each
// against a service of its own. Also type-checks and packs our own client.
import { type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { install, tool } from './install.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const document = join(root, 'openapi', 'openapi.json')
const client = join(root, 'clients', 'typescript')

/** The result that every program prints. */
const EXPECTED = JSON.stringify({
  listed: 9,
  speaker: 'Sergei Shoigu',
  quotes: 7,
  status: 'proposed',
  created: 201,
  stale: 412,
})

interface Generator {
  /** The package that generates. */
  from: string
  command: string[]
  /** Whether the generated code is an ES module. Default: CommonJS. */
  module?: boolean
}

const GENERATORS: Record<string, Generator> = {
  'openapi-fetch': {
    from: 'openapi-typescript',
    command: ['openapi-typescript', document, '-o', 'schema.ts'],
    module: true,
  },
  'hey-api': {
    from: '@hey-api/openapi-ts',
    command: ['openapi-ts', '-i', document, '-o', 'client', '-c', '@hey-api/client-fetch'],
  },
  orval: { from: 'orval', command: ['orval', '--config', 'orval.config.mjs'] },
  kubb: { from: '@kubb/plugin-client', command: ['kubb', 'generate', '--config', 'kubb.config.mjs'] },
  'swagger-typescript-api': {
    from: 'swagger-typescript-api',
    command: [
      'swagger-typescript-api',
      ...['generate', '-p', document, '-o', '.', '-n', 'client.ts', '--generate-union-enums'],
    ],
  },
}

/** Runs a command. @throws Error with its output */
async function run(command: string, args: string[], options: ExecFileOptions): Promise<string> {
  const env = { ...process.env, CI: 'true', NO_COLOR: '1', DOCUMENT: document, ...options.env }
  try {
    const { stdout } = await promisify(execFile)(command, args, { ...options, env, encoding: 'utf8' })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} failed:\n${stdout}${stderr}`.slice(0, 4000), { cause: error })
  }
}

const versionOf = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version

/** Generates, compiles and runs. @returns the generator and its version */
async function check(name: string, at: string, env: Record<string, string>): Promise<string> {
  const { from, command: [command = '', ...args] = [], module } = GENERATORS[name] ?? {}
  cpSync(join(here, 'programs', name), at, { recursive: true })
  cpSync(join(here, 'programs', 'tsconfig.json'), join(at, 'tsconfig.json'))
  writeFileSync(join(at, 'package.json'), JSON.stringify({ type: module || !from ? 'module' : 'commonjs' }))
  if (from) await run(tool(command), args, { cwd: at })
  else await pack(at)
  await run(tool('tsc'), ['-p', '.'], { cwd: at })
  const output = await run(process.execPath, ['dist/program.js'], { cwd: at, env })
  const result = output.trim().split('\n').at(-1)
  if (result !== EXPECTED) throw new Error(`The program printed ${result}, not ${EXPECTED}.`)
  return from ? `${from} ${versionOf(join(here, 'node_modules', from))}` : `packed ${versionOf(client)}`
}

/** The files of the package. */
const packedFiles = () => [
  'LICENSE',
  'README.md',
  ...readdirSync(join(client, 'src')).flatMap((file) =>
    ['d.ts', 'js'].map((extension) => `dist/${file.replace(/ts$/, extension)}`),
  ),
  'package.json',
]

/** Packs our own client, which generates its types, type-checks what uses it, lints the package and installs it. */
async function pack(at: string): Promise<void> {
  const packed = await run('npm', ['pack', '--json', '--silent', '--pack-destination', at], { cwd: client })
  await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'clients'], { cwd: root })
  const [{ filename = '', files = [] } = {}] = JSON.parse(packed) as {
    filename: string
    files: { path: string }[]
  }[]
  const paths = files.map(({ path }) => path).sort()
  if (paths.join() !== packedFiles().sort().join()) throw new Error(`The package has ${paths.join(', ')}.`)
  await run(tool('publint'), [filename, '--strict'], { cwd: at })
  await run(tool('attw'), [filename, '--profile', 'esm-only'], { cwd: at })
  const target = join(at, 'node_modules', 'sco-tracker-client')
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', filename, '-C', target, '--strip-components=1'], { cwd: at })
}

/** Starts a seeded service on a free port, with a key. */
async function serve(folder: string) {
  const env = {
    ...process.env,
    DATABASE_URL: `file:${join(folder, 'tracker.db')}`,
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
  }
  const server = spawn(process.execPath, [join(root, 'src/main.ts')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let base: string | undefined
  for await (const line of createInterface({ input: server.stderr })) {
    base = /http:\/\/[\w.]+:\d+/.exec(line)?.[0]
    if (base) break
  }
  if (!base) throw new Error('The service did not start.')
  server.stderr.resume()
  const args = [join(root, 'src/main.ts'), 'keys', 'create', '--name', 'sdk:check', '--role', 'analyst']
  const key = (await run(process.execPath, args, { env })).trim()
  const stop = async () => {
    server.kill('SIGTERM')
    if (server.exitCode === null) await once(server, 'exit')
  }
  return { env: { BASE: base, KEY: key }, stop }
}

install()
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-sdk-'))
symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'))
const service = await serve(folder)
const waiting = ['ours', ...Object.keys(GENERATORS)]
let failed = 0
/** Checks one client after another; several of these share the work. */
async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const started = performance.now()
    try {
      const version = await check(name, join(folder, name), service.env)
      console.log(`ok   ${name} (${version}) ${((performance.now() - started) / 1000).toFixed(1)} s`)
    } catch (error) {
      failed++
      console.error(`FAIL ${name}: ${(error as Error).message}`)
    }
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work)).finally(service.stop)
if (failed === 0) rmSync(folder, { recursive: true, force: true })
else console.error(`The generated clients are in ${folder}.`)
process.exitCode = failed === 0 ? 0 : 1

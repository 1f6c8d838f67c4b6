// npm run sdk:check: makes a client with every generator, compiles each under `strict`, and runs a program with each
// against a live server with a database of its own. Everything is in a temporary folder, but for the tools.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { install, tool } from './install.ts'
import { drawTypes } from './types.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const document = join(root, 'openapi', 'openapi.json')

/** What every program must have seen: of the seed, and of what it did itself. */
const EXPECTED = {
  listed: 9,
  speaker: 'Sergei Shoigu',
  quotes: 4,
  status: 'proposed',
  created: 201,
  stale: 412,
}

/** How each generator is called. `at` is the folder of its client. */
const GENERATORS: Record<string, { version: string; generate: (at: string) => void }> = {
  'openapi-fetch': {
    version: 'openapi-typescript',
    generate: (at) => run('openapi-typescript', [document, '-o', join(at, 'schema.ts')], at),
  },
  'hey-api': {
    version: '@hey-api/openapi-ts',
    generate: (at) =>
      run('openapi-ts', ['-i', document, '-o', join(at, 'client'), '-c', '@hey-api/client-fetch'], at),
  },
  orval: {
    version: 'orval',
    generate: (at) => {
      copyFileSync(join(here, 'programs', 'orval-fetch.ts'), join(at, 'request.ts'))
      // Lists come as CSV and NDJSON too; of those orval would make streams in place of pages.
      const config = {
        input: document,
        output: {
          target: './client.ts',
          client: 'fetch',
          headers: true,
          override: {
            mutator: { path: './request.ts', name: 'request' },
            contentType: {
              include: [
                'application/json',
                'application/merge-patch+json',
                'application/ld+json',
                'application/problem+json',
              ],
            },
          },
        },
      }
      writeFileSync(join(at, 'orval.config.mjs'), `export default { tracker: ${JSON.stringify(config)} }\n`)
      run('orval', ['--config', 'orval.config.mjs'], at)
    },
  },
  kubb: {
    version: '@kubb/plugin-client',
    generate: (at) => {
      writeFileSync(
        join(at, 'kubb.config.mjs'),
        `import { defineConfig } from '@kubb/core'
import { pluginClient } from '@kubb/plugin-client'
import { pluginOas } from '@kubb/plugin-oas'
import { pluginTs } from '@kubb/plugin-ts'
export default defineConfig({
  root: '.',
  input: { path: ${JSON.stringify(document)} },
  output: { path: './client', clean: true, format: false, lint: false },
  plugins: [
    pluginOas({ generators: [], validate: false }),
    pluginTs({ enumType: 'literal' }),
    pluginClient({ client: 'fetch', bundle: true, dataReturnType: 'full' }),
  ],
})
`,
      )
      run('kubb', ['generate', '--config', 'kubb.config.mjs'], at)
    },
  },
  ours: { version: '', generate: pack },
  'swagger-typescript-api': {
    version: 'swagger-typescript-api',
    generate: (at) =>
      run(
        'swagger-typescript-api',
        ['generate', '-p', document, '-o', at, '-n', 'client.ts', '--generate-union-enums'],
        at,
      ),
  },
}

/** What our package holds, and nothing else. */
const PACKED = [
  'LICENSE',
  'README.md',
  ...['http', 'index', 'live', 'schema'].flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]),
  'package.json',
]

/** Packs our own client and holds the package to its judges. */
function pack(at: string): void {
  const ours = join(root, 'clients', 'typescript')
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', at], { cwd: ours }).toString(),
  ) as [{ filename: string; files: { path: string }[] }]
  const files = packed.files.map(({ path }) => path).sort()
  if (files.join() !== PACKED.toSorted().join()) throw new Error(`The package holds ${files.join(', ')}.`)
  const tarball = join(at, packed.filename)
  run('publint', [tarball, '--strict'], at)
  run('attw', [tarball, '--profile', 'esm-only'], at)
  const into = join(at, 'node_modules', 'sco-tracker-client')
  mkdirSync(into, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', into, '--strip-components=1'])
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(here, 'node_modules', '@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
    outDir: 'dist',
    rootDir: '.',
  },
  include: ['**/*.ts', '.*/**/*.ts', 'client/.kubb/*.ts'],
}

function run(command: string, args: string[], cwd: string): void {
  try {
    execFileSync(tool(command), args, {
      cwd,
      stdio: 'pipe',
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer }
    throw new Error(`${command} failed:\n${stdout}${stderr}`.slice(0, 4000), { cause: error })
  }
}

/** A service on a free port, seeded, and a key for it. */
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
  const key = execFileSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim()
  return {
    base,
    key,
    stop: async () => {
      server.kill('SIGTERM')
      if (server.exitCode === null) await once(server, 'exit')
    },
  }
}

install()
if (process.argv.includes('--types')) {
  drawTypes({ check: false })
  process.exit()
}
if (!drawTypes({ check: true })) {
  console.error(
    'clients/typescript/src/schema.ts is not what the document says: npm run sdk:check -- --types',
  )
  process.exit(1)
}
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-sdk-'))
const service = await serve(folder)
let failed = 0
try {
  symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, { version, generate }] of Object.entries(GENERATORS)) {
    const started = performance.now()
    const at = join(folder, name)
    const type = ['openapi-fetch', 'ours'].includes(name) ? 'module' : 'commonjs'
    mkdirSync(at)
    try {
      writeFileSync(join(at, 'package.json'), JSON.stringify({ type }))
      writeFileSync(join(at, 'tsconfig.json'), JSON.stringify(TSCONFIG))
      generate(at)
      copyFileSync(join(here, 'programs', `${name}.ts`), join(at, 'program.ts'))
      run('tsc', ['-p', '.'], at)
      const env = { ...process.env, BASE: service.base, KEY: service.key }
      const seen = execFileSync(process.execPath, ['dist/program.js'], {
        cwd: at,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const got = seen.toString().trim().split('\n').at(-1)
      if (got !== JSON.stringify(EXPECTED)) throw new Error(`It saw ${got}, not ${JSON.stringify(EXPECTED)}.`)
      const manifest =
        version === '' ? join(root, 'clients', 'typescript') : join(here, 'node_modules', version)
      const { version: number } = JSON.parse(readFileSync(join(manifest, 'package.json'), 'utf8')) as {
        version: string
      }
      console.log(
        `ok   ${name} (${version || 'packed'} ${number}) ${((performance.now() - started) / 1000).toFixed(1)} s`,
      )
    } catch (error) {
      failed++
      console.error(`FAIL ${name}: ${(error as Error).message}`)
    }
  }
} finally {
  await service.stop()
  if (failed === 0) rmSync(folder, { recursive: true, force: true })
  else console.error(`What was made is in ${folder}.`)
}
process.exit(failed === 0 ? 0 : 1)

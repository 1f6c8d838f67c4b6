// The clients of npm run sdk:check: how each is generated and compiled, and what runs its program.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALL, tool, versionOf } from './install.ts'
import { run, succeeds } from './run.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const document = join(root, 'openapi', 'openapi.json')
const ours = join(root, 'clients', 'typescript')

export interface Client {
  /** What generates it, with the version. */
  version: () => string
  /** Larger or slower than the others. */
  onlyWithAll?: true
  /** What this machine lacks, with the Debian package that has it. */
  lacks?: () => Promise<string | false>
  /** Generates and compiles in a folder that has the program. @returns the command that runs it */
  build: (at: string) => Promise<string[]>
}

/** The document in OpenAPI 3.0, in the folder of all clients. */
export const DOCUMENT_30 = 'openapi-3.0.json'

export const CLIENTS: Record<string, Client> = {
  ours: {
    version: () =>
      `packed ${(JSON.parse(readFileSync(join(ours, 'package.json'), 'utf8')) as { version: string }).version}`,
    build: async (at) => {
      await pack(at)
      return compile(at, true)
    },
  },
  'openapi-fetch': typescript(
    'openapi-typescript',
    ['openapi-typescript', document, '-o', 'schema.ts'],
    true,
  ),
  'hey-api': typescript('@hey-api/openapi-ts', [
    ...['openapi-ts', '-i', document, '-o', 'client', '-c', '@hey-api/client-fetch'],
  ]),
  orval: typescript('orval', ['orval', '--config', 'orval.config.mjs']),
  kubb: typescript('@kubb/plugin-client', ['kubb', 'generate', '--config', 'kubb.config.mjs']),
  'swagger-typescript-api': typescript('swagger-typescript-api', [
    'swagger-typescript-api',
    ...['generate', '-p', document, '-o', '.', '-n', 'client.ts', '--generate-union-enums'],
  ]),
  'openapi-client-axios': dynamic('openapi-client-axios'),
  python: {
    version: redocly,
    lacks: async () => !(await pythonWith('httpx')) && 'a python3 with httpx (python3-httpx)',
    build: async (at) => {
      await generate(at, 'python')
      const python = (await pythonWith('httpx')) ?? ''
      await run(python, ['-m', 'compileall', '-q', '.'], { cwd: at })
      return [python, 'program.py']
    },
  },
  go: {
    version: redocly,
    lacks: async () => !(await succeeds('go', 'version')) && 'go (golang-go)',
    build: async (at) => {
      await generate(at, 'go', 'client')
      writeFileSync(join(at, 'go.mod'), 'module tracker\n\ngo 1.19\n')
      await run('go', ['build', '-o', 'program', '.'], { cwd: at })
      return [join(at, 'program')]
    },
  },
  java: {
    version: redocly,
    onlyWithAll: true,
    lacks: async () => !(await succeeds('javac', '--version')) && 'javac (openjdk-17-jdk-headless)',
    build: async (at) => {
      await generate(at, 'java')
      await run('javac', ['-d', 'out', 'Client.java', 'Program.java'], { cwd: at })
      return ['java', '-cp', 'out', 'Program']
    },
  },
  'openapi-generator': {
    version: () =>
      `@openapitools/openapi-generator-cli ${versionOf('@openapitools/openapi-generator-cli', ALL)}`,
    onlyWithAll: true,
    lacks: async () =>
      (!(await succeeds('java', '-version')) && 'java (openjdk-17-jre-headless)') ||
      (!(await pythonWith(PYTHON_PACKAGES)) &&
        `a python3 with ${PYTHON_PACKAGES} (python3-urllib3, python3-dateutil)`),
    build: async (at) => {
      const args = ['generate', '-g', 'python', '-i', join('..', DOCUMENT_30), '-o', '.']
      await run(tool('openapi-generator', ALL), args, { cwd: at })
      return [(await pythonWith(PYTHON_PACKAGES)) ?? '', 'program.py']
    },
  },
  'swagger-client': { ...dynamic('swagger-client', ALL), onlyWithAll: true },
}

/** What the Python clients of OpenAPI Generator import. */
const PYTHON_PACKAGES = 'urllib3, dateutil, six, certifi'

/** A Python that can import packages: the first on the path, or that of the system. */
async function pythonWith(packages: string): Promise<string | undefined> {
  for (const python of ['python3', '/usr/bin/python3'])
    if (await succeeds(python, '-c', `import ${packages}`)) return python
  return undefined
}

function redocly(): string {
  return `@redocly/cli ${versionOf('@redocly/cli')}`
}

/** Generates a client in another language than TypeScript with Redocly. */
async function generate(at: string, language: string, into = '.'): Promise<void> {
  // Redocly wants this suffix, and sets that of the language.
  const args = ['generate-client', document, '--generator', language, '-o', join(into, 'client.ts')]
  await run(tool('redocly'), args, { cwd: at })
}

/** A client in TypeScript by a generator. @param module whether the generated code is an ES module */
function typescript(from: string, [command = '', ...args]: string[], module = false): Client {
  return {
    version: () => `${from} ${versionOf(from)}`,
    build: async (at) => {
      await run(tool(command), args, { cwd: at, env: { DOCUMENT: document } })
      return compile(at, module)
    },
  }
}

async function compile(at: string, module: boolean): Promise<string[]> {
  cpSync(join(here, 'programs', 'tsconfig.json'), join(at, 'tsconfig.json'))
  writeFileSync(join(at, 'package.json'), JSON.stringify({ type: module ? 'module' : 'commonjs' }))
  await run(tool('tsc'), ['-p', '.'], { cwd: at })
  return [process.execPath, 'dist/program.js']
}

/** A client that reads the document when it runs. */
function dynamic(from: string, folder = here): Client {
  return {
    version: () => `${from} ${versionOf(from, folder)}`,
    build: async (at) => {
      symlinkSync(join(folder, 'node_modules'), join(at, 'node_modules'))
      return [process.execPath, 'program.mjs']
    },
  }
}

/** The files of our package. */
const packedFiles = () => [
  'LICENSE',
  'README.md',
  ...readdirSync(join(ours, 'src')).flatMap((file) =>
    ['d.ts', 'js'].map((extension) => `dist/${file.replace(/ts$/, extension)}`),
  ),
  'package.json',
]

/** Packs our own client, which generates its types, type-checks what uses it, lints the package and installs it. */
async function pack(at: string): Promise<void> {
  const packed = await run('npm', ['pack', '--json', '--silent', '--pack-destination', at], { cwd: ours })
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

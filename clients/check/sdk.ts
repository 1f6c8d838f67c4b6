// npm run sdk:check: generates a client with every generator, compiles each, and runs a program with each against a
// service of its own, behind a proxy that validates what is sent and received. Also packs our own client.
// With --all: further clients, and a second proxy. With names of clients: only these.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { convertTo30 } from '../../src/http/openapi-3.0.ts'
import { CLIENTS, type Client, DOCUMENT_30 } from './clients.ts'
import { ALL, install, tool, versionOf } from './install.ts'
import { run, type Server, serve } from './run.ts'

const here = import.meta.dirname
const main = join(here, '..', '..', 'src', 'main.ts')
const document = join(here, '..', '..', 'openapi', 'openapi.json')
const { values, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true })
const { all = false } = values
for (const name of positionals) if (!(name in CLIENTS)) throw new Error(`No client is called ${name}.`)
const chosen = Object.entries(CLIENTS).filter(([name, { onlyWithAll }]) =>
  positionals.length > 0 ? positionals.includes(name) : all || !onlyWithAll,
)

/** The result that every program prints. */
const EXPECTED = JSON.stringify({
  listed: 9,
  speaker: 'Sergei Shoigu',
  quotes: 7,
  status: 'proposed',
  created: 201,
  stale: 412,
})

const failures: string[] = []
function fail(message: string): void {
  failures.push(message)
  console.error(`FAIL ${message}`)
}

const secondsSince = (started: number) => `${((performance.now() - started) / 1000).toFixed(1)} s`

/** Generates, compiles and runs a client. */
async function check(name: string, client: Client, env: Record<string, string>): Promise<void> {
  const lacking = await client.lacks?.()
  if (lacking) return console.log(`skip ${name}: this machine lacks ${lacking}`)
  const started = performance.now()
  const at = join(folder, name)
  cpSync(join(here, 'programs', name), at, { recursive: true })
  try {
    const [command = '', ...args] = await client.build(at)
    const result = (await run(command, args, { cwd: at, env })).trim().split('\n').at(-1)
    if (result !== EXPECTED) throw new Error(`The program printed ${result}, not ${EXPECTED}.`)
    console.log(`ok   ${name} (${client.version()}) ${secondsSince(started)}`)
  } catch (error) {
    fail(`${name}: ${(error as Error).message}`)
  }
}

/** Starts a seeded service on a free port. */
async function startService(): Promise<Server & { key: string }> {
  const env = {
    DATABASE_URL: `file:${join(folder, 'tracker.db')}`,
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
  }
  const service = await serve('The service', [main], env)
  const args = [main, 'keys', 'create', '--name', 'sdk:check', '--role', 'analyst']
  return { ...service, key: (await run(process.execPath, args, { env })).trim() }
}

interface Proxy {
  base: string
  /** Ends it. @returns what it found */
  stop: () => Promise<string[]>
}

/** What redocly proxy reports. */
interface Problem {
  severity: 'info' | 'warning' | 'error'
  message: string
  operationId?: string
  details?: { actual?: string; parameter?: { in: string } }
}

/** Some generators encode the commas of a list. The service takes them for commas; this proxy reads one value. */
const isListInOneValue = ({ details }: Problem) =>
  details?.parameter?.in === 'query' && details.actual?.includes(',')

const KEEP_ALIVE = ['--import', join(here, 'keep-alive.ts')]

async function startRedocly(target: string): Promise<Proxy> {
  const { base, stop } = await serve('redocly proxy', [
    ...KEEP_ALIVE,
    ...[tool('redocly'), 'proxy', '--target', target, '--har', join(folder, 'traffic.har'), '--port', '0'],
    // The document has a path for its server.
    ...['--api', document, '--match-mode', 'basepath', '--format', 'json'],
  ])
  return {
    base,
    stop: async () => {
      const { stdout, stderr } = await stop()
      const { run, problems } = JSON.parse(stdout) as {
        run: { totalExchanges: number; documentedExchanges: number }
        problems: Problem[]
      }
      // Information is of request headers that a client adds.
      const findings = problems.filter((problem) => problem.severity !== 'info' && !isListInOneValue(problem))
      console.log(
        `     ${run.totalExchanges} exchanges through redocly proxy (${versionOf('@redocly/cli')}), ${findings.length} findings`,
      )
      const undocumented = run.totalExchanges - run.documentedExchanges
      return [
        ...findings.map(({ operationId, message }) => `${operationId}: ${message}`),
        ...(undocumented > 0 ? [`${undocumented} exchanges are not documented:\n${stderr}`] : []),
        ...(run.totalExchanges === 0 ? ['Nothing went through the proxy.'] : []),
      ]
    },
  }
}

/** With --errors, Prism answers a violation with an error of its own, so that the program fails too. */
async function startPrism(target: string): Promise<Proxy> {
  const started = performance.now()
  const { base, stop } = await serve('Prism', [
    ...KEEP_ALIVE,
    ...[tool('prism', ALL), 'proxy', document, target, '--errors', '-h', '127.0.0.1', '-p', '0'],
  ])
  console.log(`     Prism (${versionOf('@stoplight/prism-cli', ALL)}) listens after ${secondsSince(started)}`)
  return {
    base,
    stop: async () =>
      (await stop()).stdout.split('\n').filter((line) => / error .*(violation|not valid)/i.test(line)),
  }
}

install()
if (all || chosen.some(([, { onlyWithAll }]) => onlyWithAll)) install(ALL)
const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-sdk-'))
symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(
  join(folder, DOCUMENT_30),
  JSON.stringify(convertTo30(JSON.parse(readFileSync(document, 'utf8')))),
)
const service = await startService()
const proxies: Proxy[] = []
try {
  proxies.push(await startRedocly(service.base))
  if (all) proxies.unshift(await startPrism(proxies[0]?.base ?? ''))
  // The document is no operation, so it is read from the service itself.
  const env = { BASE: proxies[0]?.base ?? '', KEY: service.key, SERVICE: service.base }
  const waiting = [...chosen]
  /** Checks one client after another; several of these share the work. */
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(...next, env)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
} finally {
  try {
    for (const proxy of proxies) for (const finding of await proxy.stop()) fail(`proxy: ${finding}`)
  } finally {
    await service.stop()
  }
}
const left = Object.keys(CLIENTS).filter((name) => !chosen.some(([other]) => other === name))
if (left.length > 0)
  console.log(`     not run${all ? '' : ' without --all'}: ${left.join(', ')}${all ? '' : ', Prism'}`)
if (failures.length === 0) rmSync(folder, { recursive: true, force: true })
else console.error(`The generated clients are in ${folder}.`)
process.exitCode = failures.length === 0 ? 0 : 1

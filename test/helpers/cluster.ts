// A PostgreSQL server for one test, on its own data and port, which the test can stop, kill and promote; and a TCP relay
// in front of a server, which can drop connections and data.
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject, onTestFinished } from 'vitest'

const BIN = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)

/** Whether the programs of a PostgreSQL server are installed. */
export const canServe = BIN !== undefined

/** The command prefix for another user, because the server refuses to run as root. */
const AS = userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--'] : []

async function execute(...words: string[]): Promise<void> {
  const [command = '', ...args] = [...AS, ...words]
  await promisify(execFile)(command, args, { cwd: '/' })
}

const run = (program: string, ...args: string[]) => execute(join(BIN ?? '', program), ...args)

function newFolder(): string {
  const folder = mkdtempSync(join(inject('postgres').folder, 'cluster-'))
  if (AS.length > 0) execFileSync('chown', ['postgres', folder])
  return folder
}

let initialised: Promise<string> | undefined

/** Creates the data of a server without databases, for new servers to copy, which is faster. */
async function initialise(): Promise<string> {
  const data = join(newFolder(), 'data')
  await run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync')
  return data
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

export class Cluster {
  readonly port: number
  readonly #folder: string
  readonly #data: string

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#data = join(folder, 'data')
    this.port = port
  }

  /** Starts a new server, or a streaming replica of one. It is removed after the test. */
  static async create(of?: Cluster): Promise<Cluster> {
    const folder = newFolder()
    const cluster = new Cluster(folder, await freePort())
    onTestFinished(async () => {
      await cluster.stop('immediate').catch(() => {})
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    const data = cluster.#data
    if (of) await run('pg_basebackup', '-D', data, '-d', of.url, '-R', '-c', 'fast', '--no-sync')
    else {
      initialised ??= initialise()
      await execute('cp', '-a', await initialised, data)
    }
    await cluster.start()
    return cluster
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  /** @param settings of the server, `name=value` */
  async start(...settings: string[]): Promise<void> {
    const options = ['listen_addresses=127.0.0.1', 'fsync=off', ...settings].map((each) => `-c ${each}`)
    const placement = `-p ${this.port} -k '${this.#folder}' ${options.join(' ')}`
    await run(
      'pg_ctl',
      '-D',
      this.#data,
      '-l',
      join(this.#folder, 'log'),
      '-s',
      '-w',
      '-o',
      placement,
      'start',
    )
  }

  /** `immediate` is like a crash: transactions are not finished, and clients are not notified. */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    await run('pg_ctl', '-D', this.#data, '-m', mode, '-s', '-w', 'stop')
  }

  async promote(): Promise<void> {
    await run('pg_ctl', '-D', this.#data, '-s', '-w', 'promote')
  }
}

/** A TCP relay to a server. */
export class Relay {
  /** The port to which new connections are forwarded. */
  target: number
  /** Called with all data from clients; returning false drops it. */
  onSend: (chunk: Buffer, cut: () => void) => boolean = () => true
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((client) => this.#join(client))

  constructor(target: number) {
    this.target = target
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    onTestFinished(() => {
      this.#server.close()
      this.cut()
    })
    const { port } = this.#server.address() as AddressInfo
    return `postgres://postgres@127.0.0.1:${port}/postgres`
  }

  /** Closes every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(client: Socket): void {
    const server = connect(this.target, '127.0.0.1')
    // A disconnected client no longer receives data, but the server still receives what was sent before.
    const cut = () => {
      server.unpipe(client)
      client.destroy()
    }
    client.on('data', (chunk: Buffer) => {
      if (this.onSend(chunk, cut)) server.write(chunk)
    })
    server.pipe(client)
    client.on('close', () => server.end())
    server.on('close', () => client.destroy())
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
  }
}

// PostgreSQL: a pool that reads, one connection that writes, and one that listens for the commits of other instances.
import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { Problem } from '../../core/problems.ts'
import {
  type Consistency,
  type Engine,
  type Reader,
  ReplicaBehind,
  type Replicas,
  type Values,
  type Writer,
} from '../engine.ts'
import { bindValues, type CompiledQuery, type SQL, sql } from '../sql.ts'
import { type Transaction, WriteQueue } from '../write-queue.ts'
import { tsvector } from './search.ts'
import { tallyOn } from './tally.ts'

const MIGRATIONS = new URL('../../../migrations/postgres', import.meta.url).pathname

/** What instances take before they write, and before they migrate: numbers of ours among the advisory locks. */
const WRITING = 7_266_001
const MIGRATING = 7_266_002

/** Where commits are told to the other instances. */
const CHANNEL = 'sco_tracker_commits'

/** How many reads go on at once in one instance. */
const READERS = 10
/** And how many counts; none where nothing is limited. */
const TALLIES = 2
const CONNECT_MS = 5000
/** How long a write waits for those of other instances, and how long one that fell silent keeps them waiting. */
const LOCK_MS = 30_000
/** How long the fate of a commit is asked for when its answer was lost. */
const FATE_MS = 10_000
const RECONNECT_MS = 1000

interface PostgresOptions {
  /** Called with the text of every statement before it runs: how tests count queries. */
  onQuery?: (sql: string) => void
  /** Streaming replicas, among which reads are spread. */
  replicas?: readonly string[]
}

export function openPostgres(url: string, { onQuery, replicas = [] }: PostgresOptions = {}): Engine {
  const settings = { connectionString: url, types, keepAlive: true, connectionTimeoutMillis: CONNECT_MS }
  const pool = (more: pg.PoolConfig) => {
    const made = new pg.Pool({ ...settings, ...more, application_name: 'sco-tracker' })
    // A connection that breaks while nothing waits for it is replaced at the next use.
    made.on('error', () => {})
    made.on('connect', (client) => client.on('error', () => {}))
    return made
  }
  const readers = pool({
    max: READERS,
    onConnect: (client) => client.query('set session characteristics as transaction read only') as never,
  })
  const writers = pool({ max: 1 })
  const tallies = pool({ max: TALLIES })
  const reader = new Connection(readers, onQuery)
  /** Where the log of the server stood behind the last commit of this instance. */
  let written = ''
  const onCommit = (place: string) => {
    written = place
  }
  const commits = new WriteQueue(() => PostgresTransaction.begin(writers, onQuery, onCommit), true)
  const listening = new Listening(settings, () => commits.notifyCommit())
  const fleet =
    replicas.length > 0
      ? new Fleet(
          replicas.map((replica) => pool({ connectionString: replica, max: READERS })),
          onQuery,
        )
      : null
  let closed = false

  return {
    name: 'postgres',
    shared: true,
    search: tsvector,
    size: (document) => sql`octet_length(cast(${document} as text))`,
    items: (list, alias, of) =>
      sql`${sql.raw(of === 'texts' ? 'json_array_elements_text' : 'json_array_elements')}(${list}) as ${alias}(value)`,
    reader,
    replicas: fleet,
    rateCounter: tallyOn(tallies),
    // To ask would cost what it saves, and commits of other instances are heard of only after they happened.
    version: () => null,
    pinSnapshot: () => null,
    async read(work) {
      const answer = await fleet?.read(work)
      return answer ? answer.result : snapshotOf(await connectTo(readers), onQuery, false, work)
    },
    async write(work, { alone } = { alone: false }) {
      if (closed) throw new Error('The database connection is not open.')
      const result = await commits.enqueue(work, alone)
      fleet?.wrote(written)
      return result
    },
    async waitForCommit(ms, signal) {
      listening.start()
      await commits.waitForCommit(ms, signal)
    },
    migrate: () => migrate(settings),
    async close() {
      if (closed) return
      closed = true
      await commits.idle()
      await Promise.all([listening.stop(), readers.end(), writers.end(), tallies.end(), fleet?.close()])
    },
  }
}

/** Runs several reads of one state on a connection, and gives it back. */
async function snapshotOf<Result>(
  client: pg.PoolClient,
  onQuery: PostgresOptions['onQuery'],
  mayLag: boolean,
  work: (reader: Reader) => Promise<Result>,
): Promise<Result> {
  const snapshot = new Connection(client, onQuery, mayLag)
  try {
    await snapshot.exec('begin isolation level repeatable read read only')
    const result = await work(snapshot)
    await snapshot.exec('commit')
    client.release()
    return result
  } catch (error) {
    const broken = await snapshot.exec('rollback').then(
      () => false,
      () => true,
    )
    client.release(broken || snapshot.stale)
    throw error
  }
}

/** How long a replica that did not answer is left alone. */
const RESTING_MS = 5000

/**
 * Replicas, asked in turn. They are behind the primary by moments, so a request that builds upon a write says so by the
 * token of that write, and the primary answers what they cannot.
 */
class Fleet implements Replicas {
  readonly #replicas: { pool: pg.Pool; restingUntil: number }[]
  readonly #onQuery: PostgresOptions['onQuery']
  readonly #asked = new AsyncLocalStorage<Consistency>()
  #turn = 0

  constructor(pools: pg.Pool[], onQuery: PostgresOptions['onQuery']) {
    this.#replicas = pools.map((pool) => ({ pool, restingUntil: 0 }))
    this.#onQuery = onQuery
  }

  within(asked: Consistency, work: () => void): void {
    this.#asked.run(asked, work)
  }

  pinToPrimary(): void {
    const asked = this.#asked.getStore()
    if (asked) asked.spread = false
  }

  isToken(text: string): boolean {
    return /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(text)
  }

  wrote(place: string): void {
    const asked = this.#asked.getStore()
    if (asked) asked.written = place
  }

  /** @returns undefined where the primary is to answer */
  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<{ result: Result } | undefined> {
    const asked = this.#asked.getStore()
    if (!asked?.spread) return undefined
    const awake = this.#replicas.filter(({ restingUntil }) => restingUntil <= Date.now())
    const replica = awake[this.#turn++ % Math.max(awake.length, 1)]
    if (!replica) return undefined
    try {
      const client = await connectTo(replica.pool)
      if (asked.token !== undefined && !(await knows(client, asked.token))) return undefined
      return { result: await snapshotOf(client, this.#onQuery, true, work) }
    } catch (error) {
      if (error instanceof ReplicaBehind) return undefined
      if (!(error instanceof Problem && error.code === 'unavailable')) throw error
      replica.restingUntil = Date.now() + RESTING_MS
      return undefined
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ pool }) => pool.end()))
  }
}

/** Has a replica played what the log of the primary held at a place? One that was promoted is a primary itself. */
async function knows(client: pg.PoolClient, place: string): Promise<boolean> {
  try {
    const { rows } = await client.query<{ knows: boolean }>(
      'select coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn()) >= $1::pg_lsn as knows',
      [place],
    )
    if (rows[0]?.knows) return true
    client.release()
    return false
  } catch (error) {
    client.release(true)
    throw translated(error)
  }
}

/** Everything is text, as it is stored, but numbers and truths: documents are never parsed on the way. */
const types = {
  getTypeParser: (oid: number) => {
    if (oid === pg.types.builtins.BOOL) return (text: string) => text === 't'
    return NUMBERS.has(oid) ? Number : String
  },
}

const { INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC } = pg.types.builtins
const NUMBERS = new Set<number>([INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC])

const connectTo = (pool: pg.Pool) =>
  pool.connect().catch((error: unknown) => {
    throw translated(error)
  })

/** Conditions under which PostgreSQL cannot serve anyone, by the SQLSTATE or how it begins. */
const UNABLE: Record<string, string> = {
  '08': 'The connection to the database broke.',
  '25P03': 'The database gave up a write that took too long.',
  '40': 'The database undid this write in favour of another.',
  '53': 'The database has no room or no connection left.',
  '55P03': 'The database is busy with the writes of other instances.',
  '57P': 'The database is stopping or starting.',
  '58': 'The disk of the database does not answer.',
}

/** What pg says without a code when a connection is gone or cannot be had. */
const BROKEN =
  /connection terminated|timeout exceeded when trying to connect|not queryable|client was closed/i

/** A database that cannot answer is the problem `unavailable`; everything else is a fault of ours and stays. */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error
  const { code = '' } = error as { code?: string }
  const known = UNABLE[code] ?? UNABLE[code.slice(0, 3)] ?? UNABLE[code.slice(0, 2)]
  const detail = known ?? (isBroken(error) ? 'The database does not answer.' : undefined)
  if (detail === undefined) return error
  return unavailable(detail, error)
}

function unavailable(detail: string, cause: unknown): Problem {
  const problem = new Problem('unavailable', detail, { headers: { 'retry-after': '1' } })
  problem.cause = cause
  return problem
}

const takesNoWrites = (cause?: unknown) => unavailable('The database takes no writes.', cause)

/** Was it the connection, so that nobody can tell from the error what the server did? */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' } = error as { code?: string }
  return /^(08|57P0)/.test(code) || /^E[A-Z]+$/.test(code) || BROKEN.test(error.message)
}

/** How PostgreSQL writes a parameter. */
const mark = (index: number) => `$${index + 1}`

interface Compiled extends CompiledQuery {
  /** Constant queries are prepared once on each connection, under this name. */
  name?: string
}

/** Constant queries, compiled once for all connections. */
const compiled = new WeakMap<SQL, Compiled>()
let prepared = 0

class Connection implements Writer {
  readonly #client: pg.Pool | pg.ClientBase
  readonly #onQuery: ((sql: string) => void) | undefined
  readonly mayLag: boolean
  /** Another instance migrated the database: what was prepared on this connection is good for nothing. */
  stale = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: pg.Pool | pg.ClientBase, onQuery: ((sql: string) => void) | undefined, mayLag = false) {
    this.#client = client
    this.mayLag = mayLag
    this.#onQuery = onQuery
  }

  async all<Row>(query: SQL, values?: Values): Promise<Row[]> {
    const { name, text, params } = compile(query, values)
    this.#onQuery?.(text)
    const given = (values ? bindValues(params, values) : params).map(withoutNul)
    const ask = () => this.#client.query({ text, values: given, ...(name && { name }) })
    try {
      const { rows } = await (this.#client instanceof pg.Pool ? ask() : this.#inTurn(ask))
      return rows as Row[]
    } catch (error) {
      if (/cached plan must not change/.test((error as Error).message)) {
        this.stale = true
        throw unavailable('The database was migrated a moment ago.', error)
      }
      throw translated(error)
    }
  }

  /** Runs text without parameters: several statements may go in one message. */
  async exec(text: string): Promise<pg.QueryResult[]> {
    try {
      const result = await this.#inTurn(() => this.#client.query(text))
      return Array.isArray(result) ? result : [result]
    } catch (error) {
      throw translated(error)
    }
  }

  /** One connection answers one query at a time. */
  #inTurn<Result>(ask: () => Promise<Result>): Promise<Result> {
    const answer = this.#last.then(ask)
    this.#last = answer.catch(() => {})
    return answer
  }

  async get<Row>(query: SQL, values?: Values): Promise<Row | undefined> {
    const [first] = await this.all<Row>(query, values)
    return first
  }

  async pluck<Value>(query: SQL, values?: Values): Promise<Value[]> {
    const rows = await this.all<Record<string, Value>>(query, values)
    return rows.map((row) => Object.values(row)[0] as Value)
  }

  async run(query: SQL, values?: Values): Promise<void> {
    await this.all(query, values)
  }
}

function compile(query: SQL, values: Values | undefined): Compiled {
  const known = values && compiled.get(query)
  if (known) return known
  const written = query.compile(mark)
  if (!values) return written
  const made = { ...written, name: `q${++prepared}` }
  compiled.set(query, made)
  return made
}

/** PostgreSQL takes no NUL, and nothing that is stored holds one; a noncharacter stands for what is not there. */
const withoutNul = (value: unknown) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uffff') : value

/** Where a transaction stands: its number, and the history of the server in which it has that number. */
interface Place {
  id: string
  timeline: string
}

const TIMELINE = 'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)'

/**
 * A transaction under the lock that only one instance has at a time: so writes are serialised between instances as
 * they are within one, and their order is that of their commits (docs/adr/0008).
 */
class PostgresTransaction implements Transaction {
  readonly writer: Connection
  readonly #client: pg.PoolClient
  readonly #writers: pg.Pool
  readonly #place: Place
  readonly #onCommit: (place: string) => void
  #broken = false
  #ended = false

  private constructor(
    writers: pg.Pool,
    client: pg.PoolClient,
    place: Place,
    writer: Connection,
    onCommit: (place: string) => void,
  ) {
    this.#onCommit = onCommit
    this.#writers = writers
    this.#client = client
    this.#place = place
    this.writer = writer
    client.once('end', this.#onEnd)
  }

  static async begin(
    writers: pg.Pool,
    onQuery: PostgresOptions['onQuery'],
    onCommit: (place: string) => void,
  ): Promise<PostgresTransaction> {
    const client = await connectTo(writers)
    const writer = new Connection(client, onQuery)
    try {
      const results = await writer.exec(
        `begin; set local lock_timeout = ${LOCK_MS}; set local idle_in_transaction_session_timeout = ${LOCK_MS}; select pg_advisory_xact_lock(${WRITING}); select pg_current_xact_id()::text as id, ${TIMELINE} as timeline, current_setting('transaction_read_only')::bool as "readOnly"`,
      )
      const place = results.at(-1)?.rows[0] as (Place & { readOnly: boolean }) | undefined
      if (!place) throw new Error('The database did not say where a transaction stands.')
      // As a server may be told to make them, or as this one was begun before it was promoted.
      if (place.readOnly) throw takesNoWrites()
      return new PostgresTransaction(writers, client, place, writer, onCommit)
    } catch (error) {
      // Not worth mending: the next write makes a new connection.
      client.release(true)
      if (/recovery|read-only/.test((error as Error).message)) throw takesNoWrites(error)
      throw error
    }
  }

  readonly #onEnd = () => {
    this.#broken = true
  }

  async commit() {
    try {
      const results = await this.writer.exec(
        `notify ${CHANNEL}; commit; select pg_current_wal_lsn()::text as place`,
      )
      const behind = results.at(-1)?.rows[0] as { place: string } | undefined
      this.#onCommit(behind?.place ?? '')
    } catch (error) {
      this.#end(true)
      const cause = error instanceof Problem ? error.cause : error
      if (!isBroken(cause) || !(await this.#stands())) throw error
      return
    }
    this.#end(this.#broken)
  }

  async rollback() {
    if (this.#ended) return
    const broken = await this.writer.exec('rollback').then(
      () => false,
      () => true,
    )
    this.#end(broken)
  }

  #end(broken: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#client.removeListener('end', this.#onEnd)
    this.#client.release(broken || this.writer.stale)
  }

  /** The connection broke on the commit: whether it stands only the server knows, and it is asked until it says. */
  async #stands(): Promise<boolean> {
    const until = Date.now() + FATE_MS
    while (Date.now() < until) {
      try {
        const { rows } = await this.#writers.query<{ status: string | null; timeline: string }>(
          `select pg_xact_status($1::xid8) as status, ${TIMELINE} as timeline`,
          [this.#place.id],
        )
        // A replica that was promoted counts transactions of its own: the same number may be another's.
        if (rows[0]?.timeline !== this.#place.timeline) break
        if (rows[0].status !== 'in progress') return rows[0].status === 'committed'
      } catch {
        // It is not back yet, or still a replica.
      }
      await wait(100)
    }
    throw new Problem(
      'unavailable',
      'The connection to the database broke on the commit, and whether the write stands could not be found out. Look before you send it again.',
      { headers: { 'retry-after': '5' } },
    )
  }
}

/** Hears of the commits of other instances, on a connection of its own that is made when somebody first waits. */
class Listening {
  readonly #settings: pg.ClientConfig
  readonly #heard: () => void
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  #state: 'idle' | 'on' | 'stopped' = 'idle'

  constructor(settings: pg.ClientConfig, heard: () => void) {
    this.#settings = settings
    this.#heard = heard
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'on'
    this.#connect().catch(() => this.#again())
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#settings, application_name: 'sco-tracker listening' })
    this.#client = client
    client.on('notification', this.#heard)
    client.on('error', () => {})
    client.once('end', () => this.#again())
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    // What was committed while nobody listened.
    this.#heard()
  }

  #again(): void {
    if (this.#state !== 'on' || this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#connect().catch(() => this.#again())
    }, RECONNECT_MS)
    this.#timer.unref()
  }
}

/** Brings the schema up to date, one instance at a time. */
async function migrate(settings: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(settings)
  client.on('error', () => {})
  try {
    await client.connect()
    if (await upToDate(client)) return
    await client.query(`select pg_advisory_lock(${MIGRATING})`)
    if (await upToDate(client)) return
    // Loaded only when there is something to migrate: it brings in all of drizzle.
    const { drizzle } = await import('drizzle-orm/node-postgres')
    const { migrate } = await import('drizzle-orm/node-postgres/migrator')
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    throw translated(error)
  } finally {
    // The lock goes with the connection.
    await client.end().catch(() => {})
  }
}

/** Has the latest migration been applied? */
async function upToDate(client: pg.Client): Promise<boolean> {
  const { entries } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[]
  }
  const known = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is not null as known`)
  if (!(known.rows[0] as { known: boolean }).known) return false
  const last = await client.query('select max(created_at) as at from drizzle.__drizzle_migrations')
  return Number((last.rows[0] as { at: unknown }).at) >= (entries.at(-1)?.when ?? 0)
}

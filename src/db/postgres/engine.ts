// The PostgreSQL engine: a pool for reads, one connection for writes, and one that listens for commits of other instances.
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
import { rateCounterOn } from './rate-counter.ts'
import { tsvector } from './search.ts'

const MIGRATIONS = new URL('../../../migrations/postgres', import.meta.url).pathname

/** Advisory locks for writes and for migrations. */
const WRITE_LOCK = 7_266_001
const MIGRATION_LOCK = 7_266_002

/** The NOTIFY channel for commits. */
const CHANNEL = 'sco_tracker_commits'

/** Connections of one instance, by use. */
const READ_CONNECTIONS = 10
const RATE_COUNTER_CONNECTIONS = 2
const CONNECT_TIMEOUT_MS = 5000
/** The maximum wait for writes of other instances, and the maximum idle time of a transaction with the write lock. */
const WRITE_LOCK_TIMEOUT_MS = 30_000
/** How long to query the status of a commit whose response was lost. */
const COMMIT_STATUS_TIMEOUT_MS = 10_000
const RECONNECT_MS = 1000
/** How long a read waits for a lock on a table. Reads that wait occupy the connections of all others. */
const READ_LOCK_TIMEOUT_MS = 2000

interface PostgresOptions {
  /** Called with the text of every statement before it runs; tests count queries with it. */
  onQuery?: (sql: string) => void
  /** Streaming replicas, used for reads. */
  replicas?: readonly string[]
  /** The deadline of a read, in milliseconds; 0 is none. */
  readTimeoutMs?: number
}

/** How statements are sent. */
interface Sending extends Required<Pick<PostgresOptions, 'readTimeoutMs'>> {
  onQuery: PostgresOptions['onQuery']
  /**
   * Whether PgBouncer pools transactions, so that nothing may be kept in a session: no prepared statement, no setting and no LISTEN.
   * The parameter `pgbouncer=true` of the URL says so.
   */
  pooled: boolean
}

export function openPostgres(
  url: string,
  { onQuery, replicas = [], readTimeoutMs = 0 }: PostgresOptions = {},
): Engine {
  const { connectionString, pooled } = readUrl(url)
  const sending: Sending = { onQuery, pooled, readTimeoutMs }
  const settings = {
    connectionString,
    types,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  }
  const createPool = (options: pg.PoolConfig) => {
    const pool = new pg.Pool({
      ...settings,
      ...options,
      ...(!pooled && { application_name: 'sco-tracker' }),
    })
    // An idle connection that breaks is replaced at the next use.
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }
  const ofReader = pooled ? {} : { onConnect: prepareReader, statement_timeout: readTimeoutMs }
  const readers = createPool({ max: READ_CONNECTIONS, ...ofReader })
  // Readiness does not wait for a connection of the readers.
  const probes = createPool({ max: 1, ...ofReader })
  const probe = new Connection(probes, sending)
  const writers = createPool({ max: 1 })
  const rateCounters = createPool({ max: RATE_COUNTER_CONNECTIONS })
  const reader = new Connection(readers, sending)
  /** The position of the write-ahead log after the last commit of this instance. */
  let lastCommitLsn = ''
  const onCommit = (lsn: string) => {
    lastCommitLsn = lsn
  }
  const commits = new WriteQueue(() => PostgresTransaction.begin(writers, sending, onCommit), true)
  const commitListener = new CommitListener(settings, () => commits.notifyCommit())
  const replicaPool =
    replicas.length > 0
      ? new ReplicaPool(
          replicas.map((replica) =>
            createPool({
              connectionString: readUrl(replica).connectionString,
              max: READ_CONNECTIONS,
              ...ofReader,
            }),
          ),
          sending,
        )
      : null
  let closed = false

  return {
    name: 'postgres',
    search: tsvector,
    size: (document) => sql`octet_length(cast(${document} as text))`,
    items: (list, alias, of) =>
      sql`${sql.raw(of === 'texts' ? 'json_array_elements_text' : 'json_array_elements')}(${list}) as ${alias}(value)`,
    reader,
    replicas: replicaPool,
    rateCounter: rateCounterOn(rateCounters),
    // It would need a query, which costs as much as a cache hit saves.
    version: () => null,
    async read(work) {
      const read = await replicaPool?.read(work)
      return read ? read.result : readSnapshot(await connectTo(readers), sending, false, work)
    },
    async write(work, { alone } = { alone: false }) {
      if (closed) throw new Error('The database connection is not open.')
      const result = await commits.enqueue(work, alone)
      replicaPool?.noteCommit(lastCommitLsn)
      return result
    },
    async waitForCommit(ms, signal) {
      if (!pooled) commitListener.start()
      await commits.waitForCommit(ms, signal)
    },
    async check() {
      await probe.get(sql`select 1 as one`)
    },
    freeBytes: async () => null,
    migrate: () => migrate(settings),
    async close() {
      if (closed) return
      closed = true
      await commits.idle()
      await Promise.all([
        commitListener.stop(),
        readers.end(),
        probes.end(),
        writers.end(),
        rateCounters.end(),
        replicaPool?.close(),
      ])
    },
  }
}

const prepareReader = (client: pg.ClientBase) =>
  client.query(
    `set session characteristics as transaction read only; set lock_timeout = ${READ_LOCK_TIMEOUT_MS}`,
  ) as never

/** The settings of a read where the session cannot have them. */
const limits = ({ readTimeoutMs }: Sending) =>
  `; set local lock_timeout = ${READ_LOCK_TIMEOUT_MS}; set local statement_timeout = ${readTimeoutMs}`

/** Runs several reads in one snapshot on a connection, and releases it. */
async function readSnapshot<Result>(
  client: pg.PoolClient,
  sending: Sending,
  mayLag: boolean,
  work: (reader: Reader) => Promise<Result>,
): Promise<Result> {
  const snapshot = new Connection(client, sending, mayLag)
  try {
    await snapshot.exec(
      `begin isolation level repeatable read read only${sending.pooled ? limits(sending) : ''}`,
    )
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

/** Takes the parameter `pgbouncer` out of a URL. */
function readUrl(url: string): { connectionString: string; pooled: boolean } {
  const parsed = URL.parse(url)
  if (!parsed) return { connectionString: url, pooled: false }
  const pooled = parsed.searchParams.get('pgbouncer') === 'true'
  parsed.searchParams.delete('pgbouncer')
  return { connectionString: pooled ? parsed.href : url, pooled }
}

/** How long a replica that failed is not used. */
const REPLICA_PAUSE_MS = 5000

/**
 * Replicas, used round-robin. They lag behind the primary, so a request that must see a write sends its Consistency-Token.
 * If the replica has not replayed it, the primary is used.
 */
class ReplicaPool implements Replicas {
  readonly #replicas: { pool: pg.Pool; pausedUntil: number }[]
  readonly #sending: Sending
  readonly #consistency = new AsyncLocalStorage<Consistency>()
  #next = 0

  constructor(pools: pg.Pool[], sending: Sending) {
    this.#replicas = pools.map((pool) => ({ pool, pausedUntil: 0 }))
    this.#sending = sending
  }

  within(consistency: Consistency, work: () => void): void {
    this.#consistency.run(consistency, work)
  }

  pinToPrimary(): void {
    const consistency = this.#consistency.getStore()
    if (consistency) consistency.spread = false
  }

  isToken(text: string): boolean {
    return /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(text)
  }

  /** Sets the Consistency-Token of the response of the current request. */
  noteCommit(lsn: string): void {
    const consistency = this.#consistency.getStore()
    if (consistency) consistency.written = lsn
  }

  /** @returns undefined if the primary must be used */
  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<{ result: Result } | undefined> {
    const consistency = this.#consistency.getStore()
    if (!consistency?.spread) return undefined
    const available = this.#replicas.filter(({ pausedUntil }) => pausedUntil <= Date.now())
    const replica = available[this.#next++ % Math.max(available.length, 1)]
    if (!replica) return undefined
    try {
      const client = await connectTo(replica.pool)
      if (consistency.token !== undefined && !(await hasReplayed(client, consistency.token))) return undefined
      return { result: await readSnapshot(client, this.#sending, true, work) }
    } catch (error) {
      if (error instanceof ReplicaBehind) return undefined
      if (!(error instanceof Problem && error.code === 'unavailable') || isTimeout(error.cause)) throw error
      replica.pausedUntil = Date.now() + REPLICA_PAUSE_MS
      return undefined
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ pool }) => pool.end()))
  }
}

/** Whether a replica has replayed the log up to a position. A promoted replica is a primary. */
async function hasReplayed(client: pg.PoolClient, lsn: string): Promise<boolean> {
  try {
    const { rows } = await client.query<{ replayed: boolean }>(
      'select coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn()) >= $1::pg_lsn as replayed',
      [lsn],
    )
    if (rows[0]?.replayed) return true
    client.release()
    return false
  } catch (error) {
    client.release(true)
    throw toProblem(error)
  }
}

/** Only numbers and booleans are converted; everything else stays text, so documents are not parsed. */
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
    throw toProblem(error)
  })

/** Whether a statement reached `statement_timeout`, which says nothing of the server. */
const isTimeout = (error: unknown) => (error as { code?: string } | undefined)?.code === '57014'

/** Conditions in which PostgreSQL cannot serve requests, by SQLSTATE or its first characters. */
const UNAVAILABLE_SQLSTATES: Record<string, string> = {
  '08': 'The connection to the database was lost.',
  '28': 'The database refuses the user of the service.',
  '3D': 'The database does not exist.',
  '25P03': 'The database aborted a write that took too long.',
  '40': 'The database rolled back this write because of a conflict with another.',
  '53': 'The database has no disk space, memory or connections left.',
  '55P03': 'The database is busy: a lock was held for too long.',
  '57': 'The database cancelled the query.',
  '57014':
    'The database cancelled the query because it took too long. Narrow it with filters, or omit count, sort or knownAt.',
  '57P': 'The database is stopping or starting.',
  '58': 'The disk of the database has an I/O error.',
  XX: 'The database reports damage or an internal error.',
}

/** Messages of pg, which have no code, for a connection that is lost or cannot be opened. */
const CONNECTION_LOST =
  /connection terminated|timeout exceeded when trying to connect|not queryable|client was closed/i

/** Turns errors of an unavailable database into the problem `unavailable`; other errors stay as they are. */
function toProblem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error
  const { code = '' } = error as { code?: string }
  const reason =
    UNAVAILABLE_SQLSTATES[code] ??
    UNAVAILABLE_SQLSTATES[code.slice(0, 3)] ??
    UNAVAILABLE_SQLSTATES[code.slice(0, 2)]
  const isPoolBusy = error.message === 'timeout exceeded when trying to connect'
  const detail =
    reason ??
    (isPoolBusy ? 'No connection to the database became free.' : undefined) ??
    (isConnectionLost(error) ? 'The database does not respond.' : undefined)
  if (detail === undefined) return error
  return unavailable(detail, error)
}

function unavailable(detail: string, cause: unknown): Problem {
  const problem = new Problem('unavailable', detail, { headers: { 'retry-after': '1' } })
  problem.cause = cause
  return problem
}

const readOnlyProblem = (cause?: unknown) => unavailable('The database is read-only.', cause)

/** Whether the connection was lost, so that the outcome on the server is unknown. */
function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' } = error as { code?: string }
  return /^(08|57P0)/.test(code) || /^E[A-Z]+$/.test(code) || CONNECTION_LOST.test(error.message)
}

/** The notation of a parameter. */
const parameter = (index: number) => `$${index + 1}`

interface Compiled extends CompiledQuery {
  /** The name of a constant query, which is prepared once on each connection. */
  name?: string
}

/** Compiled constant queries. */
const constantQueries = new WeakMap<SQL, Compiled>()
let constantCount = 0

class Connection implements Writer {
  readonly #client: pg.Pool | pg.ClientBase
  readonly #sending: Sending
  readonly mayLag: boolean
  /** Set if another instance migrated the database, which invalidates prepared statements of this connection. */
  stale = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: pg.Pool | pg.ClientBase, sending: Sending, mayLag = false) {
    this.#client = client
    this.mayLag = mayLag
    this.#sending = sending
  }

  async all<Row>(query: SQL, values?: Values): Promise<Row[]> {
    const { name, text, params } = compile(query, values)
    const { onQuery, pooled } = this.#sending
    onQuery?.(text)
    const bound = (values ? bindValues(params, values) : params).map(withoutNul)
    const send = () => this.#client.query({ text, values: bound, ...(name && !pooled && { name }) })
    try {
      const { rows } = await (this.#client instanceof pg.Pool ? send() : this.#queue(send))
      return rows as Row[]
    } catch (error) {
      if (/cached plan must not change/.test((error as Error).message)) {
        this.stale = true
        throw unavailable('The database was just migrated.', error)
      }
      throw toProblem(error)
    }
  }

  /** Runs SQL text without parameters, also several statements in one message. */
  async exec(text: string): Promise<pg.QueryResult[]> {
    try {
      const result = await this.#queue(() => this.#client.query(text))
      return Array.isArray(result) ? result : [result]
    } catch (error) {
      throw toProblem(error)
    }
  }

  /** Sends queries one after the other: a connection runs one at a time. */
  #queue<Result>(send: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(send)
    this.#last = result.catch(() => {})
    return result
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
  const cached = values && constantQueries.get(query)
  if (cached) return cached
  const compiled = query.compile(parameter)
  if (!values) return compiled
  const constant = { ...compiled, name: `q${++constantCount}` }
  constantQueries.set(query, constant)
  return constant
}

/** PostgreSQL rejects NUL. No stored text contains one, so it is replaced by a noncharacter, which also matches nothing. */
const withoutNul = (value: unknown) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uffff') : value

/** A transaction id and the timeline of the server for which it is valid. */
interface TransactionId {
  id: string
  timeline: string
}

const TIMELINE = 'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)'

/** A transaction with the write lock, which serialises the writes of all instances (docs/adr/0008). */
class PostgresTransaction implements Transaction {
  readonly writer: Connection
  readonly #client: pg.PoolClient
  readonly #writers: pg.Pool
  readonly #transactionId: TransactionId
  readonly #onCommit: (lsn: string) => void
  #broken = false
  #ended = false

  private constructor(
    writers: pg.Pool,
    client: pg.PoolClient,
    transactionId: TransactionId,
    writer: Connection,
    onCommit: (lsn: string) => void,
  ) {
    this.#onCommit = onCommit
    this.#writers = writers
    this.#client = client
    this.#transactionId = transactionId
    this.writer = writer
    client.once('end', this.#onEnd)
  }

  static async begin(
    writers: pg.Pool,
    sending: Sending,
    onCommit: (lsn: string) => void,
  ): Promise<PostgresTransaction> {
    const client = await connectTo(writers)
    const writer = new Connection(client, sending)
    try {
      const results = await writer.exec(
        `begin; set local lock_timeout = ${WRITE_LOCK_TIMEOUT_MS}; set local idle_in_transaction_session_timeout = ${WRITE_LOCK_TIMEOUT_MS}; select pg_advisory_xact_lock(${WRITE_LOCK}); select pg_current_xact_id()::text as id, ${TIMELINE} as timeline, current_setting('transaction_read_only')::bool as "readOnly"`,
      )
      const begun = results.at(-1)?.rows[0] as (TransactionId & { readOnly: boolean }) | undefined
      if (!begun) throw new Error('The database returned no transaction id.')
      if (begun.readOnly) throw readOnlyProblem()
      return new PostgresTransaction(writers, client, begun, writer, onCommit)
    } catch (error) {
      // The next write opens a new connection.
      client.release(true)
      if (/recovery|read-only/.test((error as Error).message)) throw readOnlyProblem(error)
      throw error
    }
  }

  readonly #onEnd = () => {
    this.#broken = true
  }

  async commit() {
    try {
      const results = await this.writer.exec(
        `notify ${CHANNEL}; commit; select pg_current_wal_lsn()::text as lsn`,
      )
      const committed = results.at(-1)?.rows[0] as { lsn: string } | undefined
      this.#onCommit(committed?.lsn ?? '')
    } catch (error) {
      this.#end(true)
      const cause = error instanceof Problem ? error.cause : error
      if (!isConnectionLost(cause) || !(await this.#isCommitted())) throw error
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

  /** Queries whether the transaction was committed, after the connection was lost during the commit. */
  async #isCommitted(): Promise<boolean> {
    const until = Date.now() + COMMIT_STATUS_TIMEOUT_MS
    while (Date.now() < until) {
      try {
        const { rows } = await this.#writers.query<{ status: string | null; timeline: string }>(
          `select pg_xact_status($1::xid8) as status, ${TIMELINE} as timeline`,
          [this.#transactionId.id],
        )
        // On another timeline, as after a failover, the id may belong to another transaction.
        if (rows[0]?.timeline !== this.#transactionId.timeline) break
        if (rows[0].status !== 'in progress') return rows[0].status === 'committed'
      } catch {
        // The server is not available yet, or still a replica.
      }
      await wait(100)
    }
    throw new Problem(
      'unavailable',
      'The connection to the database was lost during the commit, and it is unknown whether the write was committed. Check before you send it again.',
      { headers: { 'retry-after': '5' } },
    )
  }
}

/** Listens for commits of other instances on a separate connection, which is opened on first use. */
class CommitListener {
  readonly #settings: pg.ClientConfig
  readonly #onCommit: () => void
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  #state: 'idle' | 'on' | 'stopped' = 'idle'

  constructor(settings: pg.ClientConfig, onCommit: () => void) {
    this.#settings = settings
    this.#onCommit = onCommit
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'on'
    this.#connect().catch(() => this.#reconnect())
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#settings, application_name: 'sco-tracker commits' })
    this.#client = client
    client.on('notification', this.#onCommit)
    client.on('error', () => {})
    client.once('end', () => this.#reconnect())
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    // Something may have been committed before this connection listened.
    this.#onCommit()
  }

  #reconnect(): void {
    if (this.#state !== 'on' || this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#connect().catch(() => this.#reconnect())
    }, RECONNECT_MS)
    this.#timer.unref()
  }
}

/** Applies pending migrations, one instance at a time. */
async function migrate(settings: pg.ClientConfig): Promise<void> {
  const [client, lock] = [new pg.Client(settings), new pg.Client(settings)]
  for (const each of [client, lock]) each.on('error', () => {})
  try {
    await client.connect()
    if (await upToDate(client)) return
    await lock.connect()
    // The lock of a transaction, since PgBouncer may give the next transaction another session.
    await lock.query(`begin; select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    if (await upToDate(client)) return
    // Loaded on demand, since it loads all of drizzle.
    const { drizzle } = await import('drizzle-orm/node-postgres')
    const { migrate } = await import('drizzle-orm/node-postgres/migrator')
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    throw toProblem(error)
  } finally {
    // Closing the connection releases the lock.
    for (const each of [client, lock]) await each.end().catch(() => {})
  }
}

/** Whether the latest migration has been applied. */
async function upToDate(client: pg.Client): Promise<boolean> {
  const { entries } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[]
  }
  const existing = await client.query(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as known`,
  )
  if (!(existing.rows[0] as { known: boolean }).known) return false
  const last = await client.query('select max(created_at) as at from drizzle.__drizzle_migrations')
  return Number((last.rows[0] as { at: unknown }).at) >= (entries.at(-1)?.when ?? 0)
}

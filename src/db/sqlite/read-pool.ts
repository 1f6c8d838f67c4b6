// The connections that read a SQLite file: one for single queries, and a pool for several reads of one snapshot.
import { setImmediate as nextTick } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Reader } from '../engine.ts'
import type { Connection } from './connection.ts'

interface SnapshotConnection {
  connection: Connection
  begin: Database.Statement
  end: Database.Statement
}

export class ReadPool {
  /** Runs single queries on the committed state. */
  readonly reader: Connection
  readonly #connect: () => Connection
  readonly #dataVersion: Database.Statement
  #version: number | undefined
  readonly #opened = new Set<SnapshotConnection>()
  readonly #idle: SnapshotConnection[] = []

  /** @param connect opens a connection that only reads */
  constructor(connect: () => Connection) {
    this.#connect = connect
    this.reader = connect()
    this.#dataVersion = this.reader.database.prepare('pragma data_version').pluck()
  }

  /**
   * Changes when any other connection, of this process or another, has committed. Read once per event-loop tick.
   * @returns null if the file cannot be read
   */
  version(): number | null {
    if (this.#version === undefined) {
      try {
        this.#version = this.#dataVersion.get() as number
      } catch {
        return null
      }
      setImmediate(() => this.forgetVersion())
    }
    return this.#version
  }

  /** Call after each commit of this process. */
  forgetVersion(): void {
    this.#version = undefined
  }

  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
    const snapshot = this.#idle.pop() ?? this.#open()
    try {
      snapshot.begin.run()
      const result = await work(snapshot.connection)
      snapshot.end.run()
      this.#idle.push(snapshot)
      return result
    } catch (error) {
      this.#release(snapshot, error)
      throw error
    }
  }

  /** A connection that failed is closed: what it holds of the file may be wrong. */
  #release(snapshot: SnapshotConnection, error: unknown): void {
    if (!(error instanceof Database.SqliteError))
      try {
        snapshot.end.run()
        this.#idle.push(snapshot)
        return
      } catch {
        // It failed only now.
      }
    this.#opened.delete(snapshot)
    snapshot.connection.database.close()
  }

  #open(): SnapshotConnection {
    const connection = this.#connect()
    const { database } = connection
    const opened = { connection, begin: database.prepare('begin'), end: database.prepare('commit') }
    this.#opened.add(opened)
    return opened
  }

  /** Closes the connections once all reads have ended. */
  async close(): Promise<void> {
    while (this.#idle.length < this.#opened.size) await nextTick()
    for (const { connection } of this.#opened) connection.database.close()
    this.reader.database.close()
  }
}

// The connections that read a SQLite file: one for single queries, and a pool for several reads of one snapshot.
import { setImmediate } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Reader } from '../engine.ts'
import type { Connection } from './connection.ts'

interface SnapshotConnection {
  connection: Connection
  begin: Database.Statement
  end: Database.Statement
}

export class ReadPool {
  /** Runs single queries, which see what is committed. */
  readonly reader: Connection
  readonly #connect: () => Connection
  readonly #version: Database.Statement
  readonly #opened: SnapshotConnection[] = []
  readonly #idle: SnapshotConnection[] = []

  /** @param connect opens a connection that only reads */
  constructor(connect: () => Connection) {
    this.#connect = connect
    this.reader = connect()
    this.#version = this.reader.database.prepare('pragma data_version').pluck()
  }

  /** Changes when any other connection, of this process or another, has committed. */
  version(): number {
    return this.#version.get() as number
  }

  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
    const snapshot = this.#idle.pop() ?? this.#open()
    snapshot.begin.run()
    try {
      return await work(snapshot.connection)
    } finally {
      snapshot.end.run()
      this.#idle.push(snapshot)
    }
  }

  #open(): SnapshotConnection {
    const connection = this.#connect()
    const { database } = connection
    const opened = { connection, begin: database.prepare('begin'), end: database.prepare('commit') }
    this.#opened.push(opened)
    return opened
  }

  /** Closes the connections once all reads have ended. */
  async close(): Promise<void> {
    while (this.#idle.length < this.#opened.length) await setImmediate()
    for (const { connection } of this.#opened) connection.database.close()
    this.reader.database.close()
  }
}

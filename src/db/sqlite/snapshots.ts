// Reads of one state of the database. To begin one takes as long as to find a record, so all the requests that a turn of the
// event loop brings share one: each of them was sent before anybody was told of a commit that it does not know of. What this
// process commits ends it at once, what others commit is seen by the next turn (docs/adr/0010).
import { setImmediate as nextTurn } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { Reader } from '../engine.ts'
import type { Connection } from './connection.ts'

/** A connection that only reads, held to one state for as long as somebody uses it. */
class Snapshot {
  readonly connection: Connection
  readonly #begin: Database.Statement
  readonly #end: Database.Statement
  users = 0

  constructor(connection: Connection) {
    this.connection = connection
    this.#begin = connection.database.prepare('begin')
    this.#end = connection.database.prepare('commit')
  }

  enter(): void {
    if (this.users === 0) this.#begin.run()
    this.users += 1
  }

  leave(): void {
    this.users -= 1
    if (this.users > 0) return
    this.#end.run()
  }
}

export class Snapshots {
  readonly #open: () => Connection
  /** The one that turns share. */
  readonly #home: Snapshot
  readonly #version: Database.Statement
  /** For who reads outside of a turn, or longer than one. */
  readonly #spare: Snapshot[] = []
  readonly #opened: Snapshot[]
  /** The state that this turn shares; null while it shares none. */
  #turn: number | null = null
  readonly #endTurn = () => this.retire()

  /** @param home and what `open` makes only read */
  constructor(home: Connection, open: () => Connection) {
    this.#open = open
    this.#home = new Snapshot(home)
    this.#opened = [this.#home]
    // Differs from one look to the next when any other connection has committed; this one never does.
    this.#version = home.database.prepare('pragma data_version').pluck()
  }

  /** The number of the state that is committed. Null while somebody who reads longer is held to an earlier one. */
  version(): number | null {
    if (this.#turn !== null) return this.#turn
    return this.#home.users > 0 ? null : (this.#version.get() as number)
  }

  /** The same, shared from here to the end of this turn. */
  share(): number | null {
    if (this.#turn === null) {
      if (this.#home.users > 0) return null
      this.#home.enter()
      this.#turn = this.#version.get() as number
      setImmediate(this.#endTurn)
    }
    return this.#turn
  }

  /** From here on nobody joins the state of this turn. */
  retire(): void {
    if (this.#turn === null) return
    this.#turn = null
    this.#home.leave()
  }

  async read<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
    const own = this.#turn === null
    const snapshot = own ? (this.#spare.pop() ?? this.#another()) : this.#home
    snapshot.enter()
    try {
      return await work(snapshot.connection)
    } finally {
      snapshot.leave()
      if (own) this.#spare.push(snapshot)
    }
  }

  /** For single queries: of the state of this turn, or of the latest. */
  get reader(): Reader {
    if (this.#turn !== null || this.#home.users === 0) return this.#home.connection
    const snapshot = this.#spare.at(-1) ?? this.#another()
    if (this.#spare.length === 0) this.#spare.push(snapshot)
    return snapshot.connection
  }

  #another(): Snapshot {
    const snapshot = new Snapshot(this.#open())
    this.#opened.push(snapshot)
    return snapshot
  }

  async close(): Promise<void> {
    while (this.#opened.some(({ users }) => users > 0)) await nextTurn()
    for (const { connection } of this.#opened) connection.database.close()
  }
}

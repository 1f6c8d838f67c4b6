// The full-text index is made of parts, one for each commit that brought words until FTS5 makes some of them into one, and every
// look goes through all of them. They are made into one when nobody writes: a look takes a third then (docs/performance.md).
import type { Writer } from '../engine.ts'
import { sql } from '../sql.ts'

/** Nobody writes when for so long nobody did, in milliseconds. */
const QUIET_MS = 2000
/** How long is waited between two steps. */
const PAUSE_MS = 50
/** The parts beside the largest are worth a merge when they are so much of it: all that is there is written anew. */
const WORTH = 0.1

/** The size of each part, in rows of the index of FTS5, which are some of its pages; the largest first. */
const PARTS = sql`select count(*) as size from "searchWords_idx" group by segid order by size desc`

// A step writes so many pages of 4 KB: some ten milliseconds.
const BEGIN = sql`insert into "searchWords" ("searchWords", rank) values ('merge', -200)`
const GO_ON = sql`insert into "searchWords" ("searchWords", rank) values ('merge', 200)`

type Write = (work: (writer: Writer) => Promise<boolean>) => Promise<boolean>

export class Merging {
  readonly #write: Write
  readonly #quietMs: number
  #timer: NodeJS.Timeout | undefined
  /** Whether a merge was begun and is not done. */
  #begun = false
  /** While a step of it is written, which is no reason for another. */
  #atWork = false
  #closed = false

  /** @param write one transaction of its own */
  constructor(write: Write, quietMs = QUIET_MS) {
    this.#write = write
    this.#quietMs = quietMs
    // Whoever wrote before may have left parts.
    this.#later(quietMs)
  }

  /** Something was committed, here or by a sibling. */
  committed(): void {
    if (!this.#atWork) this.#later(this.#quietMs)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#closed) this.#timer = setTimeout(() => this.#step(), ms).unref()
  }

  async #step(): Promise<void> {
    const goingOn = this.#begun
    try {
      this.#begun = await this.#write(async (writer) => {
        this.#atWork = true
        return (this.#begun || (await isWorthIt(writer))) && (await this.#merge(writer))
      })
      // Behind the last step, what came meanwhile is looked at.
      if (goingOn || this.#begun) this.#later(PAUSE_MS)
    } catch {
      // What keeps this from being written keeps everything else from it, and is heard of there.
    } finally {
      this.#atWork = false
    }
  }

  /** @returns whether there is more to do */
  async #merge(writer: Writer): Promise<boolean> {
    const before = await changedSoFar(writer)
    await writer.run(this.#begun ? GO_ON : BEGIN)
    return (await changedSoFar(writer)) - before >= 2
  }
}

async function isWorthIt(writer: Writer): Promise<boolean> {
  const [largest = 0, ...others] = await writer.pluck<number>(PARTS)
  const beside = others.reduce((sum, size) => sum + size, 0)
  return beside > 0 && beside >= WORTH * largest
}

/** A step that changes no more than its own row had nothing left to do (https://sqlite.org/fts5.html#the_merge_command). */
const changedSoFar = async (writer: Writer) =>
  (await writer.get<{ changed: number }>(sql`select total_changes() as changed`))?.changed ?? 0

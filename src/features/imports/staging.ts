// Stores the rows of an import in a temporary file until their order is known, so that memory use does not grow with size.
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import type { Kind } from '../../records/schema/kinds.ts'
import { temporaryPath } from './temporary.ts'

/** The origin of a row. */
export interface Origin {
  /** The name of its file. */
  file: string
  /** The number of the row in its file, from 1. */
  row: number
  line: number
  /** The row that contains it, and the path in it: `evidence.0`. Null for a top-level row. */
  within: { index: number; at: string } | null
}

interface Staged extends Origin {
  kind: Kind
  offset: number
  length: number
}

/** The size of a write and of a read. Most rows are read in order. */
const BLOCK_BYTES = 1 << 20

export class Stage {
  readonly #path = temporaryPath()
  readonly #file = openSync(this.#path, 'wx+', 0o600)
  readonly #rows: Staged[] = []
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #written = 0
  readonly #block = Buffer.alloc(BLOCK_BYTES)
  /** The part of the file that is in the block. */
  #from = 0
  #to = 0

  get length(): number {
    return this.#rows.length
  }

  /** @returns its index */
  add(kind: Kind, value: Record<string, unknown>, origin: Origin): number {
    const bytes = Buffer.from(JSON.stringify(value))
    this.#rows.push({ ...origin, kind, offset: this.#written + this.#waitingBytes, length: bytes.length })
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= BLOCK_BYTES) this.#flush()
    return this.#rows.length - 1
  }

  /** Reads a row. */
  read(index: number): Record<string, unknown> {
    this.#flush()
    const { offset, length } = this.#at(index)
    return JSON.parse(this.#text(offset, length)) as Record<string, unknown>
  }

  #text(offset: number, length: number): string {
    if (length > BLOCK_BYTES) {
      const bytes = Buffer.allocUnsafe(length)
      readSync(this.#file, bytes, 0, length, offset)
      return bytes.toString()
    }
    if (offset < this.#from || offset + length > this.#to) {
      this.#from = offset
      this.#to = offset + readSync(this.#file, this.#block, 0, BLOCK_BYTES, offset)
    }
    return this.#block.toString('utf8', offset - this.#from, offset - this.#from + length)
  }

  kindOf(index: number): Kind {
    return this.#at(index).kind
  }

  origin(index: number): Origin {
    return this.#at(index)
  }

  close(): void {
    closeSync(this.#file)
    rmSync(this.#path, { force: true })
  }

  #at(index: number): Staged {
    const row = this.#rows[index]
    if (!row) throw new Error(`There is no row ${index}.`)
    return row
  }

  #flush(): void {
    if (this.#waitingBytes === 0) return
    const bytes = Buffer.concat(this.#waiting)
    // A write may be partial.
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#written + done)
    this.#written += bytes.length
    this.#waiting = []
    this.#waitingBytes = 0
  }
}

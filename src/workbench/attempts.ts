// Limits attempts in a window of time: counted in the database if several instances share it, otherwise in memory.
import ipaddr from 'ipaddr.js'
import { sha256 } from '../core/text.ts'
import type { Engine } from '../db/engine.ts'

/** How many names are counted in memory. */
const MAX_NAMES = 10_000

export class AttemptLimit {
  readonly #engine: Engine
  readonly #clock: () => Date
  readonly #max: number
  readonly #windowMs: number
  readonly #counted = new Map<string, { count: number; until: number }>()

  constructor(engine: Engine, clock: () => Date, { max, windowMs }: { max: number; windowMs: number }) {
    this.#engine = engine
    this.#clock = clock
    this.#max = max
    this.#windowMs = windowMs
  }

  /** Counts an attempt. @returns the milliseconds to wait if there were too many; otherwise null */
  async count(name: string): Promise<number | null> {
    const counter = this.#engine.rateCounter
    const { count, leftMs } = counter
      ? await counter(sha256(`attempt ${name}`), this.#windowMs)
      : this.#countHere(name)
    return count > this.#max ? leftMs : null
  }

  #countHere(name: string): { count: number; leftMs: number } {
    const now = this.#clock().getTime()
    const counted = this.#counted.get(name)
    const { count, until } =
      counted && counted.until > now ? counted : { count: 0, until: now + this.#windowMs }
    // The names that were counted last stay.
    this.#counted.delete(name)
    if (this.#counted.size === MAX_NAMES) this.#counted.delete(this.#counted.keys().next().value ?? '')
    this.#counted.set(name, { count: count + 1, until })
    return { count: count + 1, leftMs: until - now }
  }
}

/** The address of a client, or its network of 64 bits: whoever has one address of IPv6 has them all. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6'
    ? parsed.toNormalizedString().split(':').slice(0, 4).join(':')
    : parsed.toString()
}

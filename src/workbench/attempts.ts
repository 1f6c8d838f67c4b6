// Limits failed attempts in a window of time. They are counted in the database if several instances share it, otherwise in memory.
import ipaddr from 'ipaddr.js'
import { sha256 } from '../core/text.ts'
import type { Engine } from '../db/engine.ts'

/** How many names are remembered. */
const MAX_NAMES = 10_000

export class AttemptLimit {
  readonly #engine: Engine
  readonly #clock: () => Date
  readonly #max: number
  readonly #windowMs: number
  /** What this instance knows of each name that failed. */
  readonly #failed = new Map<string, { count: number; until: number }>()

  constructor(engine: Engine, clock: () => Date, { max, windowMs }: { max: number; windowMs: number }) {
    this.#engine = engine
    this.#clock = clock
    this.#max = max
    this.#windowMs = windowMs
  }

  /** The milliseconds to wait before the next attempt; 0: none. */
  waitMs(name: string): number {
    const { count, until } = this.#known(name)
    return count >= this.#max ? until - this.#clock().getTime() : 0
  }

  /** Counts a failed attempt. */
  async fail(name: string): Promise<void> {
    const counter = this.#engine.rateCounter
    const { count, until } = this.#known(name)
    const counted = counter
      ? await counter(sha256(`attempt ${name}`), this.#windowMs)
      : { count: count + 1, leftMs: until - this.#clock().getTime() }
    // The names that failed last stay.
    this.#failed.delete(name)
    if (this.#failed.size === MAX_NAMES) this.#failed.delete(this.#failed.keys().next().value ?? '')
    this.#failed.set(name, { count: counted.count, until: this.#clock().getTime() + counted.leftMs })
  }

  #known(name: string): { count: number; until: number } {
    const now = this.#clock().getTime()
    const known = this.#failed.get(name)
    return known && known.until > now ? known : { count: 0, until: now + this.#windowMs }
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

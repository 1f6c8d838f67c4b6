// Guards of outgoing requests: connections to public addresses only, and the messages of their errors.
import { lookup as resolve } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { refusedRange } from '../core/addresses.ts'
import { printable } from '../core/text.ts'

/** Resolves all addresses of a host, like `dns.lookup`. */
export type Resolve = (
  hostname: string,
  options: { all: true },
  callback: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void

/** The host of a request has an address that is not public. */
export class NotPublic extends Error {}

interface LookupOptions {
  allowPrivate: boolean
  /** Default: `dns.lookup`. */
  resolve?: Resolve | undefined
}

/**
 * The `lookup` of a request: resolves and checks a name once per connection, so that the checked address is the one used. Literal
 * addresses do not pass it: check these with `urlFaults`.
 */
export const publicLookup =
  ({ allowPrivate, resolve: resolveHost = resolve as Resolve }: LookupOptions): LookupFunction =>
  (hostname, options, callback) => {
    resolveHost(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return callback(error ?? new Error(`${hostname} has no address.`), '')
      const refused = allowPrivate ? [] : addresses.flatMap(({ address }) => refusedRange(address) ?? [])
      if (refused.length > 0) {
        const message = `${hostname} does not resolve to a public address (${refused[0]}).`
        return callback(new NotPublic(message), '')
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }

/** The message of an error; for several addresses, that of the first. */
export function messageOf(error: NodeJS.ErrnoException): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  const text = first?.message || error.message || error.code || error.name
  return printable(text).slice(0, 500)
}

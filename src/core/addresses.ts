// Checks that URLs from clients refer to public addresses (SSRF protection).
import ipaddr from 'ipaddr.js'
import type { Fault } from './problems.ts'

type IPv6 = ipaddr.IPv6

/** Public by range but internal to a platform: the host agent of Azure. */
const PLATFORM = new Set(['168.63.129.16'])

/** Ranges with an IPv4 address in the last 32 bits (RFC 4291, RFC 6052). */
const EMBEDDING = new Set<string>(['ipv4Mapped', 'rfc6052'])
const WELL_KNOWN_NAT64 = ipaddr.parse('64:ff9b::') as IPv6
/** The allocated global unicast space; the rest is reserved. */
const GLOBAL_UNICAST = ipaddr.parse('2000::') as IPv6

/**
 * Why an address is not public: the name of its range; null for a public address.
 * @param address without brackets
 */
export function refusedRange(address: string): string | null {
  if (!ipaddr.isValid(address)) return 'unreadable'
  const parsed = ipaddr.parse(address)
  if (parsed.kind() === 'ipv4') {
    if (PLATFORM.has(parsed.toString())) return 'platform'
    const range = parsed.range()
    return range === 'unicast' ? null : range
  }
  const ipv6 = parsed as IPv6
  if (ipv6.zoneId) return 'zoned'
  const range = ipv6.range()
  if (EMBEDDING.has(range)) {
    // The local-use prefix 64:ff9b:1::/48 (RFC 8215) does not fix the position of the IPv4 address.
    if (range === 'rfc6052' && !ipv6.match(WELL_KNOWN_NAT64, 96)) return range
    return refusedRange(ipaddr.fromByteArray(ipv6.toByteArray().slice(12)).toString())
  }
  if (range !== 'unicast') return range
  return ipv6.match(GLOBAL_UNICAST, 3) ? null : 'reserved'
}

/** The host of a URL as an address without brackets; null for a name. */
export function literalAddress({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(host) ? host : null
}

const portOf = ({ port, protocol }: URL) => (port ? Number(port) : protocol === 'https:' ? 443 : 80)

const MAX_CHARACTERS = 2000

/** Names of the local machine (RFC 6761, section 6.3). */
const LOCAL_NAME = /(^|\.)localhost\.?$/

/**
 * The faults of a URL as a target of requests. Names are not resolved here: their addresses are checked when a connection is
 * opened.
 * @param allowPrivate accepts any address, name and port
 */
export function urlFaults(text: string, pointer: string, allowPrivate: boolean): Fault[] {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return [{ pointer, detail: 'Must be an http or https URL.' }]
  const faults: string[] = []
  if (url.href.length > MAX_CHARACTERS)
    faults.push(`A URL has at most ${MAX_CHARACTERS} characters, percent-encoding counted.`)
  if (url.username || url.password) faults.push('A URL with a user or a password is not accepted.')
  if (text.includes('#')) faults.push('A URL with a fragment is not accepted; a fragment is never sent.')
  if (!allowPrivate) {
    const address = literalAddress(url)
    const range = address === null ? null : refusedRange(address)
    if (range !== null) faults.push(`${address} is not a public address (${range}).`)
    if (LOCAL_NAME.test(url.hostname)) faults.push(`${url.hostname} is this machine.`)
    const port = portOf(url)
    if (port !== 80 && port !== 443 && port < 1024)
      faults.push(`Of the ports below 1024 only 80 and 443 are accepted, not ${port}.`)
  }
  return faults.map((detail) => ({ pointer, detail }))
}

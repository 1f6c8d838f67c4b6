// Ids: opaque, time-ordered TypeIDs (https://github.com/jetify-com/typeid), a prefix and a UUIDv7.
import { createHash } from 'node:crypto'
import { fromUUIDBytes, typeid } from 'typeid-js'

/** The 26 characters of a TypeID's suffix: Crockford base32 of 128 bits. */
const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}'

export const idPattern = (prefix: string) => new RegExp(`^${prefix}_${SUFFIX}$`)

export type IdMaker = (prefix: string) => string

export const newId: IdMaker = (prefix) => typeid(prefix).toString()

/**
 * The id of a seeded record: the same on every machine. A UUIDv7 whose time is `epochMs` and whose
 * random bits are drawn from the SHA-256 of prefix and key.
 */
export function seededId(prefix: string, key: string, epochMs: number): string {
  const bytes = createHash('sha256').update(`${prefix}\0${key}`).digest().subarray(0, 16)
  bytes.writeUIntBE(epochMs, 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return fromUUIDBytes(prefix, bytes)
}

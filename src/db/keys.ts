// API keys: shown once, stored as hashes, and read at every use so that revocation is immediate.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { newId } from '../core/ids.ts'
import { sha256 } from '../core/text.ts'
import type { Engine, Reader, Writer } from './engine.ts'
import { sql } from './sql.ts'
import { insertInto } from './statements.ts'
import { keys } from './system-tables.ts'

export const ROLES = ['analyst', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Key {
  id: string
  name: string
  role: Role
  createdAt: string
  expiresAt: string | null
  revokedAt: string | null
}

/** A token: `sco_`, the suffix of the key's id, and 256 random bits. */
const FORM = /^sco_([0-9a-z]{26})_[\w-]{43}$/

/** Creates a key. The returned token is not stored. */
export async function createKey(
  engine: Engine,
  { name, role, expiresAt, now }: { name: string; role: Role; expiresAt: Date | null; now: Date },
): Promise<{ key: Key; token: string }> {
  const id = newId('key')
  const token = `sco_${id.slice('key_'.length)}_${randomBytes(32).toString('base64url')}`
  const key: Key = {
    id,
    name,
    role,
    createdAt: now.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: null,
  }
  await engine.write((writer) => writer.run(INSERT, { ...key, hash: sha256(token) }))
  return { key, token }
}

export const listKeys = (reader: Reader) => reader.all<Key>(LIST, {})

/** Revokes a key. @returns false if no key has this id */
export async function revokeKey(engine: Engine, id: string, now: Date): Promise<boolean> {
  return engine.write(async (writer: Writer) => {
    const key = await writer.get(FIND, { id })
    if (key) await writer.run(REVOKE, { id, at: now.toISOString() })
    return key !== undefined
  })
}

export type Verdict = { valid: true; key: Key } | { valid: false; reason: string }

/** Whether a token is a valid key now. The comparison takes constant time. */
export async function verifyKey(reader: Reader, token: string, now: Date): Promise<Verdict> {
  const match = FORM.exec(token)
  const stored = match && (await reader.get<Key & { hash: string }>(FIND, { id: `key_${match[1]}` }))
  const expected = Buffer.from(stored ? stored.hash : sha256(''), 'hex')
  const equal = timingSafeEqual(expected, Buffer.from(sha256(token), 'hex'))
  if (!stored || !equal) return { valid: false, reason: 'The key is unknown.' }
  const { hash: _, ...key } = stored
  if (key.revokedAt !== null) return { valid: false, reason: 'The key was revoked.' }
  if (key.expiresAt !== null && key.expiresAt <= now.toISOString())
    return { valid: false, reason: 'The key has expired.' }
  return { valid: true, key }
}

const columns = sql`${keys.id}, ${keys.name}, ${keys.role}, ${keys.createdAt}, ${keys.expiresAt}, ${keys.revokedAt}`

const FIND = sql`select ${columns}, ${keys.hash} from ${keys} where ${keys.id} = ${sql.placeholder('id')}`

const LIST = sql`select ${columns} from ${keys} order by ${keys.id}`

const INSERT = insertInto(keys)

const REVOKE = sql`update ${keys} set "revokedAt" = coalesce("revokedAt", ${sql.placeholder('at')}) where ${keys.id} = ${sql.placeholder('id')}`

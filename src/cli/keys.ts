// Creates, lists and revokes keys.
import { isExactDay } from '../core/dates.ts'
import type { Engine } from '../db/engine.ts'
import { createKey, listKeys, type Role, revokeKey } from '../db/keys.ts'
import { UsageError } from './command.ts'

export interface NewKey {
  name: string
  role: Role
  /** Hours (12h), days (90d), or the last day (2027-01-31, UTC). */
  expires?: string
}

/** Prints the key to standard output, and information to standard error. */
export async function create(engine: Engine, { name, role, expires }: NewKey): Promise<void> {
  const expiresAt = expires === undefined ? null : parseExpiry(expires)
  const { key, token } = await createKey(engine, { name, role, expiresAt, now: new Date() })
  console.error(`Key ${key.id} for ${key.name} (${key.role}), ${expiryOf(key)}. It is shown only once:`)
  console.log(token)
}

export async function list(engine: Engine): Promise<void> {
  for (const key of await listKeys(engine.reader)) {
    const state = key.revokedAt ? `revoked ${key.revokedAt}` : expiryOf(key)
    console.log([key.id, key.role, state, key.name].join('\t'))
  }
}

export async function revoke(engine: Engine, id: string): Promise<void> {
  if (!(await revokeKey(engine, id, new Date())))
    throw new UsageError(`There is no key ${id}. "sco-tracker keys list" shows them.`)
  console.error(`Key ${id} is revoked.`)
}

const expiryOf = ({ expiresAt }: { expiresAt: string | null }) =>
  expiresAt === null ? 'without expiry' : `until ${expiresAt}`

function parseExpiry(text: string): Date {
  const [, count, unit] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? []
  if (count) return new Date(Date.now() + Number(count) * (unit === 'h' ? 3_600_000 : 86_400_000))
  const end = isExactDay(text) ? new Date(`${text}T23:59:59.999Z`) : null
  if (end === null || end.getTime() <= Date.now())
    throw new UsageError(`--expires must be hours (12h), days (90d) or a future date, not ${text}.`)
  return end
}

// Sessions of the workbench: begun with a key, found by the secret in a cookie, and valid no longer than the key.
import { randomBytes } from 'node:crypto'
import { sha256 } from '../core/text.ts'
import type { Engine, Reader } from './engine.ts'
import type { Key } from './keys.ts'
import { sql } from './sql.ts'
import { insertInto } from './statements.ts'
import { keys, sessions } from './system-tables.ts'

export interface Session {
  /** The hash of its secret. */
  id: string
  keyId: string
  createdAt: string
  lastSeenAt: string
  /** When it ends at the latest. */
  expiresAt: string
  endedAt: string | null
  /** The address and the browser that began it. */
  address: string
  userAgent: string
}

const IDLE_MS = 12 * 3_600_000

/** The longest time that a session lasts, in milliseconds. */
export const SESSION_MS = 7 * 86_400_000

/** How exactly the time of the last request is recorded: each record is a commit. */
const TOUCH_MS = 5 * 60_000

const SECRET = /^[\w-]{43}$/

const before = (now: Date, ms: number) => new Date(now.getTime() - ms).toISOString()

/** Begins a session with a valid key. @returns its secret, which is not stored */
export async function createSession(
  engine: Engine,
  { keyId, address, userAgent, now }: Pick<Session, 'keyId' | 'address' | 'userAgent'> & { now: Date },
): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  const at = now.toISOString()
  await engine.write(async (writer) => {
    await writer.run(DELETE_EXPIRED, { now: at })
    await writer.run(INSERT, {
      id: sha256(secret),
      keyId,
      createdAt: at,
      lastSeenAt: at,
      expiresAt: new Date(now.getTime() + SESSION_MS).toISOString(),
      endedAt: null,
      address,
      userAgent: userAgent.slice(0, 500),
    })
  })
  return secret
}

/** The session of a secret with its key; null if either is not valid now. Records now and then that it was used. */
export async function findSession(
  engine: Engine,
  secret: string,
  now: Date,
): Promise<{ session: Session; key: Key } | null> {
  if (!SECRET.test(secret)) return null
  const row = await engine.reader.get<
    Session & Record<'name' | 'role' | 'keyCreatedAt' | 'keyExpiresAt', string>
  >(FIND, { id: sha256(secret), now: now.toISOString(), idleSince: before(now, IDLE_MS) })
  if (!row) return null
  const { name, role, keyCreatedAt, keyExpiresAt, ...session } = row
  if (session.lastSeenAt < before(now, TOUCH_MS))
    await engine.write((writer) => writer.run(TOUCH, { id: session.id, at: now.toISOString() }))
  return {
    session,
    key: {
      id: session.keyId,
      name,
      role: role as Key['role'],
      createdAt: keyCreatedAt,
      expiresAt: keyExpiresAt,
      revokedAt: null,
    },
  }
}

/** The valid sessions of a key, the last begun first. */
export const listSessions = (reader: Reader, keyId: string, now: Date): Promise<Session[]> =>
  reader.all<Session>(LIST, { keyId, now: now.toISOString(), idleSince: before(now, IDLE_MS) })

/** Ends a session of a key. */
export const endSession = (engine: Engine, keyId: string, id: string, now: Date): Promise<void> =>
  engine.write((writer) => writer.run(END, { id, keyId, at: now.toISOString() }))

/** Ends all sessions of a key but one. */
export const endOtherSessions = (engine: Engine, { keyId, id }: Session, now: Date): Promise<void> =>
  engine.write((writer) => writer.run(END_OTHERS, { id, keyId, at: now.toISOString() }))

const columns = sql`${sessions.id}, ${sessions.keyId}, ${sessions.createdAt}, ${sessions.lastSeenAt},
  ${sessions.expiresAt}, ${sessions.endedAt}, ${sessions.address}, ${sessions.userAgent}`

const isValid = sql`${sessions.endedAt} is null and ${sessions.expiresAt} > ${sql.placeholder('now')}
  and ${sessions.lastSeenAt} > ${sql.placeholder('idleSince')}`

const FIND = sql`select ${columns}, ${keys.name}, ${keys.role}, ${keys.createdAt} as "keyCreatedAt", ${keys.expiresAt} as "keyExpiresAt"
  from ${sessions} join ${keys} on ${keys.id} = ${sessions.keyId}
  where ${sessions.id} = ${sql.placeholder('id')} and ${isValid} and ${keys.revokedAt} is null
    and (${keys.expiresAt} is null or ${keys.expiresAt} > ${sql.placeholder('now')})`

const LIST = sql`select ${columns} from ${sessions}
  where ${sessions.keyId} = ${sql.placeholder('keyId')} and ${isValid} order by ${sessions.createdAt} desc`

const INSERT = insertInto(sessions)

const TOUCH = sql`update ${sessions} set "lastSeenAt" = ${sql.placeholder('at')} where ${sessions.id} = ${sql.placeholder('id')}`

const end = sql`update ${sessions} set "endedAt" = ${sql.placeholder('at')}
  where ${sessions.keyId} = ${sql.placeholder('keyId')} and ${sessions.endedAt} is null`

const END = sql`${end} and ${sessions.id} = ${sql.placeholder('id')}`

const END_OTHERS = sql`${end} and ${sessions.id} <> ${sql.placeholder('id')}`

const DELETE_EXPIRED = sql`delete from ${sessions} where ${sessions.expiresAt} <= ${sql.placeholder('now')}`

// Responds to writes: one transaction each; a POST with an Idempotency-Key can be repeated safely.
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'
import type { Reader } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { insertInto } from '../db/statements.ts'
import { idempotency } from '../db/system-tables.ts'
import { etagOf, httpDate } from '../http/conditional.ts'
import type { Author, WriteTransaction } from '../records/schema/catalogue.ts'
import type { Records } from '../records/write/records.ts'
import { CONTEXT_LINK } from './json-ld.ts'

/** How long a response is stored under its Idempotency-Key. */
const RETENTION_MS = 24 * 3_600_000

/** The author of the writes of a request: its key, with the reason in the query. */
export function authorOf({ key, id, query }: FastifyRequest): Author {
  if (!key) throw new Problem('unauthorized', 'This operation requires a key.')
  const { reason } = query as { reason?: string }
  return { actor: { id: key.id, name: key.name }, requestId: id, reason }
}

/** A complete response that can be stored. */
export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: string
  /** The body without secrets, to be stored instead. */
  storedBody?: string
}

/** The response with a written document and its ETag. */
export function versionedResponse(
  doc: { version: number; updatedAt: string },
  status = 200,
  location?: string,
): StoredResponse {
  const body = JSON.stringify(doc)
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      etag: etagOf(body, doc.version),
      'last-modified': httpDate(doc.updatedAt),
      ...(location !== undefined && { location }),
    },
    body,
  }
}

/** The response with a written record: also names its context. */
export function recordResponse(...written: Parameters<typeof versionedResponse>): StoredResponse {
  const response = versionedResponse(...written)
  return { ...response, headers: { ...response.headers, link: CONTEXT_LINK } }
}

/** Ends the transaction of a dry run with its response, so that it is rolled back. */
export class DryRun extends Error {
  readonly response: StoredResponse

  constructor(response: StoredResponse) {
    super('A dry run.')
    this.response = response
  }
}

export const DELETED: StoredResponse = { status: 204, headers: {}, body: '' }

interface OnceOptions {
  /** Completes a stored response that lacks secrets. */
  restore?: (tx: WriteTransaction, stored: StoredResponse) => Promise<StoredResponse>
  /** Whether what a stored response promised will never come, so that the request runs again. */
  isDead?: (tx: WriteTransaction, stored: StoredResponse) => Promise<boolean>
}

/**
 * Runs a write once for each key of its author: a repetition gets the stored response. Responses are stored in the transaction of
 * the write, so of two concurrent requests the second waits for the first. Problems are not stored.
 * @param once the key, and a hash of all that is sent with it; null: as often as it is called
 * @throws Problem `idempotency-mismatch`, and those of `work`
 */
export function writeOnce(
  records: Records,
  author: Author,
  once: { key: string; fingerprint: string } | null,
  work: (tx: WriteTransaction) => Promise<StoredResponse>,
  { restore, isDead }: OnceOptions = {},
): Promise<StoredResponse> {
  return records.write(author, async (tx) => {
    if (once === null) return work(tx)
    const { fingerprint } = once
    const key = { actorId: author.actor.id, key: checkKey(once.key) }
    const expired = new Date(tx.now.getTime() - RETENTION_MS).toISOString()
    const stored = await findResponse(tx, { ...key, expired }, fingerprint)
    const dead = stored && (await isDead?.(tx, stored))
    if (stored && !dead) return restore ? restore(tx, stored) : stored
    if (dead) await tx.run(DELETE, key)
    const response = await work(tx)
    await tx.run(DELETE_EXPIRED, { expired })
    await tx.run(INSERT, {
      ...key,
      fingerprint,
      createdAt: tx.at,
      status: response.status,
      headers: JSON.stringify(response.headers),
      body: response.storedBody ?? response.body,
    })
    return response
  })
}

/** Runs a write and responds. A POST that repeats an Idempotency-Key gets the stored response. @throws like `writeOnce` */
export async function respondIdempotently(
  records: Records,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: WriteTransaction) => Promise<StoredResponse>,
  options?: OnceOptions,
): Promise<FastifyReply> {
  const header = request.method === 'POST' ? request.headers['idempotency-key'] : undefined
  const once = typeof header === 'string' ? { key: header, fingerprint: fingerprintOf(request) } : null
  const run = writeOnce(records, authorOf(request), once, work, options)
  const { status, headers, body } = await run.catch((error: unknown) => {
    if (error instanceof DryRun) return error.response
    throw error
  })
  reply.code(status).headers({ 'cache-control': 'no-store', ...headers })
  return status === 204 ? reply.send() : reply.send(body)
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Problem('invalid-parameter', 'Idempotency-Key must have 1 to 255 visible ASCII characters.', {
    errors: [{ parameter: 'Idempotency-Key', detail: 'Must have 1 to 255 visible ASCII characters.' }],
  })
}

const fingerprintOf = ({ method, url, body }: FastifyRequest) =>
  hash('sha256', `${method} ${url}\n${JSON.stringify(body)}`)

async function findResponse(
  reader: Reader,
  key: { actorId: string; key: string; expired: string },
  fingerprint: string,
): Promise<StoredResponse | undefined> {
  const row = await reader.get<{ fingerprint: string; status: number; headers: string; body: string }>(
    FIND,
    key,
  )
  if (!row) return undefined
  if (row.fingerprint !== fingerprint)
    throw new Problem('idempotency-mismatch', 'This Idempotency-Key was used with another path or body.')
  const headers = JSON.parse(row.headers) as Record<string, string>
  return { status: row.status, headers: { ...headers, 'idempotency-replayed': 'true' }, body: row.body }
}

const FIND = sql`select ${idempotency.fingerprint}, ${idempotency.status},
    ${idempotency.headers}, ${idempotency.body}
  from ${idempotency}
  where ${idempotency.actorId} = ${sql.placeholder('actorId')}
    and ${idempotency.key} = ${sql.placeholder('key')}
    and ${idempotency.createdAt} >= ${sql.placeholder('expired')}`

const DELETE_EXPIRED = sql`delete from ${idempotency} where ${idempotency.createdAt} < ${sql.placeholder('expired')}`

const DELETE = sql`delete from ${idempotency} where ${idempotency.actorId} = ${sql.placeholder('actorId')} and ${idempotency.key} = ${sql.placeholder('key')}`

const INSERT = insertInto(idempotency)

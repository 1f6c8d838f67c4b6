// Answering writes: who they are by, what they answer, and POSTs that may be repeated (Idempotency-Key).
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../core/problems.ts'
import type { Reader, Writer } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { idempotency } from '../db/system-tables.ts'
import { etagOf, httpDate } from './conditional.ts'

/** How long an answer is kept for its Idempotency-Key. */
const KEPT_MS = 24 * 3_600_000

/** Who a write is by: the key of the request, and the request itself. */
export function authorOf(request: FastifyRequest) {
  const { key } = request
  if (!key) throw new Problem('unauthorized', 'This needs a key.')
  return { actor: { id: key.id, name: key.name }, requestId: request.id }
}

type Author = ReturnType<typeof authorOf>

/** What writes in transactions: `Records`, seen from here. */
interface Writes<Unit> {
  write<Result>(author: Author, work: (tx: Unit) => Promise<Result>): Promise<Result>
}

/** An answer, made whole before it is sent, so that it can be kept. */
export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: string
  /** What is kept of the body for an Idempotency-Key, where that is less than all: a secret is not kept. */
  kept?: string
}

/** A record that was written, with the ETag with which to write it again. */
export function recordResponse(
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

export const DELETED: StoredResponse = { status: 204, headers: {}, body: '' }

/**
 * Writes, and answers. A POST with an Idempotency-Key that was answered before gets the same answer again: the
 * answer is kept in the transaction of the write, so there is never the one without the other, and of two at once
 * the second waits for the first. Refusals write nothing and are not kept.
 * @param restore makes an answer whole of which less was kept
 * @throws Problem `idempotency-mismatch`, and whatever `work` throws
 */
export async function respondIdempotently<Unit extends Writer & { now: Date }>(
  records: Writes<Unit>,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Unit) => Promise<StoredResponse>,
  restore?: (tx: Unit, kept: StoredResponse) => Promise<StoredResponse>,
): Promise<FastifyReply> {
  const author = authorOf(request)
  const key = request.method === 'POST' ? request.headers['idempotency-key'] : undefined
  const { status, headers, body } = await records.write(author, async (tx) => {
    if (typeof key !== 'string') return work(tx)
    const id = { actorId: author.actor.id, key: checkKey(key) }
    const fingerprint = fingerprintOf(request)
    const kept = await keptAnswer(tx, id, fingerprint, tx.now)
    if (kept) return restore ? restore(tx, kept) : kept
    const made = await work(tx)
    await tx.run(FORGET, { before: expiry(tx.now) })
    const values = {
      ...id,
      fingerprint,
      createdAt: tx.now.toISOString(),
      status: made.status,
      headers: JSON.stringify(made.headers),
      body: made.kept ?? made.body,
    }
    await tx.run(KEEP, values)
    return made
  })
  reply.code(status).headers({ 'cache-control': 'no-store', ...headers })
  return status === 204 ? reply.send() : reply.send(body)
}

function checkKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Problem('invalid-parameter', 'Idempotency-Key takes 1 to 255 visible ASCII characters.', {
    errors: [{ parameter: 'Idempotency-Key', detail: '1 to 255 visible ASCII characters.' }],
  })
}

const fingerprintOf = (request: FastifyRequest) =>
  createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body)}`)
    .digest('hex')

/** What was kept before this is not known any more. */
const expiry = (now: Date) => new Date(now.getTime() - KEPT_MS).toISOString()

async function keptAnswer(
  tx: Reader,
  id: { actorId: string; key: string },
  fingerprint: string,
  now: Date,
): Promise<StoredResponse | undefined> {
  const kept = await tx.get<{ fingerprint: string; status: number; headers: string; body: string }>(FIND, {
    ...id,
    after: expiry(now),
  })
  if (!kept) return undefined
  if (kept.fingerprint !== fingerprint) {
    throw new Problem('idempotency-mismatch', 'This Idempotency-Key came with another path or body before.')
  }
  const headers = { ...(JSON.parse(kept.headers) as Record<string, string>), 'idempotency-replayed': 'true' }
  return { status: kept.status, headers, body: kept.body }
}

const FIND = sql`select ${idempotency.fingerprint} as fingerprint, ${idempotency.status} as status, ${idempotency.headers} as headers, ${idempotency.body} as body from ${idempotency} where ${idempotency.actorId} = ${sql.placeholder('actorId')} and ${idempotency.key} = ${sql.placeholder('key')} and ${idempotency.createdAt} >= ${sql.placeholder('after')}`

const FORGET = sql`delete from ${idempotency} where ${idempotency.createdAt} < ${sql.placeholder('before')}`

const KEEP = sql`insert into ${idempotency} ("actorId", "key", "fingerprint", "createdAt", "status", "headers", "body") values (${sql.placeholder('actorId')}, ${sql.placeholder('key')}, ${sql.placeholder('fingerprint')}, ${sql.placeholder('createdAt')}, ${sql.placeholder('status')}, ${sql.placeholder('headers')}, ${sql.placeholder('body')})`

// Serves the history of a record: its versions, their authors and dates, and patches.
import type { FastifyInstance } from 'fastify'
import { createPatch } from 'rfc6902'
import { z } from 'zod'
import { notFound } from '../core/problems.ts'
import type { Reader } from '../db/engine.ts'
import { sql } from '../db/sql.ts'
import { changes } from '../db/system-tables.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe, recordParam } from '../http/describe.ts'
import { MAX_LIMIT } from '../records/read/parameters.ts'
import { findRecord } from '../records/read/record.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { instant, line, named, unbounded, wholeNumber } from '../records/schema/shapes.ts'
import type { Records } from '../records/write/records.ts'

export const actor = z
  .object({
    id: line(100, 'The id of the key, or `seed`.'),
    name: z.string().meta({ ...unbounded, description: 'The name of the key.' }),
  })
  .meta({ id: 'Actor', description: 'The author of a change: a key, or `seed`.' })

export const op = named('Operation', z.enum(['create', 'update', 'delete'])).meta({
  description: 'The operation of the change.',
})

const patchOperation = z
  .object({
    op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']).meta({ description: 'The operation.' }),
    path: line(1000, 'The target, a JSON Pointer (RFC 6901).'),
    from: line(1000, 'The source, for `move` and `copy`.').optional(),
    value: z.unknown().optional().meta({ description: 'The new value; any JSON value.' }),
  })
  .meta({ id: 'JsonPatchOperation', description: 'An operation of JSON Patch (RFC 6902).' })

const version = z
  .object({
    version: z.int().min(1).meta({ description: 'The version of the record after the change.' }),
    seq: z.int().min(1).meta({ description: 'The number of the change in the change feed.' }),
    op,
    at: instant('When the change was committed.'),
    actor,
    requestId: line(128, 'The id of the request that wrote it.').nullable(),
    patch: z.array(patchOperation).meta({
      ...unbounded,
      description:
        'The difference from the previous version (RFC 6902). The first version adds the whole record, a deletion removes it.',
    }),
  })
  .meta({ id: 'Version', description: 'A version of a record.' })

const history = z
  .object({
    data: z.array(version).max(MAX_LIMIT),
    page: z
      .object({
        nextBefore: z
          .int()
          .min(1)
          .nullable()
          .meta({ description: 'The value of `before` for older versions; null if there are none.' }),
        limit: z
          .int()
          .min(1)
          .max(MAX_LIMIT)
          .meta({ description: 'The maximum number of versions on a page.' }),
      })
      .meta({ id: 'HistoryPageInfo', description: 'The position of the page in the history.' }),
  })
  .meta({ id: 'History', description: 'The versions of a record, the newest first.' })

interface LoggedVersion {
  seq: number
  version: number
  op: string
  at: string
  actorId: string
  actorName: string
  requestId: string | null
  doc: string | null
}

export function historyRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  const { kind, name, path } = resource
  app.get(`/v1/${path}/:id/history`, {
    schema: describe({
      operationId: `get${name}History`,
      tag: path,
      summary: `List the versions of the ${kind}`,
      description:
        'Newest first; works for deleted records. With `version`, the complete record at that version.',
      params: recordParam(resource),
      query: z.strictObject({
        version: wholeNumber(1, Number.MAX_SAFE_INTEGER)
          .optional()
          .meta({ description: 'Returns the complete record at this version.' }),
        before: wholeNumber(1, Number.MAX_SAFE_INTEGER)
          .optional()
          .meta({ description: 'Only versions before this one.' }),
        limit: wholeNumber(1, MAX_LIMIT)
          .default(25)
          .meta({ description: 'The maximum number of versions on a page.' }),
      }),
      answers: {
        200: {
          description: 'The versions, or the record at one version.',
          schema: z.union([history, resource.record]),
        },
      },
      problems: ['not-found'],
    }),
    handler: async (request, reply) => {
      const { id: idOrAlias } = request.params as { id: string }
      const query = request.query as { version?: number; before?: number; limit: number }
      const body = await records.engine.read(async (reader) => {
        const id = (await findRecord(reader, resource, idOrAlias))?.id ?? idOrAlias
        return query.version === undefined
          ? versions(reader, kind, id, query.before ?? null, query.limit)
          : wholeVersion(reader, kind, id, query.version)
      })
      return sendRepresentation(reply, { body })
    },
  })
}

async function wholeVersion(reader: Reader, kind: string, id: string, number: number): Promise<string> {
  const version = await reader.get<LoggedVersion>(ONE, { id, kind, version: number })
  if (!version?.doc) throw notFound(kind, id, ` at version ${number}`)
  return version.doc
}

async function versions(
  reader: Reader,
  kind: string,
  id: string,
  before: number | null,
  limit: number,
): Promise<string> {
  // One extra row, since the patch of the oldest version needs the version before it.
  const rows = await reader.all<LoggedVersion>(
    sql`select ${LOGGED} from ${changes} where ${changes.recordId} = ${id} and ${changes.kind} = ${kind}${before === null ? sql.empty() : sql` and ${changes.version} < ${before}`} order by ${changes.version} desc ${sql.limit(limit + 1)}`,
  )
  if (rows.length === 0 && before === null) throw notFound(kind, id)
  const shown = rows.slice(0, limit)
  const data = shown.map((row, index) => ({
    version: row.version,
    seq: row.seq,
    op: row.op,
    at: row.at,
    actor: { id: row.actorId, name: row.actorName },
    requestId: row.requestId,
    patch: patchBetween(rows[index + 1]?.doc ?? null, row.doc),
  }))
  const nextBefore = rows.length > limit ? (shown.at(-1)?.version ?? null) : null
  return JSON.stringify({ data, page: { nextBefore, limit } })
}

/** The JSON Patch between two versions; null: the record does not exist. */
function patchBetween(before: string | null, after: string | null) {
  if (after === null) return [{ op: 'remove', path: '' }]
  if (before === null) return [{ op: 'add', path: '', value: JSON.parse(after) as Doc }]
  return createPatch(JSON.parse(before), JSON.parse(after))
}

const LOGGED = sql`${changes.seq} as seq, ${changes.version} as version, ${changes.op} as op, ${changes.at} as at, ${changes.actorId} as "actorId", ${changes.actorName} as "actorName", ${changes.requestId} as "requestId", ${changes.doc} as doc`

const ONE = sql`select ${LOGGED} from ${changes} where ${changes.recordId} = ${sql.placeholder('id')} and ${changes.kind} = ${sql.placeholder('kind')} and ${changes.version} = ${sql.placeholder('version')}`

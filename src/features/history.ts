// Serves the history of a record: its versions, their authors and dates, and patches.
import { setImmediate as nextTick } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { jsonPatch } from '../core/json-patch.ts'
import { sendRepresentation } from '../http/conditional.ts'
import { describe } from '../http/describe.ts'
import { type LoggedVersion, readVersions, wholeVersion } from '../records/read/history.ts'
import { MAX_LIMIT } from '../records/read/parameters.ts'
import { instant, line, named, unbounded, wholeNumber } from '../records/schema/shapes.ts'
import type { Records } from '../records/write/records.ts'
import type { Params, RecordPath } from './records/path.ts'

export const actor = z
  .object({
    id: line(100, 'The id of the key, or `seed`.'),
    name: z.string().meta({ ...unbounded, description: 'The name of the key.' }),
  })
  .meta({ id: 'Actor', description: 'The author of a change: a key, or `seed`.' })

export const op = named('Operation', z.enum(['create', 'update', 'delete', 'merge'])).meta({
  description: 'The operation of the change.',
})

/** The reason of a change in a response. */
export const reason = named(
  'Reason',
  line(500, 'Why the author changed the record.').nullable(),
  'Why the author changed the record; null if they did not say.',
)

const patchOperation = z
  .object({
    op: named('JsonPatchOp', z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test'])).meta({
      description: 'The operation.',
    }),
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
    reason,
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

const versionParameters = z.strictObject({
  before: wholeNumber(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Only versions before this one.' }),
  limit: wholeNumber(1, MAX_LIMIT).default(25).meta({
    description: 'The maximum number of versions on a page; there are fewer if the records are large.',
  }),
})

const versionNumber = wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({
  description: 'The number of the version.',
  example: 1,
})

export function historyRoutes(app: FastifyInstance, record: RecordPath, { engine }: Records): void {
  const { entity, name, path, tag, params, idOf } = record
  const { kind } = entity
  app.get(`${path}/history`, {
    schema: describe({
      operationId: `get${name}History`,
      hidden: record.hidden ?? false,
      tag,
      summary: `List the versions of the ${kind}`,
      description: 'Newest first; works for deleted records.',
      params,
      query: versionParameters,
      answers: { 200: { description: 'The versions.', schema: history } },
      problems: ['not-found'],
    }),
    handler: async (request, reply) => {
      const { before = null, limit } = request.query as { before?: number; limit: number }
      const rows = await engine.read(async (reader) =>
        readVersions(engine, reader, kind, await idOf(reader, request.params as Params), before, limit),
      )
      return sendRepresentation(reply, { body: await historyPage(rows, limit) })
    },
  })
  app.get(`${path}/history/:version`, {
    schema: describe({
      operationId: `get${name}Version`,
      hidden: record.hidden ?? false,
      tag,
      summary: `Get a version of the ${kind}`,
      description: 'The complete record as it was; works for deleted records.',
      params: params.extend({ version: versionNumber }),
      answers: { 200: { description: `The ${kind} at that version.`, schema: entity.plain } },
      problems: ['not-found'],
    }),
    handler: async (request, reply) => {
      const { version, ...given } = request.params as Params
      const body = await engine.read(async (reader) =>
        wholeVersion(reader, kind, await idOf(reader, given), Number(version)),
      )
      return sendRepresentation(reply, { body })
    },
  })
}

async function historyPage(rows: LoggedVersion[], limit: number): Promise<string> {
  const hasOlder = (rows.at(-1)?.version ?? 1) > 1
  const shown = hasOlder ? rows.slice(0, -1) : rows.slice(0, limit)
  const data: object[] = []
  for (const [index, row] of shown.entries()) {
    const { version, seq, op, at, actorId, actorName, requestId, reason } = row
    const patch = jsonPatch(rows[index + 1]?.doc ?? null, row.doc)
    const actor = { id: actorId, name: actorName }
    data.push({ version, seq, op, at, actor, requestId, reason, patch })
    // A patch takes a while, so other requests get their turn.
    await nextTick()
  }
  const nextBefore = rows.length > shown.length ? (shown.at(-1)?.version ?? null) : null
  return JSON.stringify({ data, page: { nextBefore, limit } })
}

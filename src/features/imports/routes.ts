// Imports over HTTP: a file is uploaded, imported in the background, and polled by id.
import { rm } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import type { Reader } from '../../db/engine.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, partParam, textBody, withReason } from '../../http/describe.ts'
import { problemType } from '../../http/problems.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { instant, line, mayGrow, named, unbounded, wholeNumber } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { actor } from '../history.ts'
import { authorOf, respondIdempotently, type StoredResponse } from '../respond.ts'
import { type ImportJob, ImportJobs } from './jobs.ts'
import { kindsInOrder, pathsOf } from './kinds.ts'
import { MAX_ERRORS } from './outcome.ts'
import { template } from './template.ts'
import { removeLeftovers } from './temporary.ts'
import { acceptUploads, MAX_BYTES, receive, type UploadedFile } from './upload.ts'

const EXAMPLES = {
  'text/csv': {
    description:
      'CSV (RFC 4180) in UTF-8 with a header row; requires `kind`. Semicolons and tabs are also accepted as delimiters.',
    example: 'name,otherNames,identifiers\r\nThe minister,Another spelling; a third,my-archive:1\r\n',
    maxBytes: MAX_BYTES,
  },
  'application/x-ndjson': {
    description: 'One JSON object per line: a record if `kind` is set, otherwise `{"kind": …, "record": …}`.',
    example:
      '{"kind":"speaker","record":{"name":"The minister"}}\n{"kind":"proposal","record":{"title":"Exercise together","proposedOn":"2022-08-24","speakerId":"The minister"}}\n',
    maxBytes: MAX_BYTES,
  },
}

const mode = named('ImportMode', z.enum(['dry-run', 'commit']), 'Whether an import only checks, or writes.')

/** @param sweepMs how often to look for imports whose process has ended */
export async function importRoutes(
  app: FastifyInstance,
  records: Records,
  sweepMs?: number,
): Promise<ImportJobs> {
  const jobs = new ImportJobs(records, app.log, sweepMs)
  app.addHook('onReady', async () => {
    await removeLeftovers().catch((error: unknown) =>
      app.log.warn({ err: error }, 'temporary files could not be removed'),
    )
    await jobs
      .open()
      .catch((error: unknown) => app.log.error({ err: error }, 'imports could not be looked at'))
  })
  app.addHook('preClose', () => jobs.close())

  const paths = pathsOf(records.catalogue)
  const kinds = z.enum(kindsInOrder(records.catalogue)).meta(mayGrow)
  // The name of a list is accepted too.
  const kindParameter = z
    .preprocess((input) => paths.get(String(input)) ?? input, kinds)
    .meta({ description: 'The kind of the rows.', example: 'proposal' })
  const importShape = jobSchema(kinds)

  await app.register(async (scope) => {
    acceptUploads(scope)
    scope.post('/v1/imports', {
      config: { role: 'analyst' },
      schema: describe({
        operationId: 'createImport',
        tag: 'imports',
        summary: 'Create an import from a file of records',
        description:
          'Imports up to 100,000 rows of NDJSON or CSV in one transaction. A row with the `id`, an identifier, the slug or code of a record, or the text of a source, updates the fields that it contains. A row that describes a record which is there, as in a report, fills its empty fields, and what differs is listed; if it only may describe it, that is a fault. Other rows create records. References may also be `scheme:identifier` or a name, of a stored record or one in the file. Rows may contain lists of `evidence`, `events`, `positions` and `relations`. The import runs in the background; poll `Location` until it has finished.',
        query: z.strictObject({
          mode: mode.meta({ description: '`dry-run` checks all rows and writes nothing.' }),
          kind: kindParameter.optional().meta({
            description:
              'The kind of the rows. Required for CSV; without it each line of NDJSON contains its kind.',
          }),
          ...withReason.shape,
        }),
        upload: EXAMPLES,
        answers: {
          202: {
            description: 'The import was accepted.',
            schema: importShape,
            headers: ['Location'],
          },
        },
      }),
      handler: async (request, reply) => {
        const { mode, kind } = request.query as { mode: ImportJob['mode']; kind?: Kind }
        const place = jobs.admit(Number(request.headers['content-length'] ?? MAX_BYTES))
        let upload: UploadedFile | undefined
        let entered: ImportJob | undefined
        try {
          const received = await receive(request)
          upload = received
          place.bytes = upload.bytes
          await jobs.checkRoom(upload)
          let created: ImportJob | undefined
          const isDead = (tx: Reader, { body }: StoredResponse) =>
            jobs.isRepeatable(tx, (JSON.parse(body) as ImportJob).id)
          const enter = async (tx: WriteTransaction) => {
            const job = await jobs.enter(tx, {
              mode,
              kind: kind ?? null,
              format: received.format,
            })
            created = job
            return {
              status: 202,
              headers: {
                'content-type': 'application/json; charset=utf-8',
                location: `/v1/imports/${job.id}`,
              },
              body: JSON.stringify(job),
            }
          }
          await respondIdempotently(records, request, reply, enter, { isDead })
          entered = created
        } finally {
          if (entered && upload) jobs.start(entered, authorOf(request), upload, place)
          else {
            jobs.leave(place)
            if (upload) await rm(upload.path, { force: true })
          }
        }
        return reply
      },
    })
  })

  for (const [format, type, as] of [
    ['csv', 'text/csv', 'Csv'],
    ['ndjson', 'application/x-ndjson', 'Ndjson'],
  ] as const)
    app.get(`/v1/imports/template.${format}`, {
      schema: describe({
        operationId: `getImportTemplateAs${as}`,
        tag: 'imports',
        summary: `Get a template for an import file in ${format.toUpperCase()}`,
        description: format === 'csv' ? 'A header row and an example.' : 'An example.',
        query: z.strictObject({ kind: kindParameter }),
        answers: { 200: { description: 'The template.', schema: textBody(type), type } },
      }),
      handler: async (request, reply) => {
        const { kind } = request.query as { kind: Kind }
        const entity = records.catalogue.entity(kind)
        return sendRepresentation(reply, {
          body: template(records.catalogue, entity, format),
          headers: { 'content-disposition': `attachment; filename="${entity.path}-template.${format}"` },
          type: `${type}; charset=utf-8`,
        })
      },
    })

  app.get('/v1/imports/:id', {
    // Faults may quote rows.
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'getImport',
      tag: 'imports',
      summary: 'Get the progress and result of an import',
      description: 'Imports are deleted after 30 days.',
      params: z.object({ id: partParam('imp', 'The id of the import.') }),
      query: z.strictObject({
        wait: wholeNumber(0, 60)
          .default(0)
          .meta({ description: 'The maximum number of seconds to wait for the import to finish.' }),
      }),
      answers: { 200: { description: 'The import.', schema: importShape } },
      problems: ['not-found'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { wait } = request.query as { wait: number }
      if (wait > 0) await jobs.wait(id, AbortSignal.any([request.signal, AbortSignal.timeout(wait * 1000)]))
      return sendRepresentation(reply, { body: JSON.stringify(await jobs.read(records.engine.reader, id)) })
    },
  })
  return jobs
}

function jobSchema(kinds: z.ZodEnum<Record<Kind, Kind>>) {
  const count = (description: string) => z.int().nonnegative().meta({ description })
  return z
    .object({
      id: z
        .string()
        .regex(idPattern('imp'))
        .meta({ description: 'The id of the import: opaque, time-ordered (TypeID).', maxLength: 30 }),
      status: named('ImportStatus', z.enum(['queued', 'running', 'succeeded', 'failed'])).meta({
        description:
          'The state of the import. `failed`: nothing was written. `succeeded`: everything was written, or could be (`dry-run`).',
      }),
      mode: mode.meta({ description: 'Whether rows are only checked, or written.' }),
      kind: kinds.nullable().meta({ description: 'The kind of the rows; null if each row contains it.' }),
      format: named('ImportFormat', z.enum(['csv', 'ndjson'])).meta({
        description: 'The format of the file.',
      }),
      createdAt: instant('When the import was created.'),
      finishedAt: instant('When the import finished; null before.').nullable(),
      actor,
      progress: z
        .object({
          phase: named('ImportPhase', z.enum(['reading', 'writing'])).meta({
            description: 'The current phase.',
          }),
          done: count('Processed rows, including children inside other rows.'),
          total: count('All rows; null while unknown.').nullable(),
        })
        .meta({ id: 'ImportProgress', description: 'The progress of an import.' })
        .nullable()
        .meta({ description: 'The progress of a running import; otherwise null.' }),
      failure: z
        .string()
        .nullable()
        .meta({ ...unbounded, description: 'The cause of a failure other than faults of rows.' }),
      rows: count('The number of rows.').optional(),
      summary: z
        .array(
          z
            .object({
              kind: kinds.meta({ description: 'The kind of the records.' }),
              created: count('Created records.'),
              changed: count('Existing records that changed.'),
              unchanged: count('Existing records that did not change.'),
            })
            .meta({ id: 'ImportCounts', description: 'The results for one kind.' }),
        )
        .max(50)
        .optional()
        .meta({ description: 'The results by kind; of a `dry-run`, what would be written.' }),
      differenceCount: count(
        'How many values of rows differ from those of the records that they were recognised as.',
      ).optional(),
      differences: z
        .array(
          z
            .object({
              file: line(1000, 'The name of the file; `body` for an upload over HTTP.'),
              row: z.int().nullable().meta({ description: 'The number of the row.' }),
              line: z.int().nullable().meta({ description: 'The line on which the row starts.' }),
              field: z
                .string()
                .meta({ ...unbounded, description: 'The path of the field (`events.0.note`).' }),
              id: z.string().meta({ maxLength: 30, description: 'The id of the record or part.' }),
              record: z.unknown().meta({ description: 'The value of the record.' }),
              report: z.unknown().meta({ description: 'The value of the row.' }),
            })
            .meta({
              id: 'ImportDifference',
              description: 'A value of a row that differs from that of the record that it was recognised as.',
            }),
        )
        .max(MAX_ERRORS)
        .optional()
        .meta({
          description: `The differences, at most ${MAX_ERRORS.toLocaleString('en')}. The records keep their values.`,
        }),
      errorCount: count('The number of faults.').optional(),
      errors: z
        .array(
          z
            .object({
              file: line(1000, 'The name of the file; `body` for an upload over HTTP.'),
              row: z.int().nullable().meta({
                description: 'The number of the row, from 1 without the header; null: the whole file.',
              }),
              line: z.int().nullable().meta({ description: 'The line on which the row starts, from 1.' }),
              field: z
                .string()
                .nullable()
                .meta({
                  ...unbounded,
                  description: 'The path of the field (`topicIds.1`); null: the whole row.',
                }),
              detail: z.string().meta({ ...unbounded, description: 'A description of the fault.' }),
              type: problemType,
            })
            .meta({ id: 'ImportFault', description: 'A fault in a row.' }),
        )
        .max(MAX_ERRORS)
        .optional()
        .meta({ description: `The faults, at most ${MAX_ERRORS.toLocaleString('en')}.` }),
    })
    .meta({ id: 'Import', description: 'An import with its progress and result.' })
}

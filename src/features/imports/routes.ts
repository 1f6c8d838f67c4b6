// Imports over HTTP: a file is sent, checked and written behind the scenes, and asked about by its id.
import { rm } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { idPattern } from '../../core/ids.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, partParam, textBody } from '../../http/describe.ts'
import { problemType } from '../../http/problems.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { instant, line, unbounded, wholeNumber } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { actor } from '../history.ts'
import { authorOf, respondIdempotently } from '../respond.ts'
import { kindsInOrder, MAX_ERRORS } from './import.ts'
import { type ImportJob, ImportJobs } from './jobs.ts'
import { pathsOf } from './kinds.ts'
import { template } from './template.ts'
import { MAX_BYTES, receive, takeUploads } from './upload.ts'

const EXAMPLES = {
  'text/csv': {
    description:
      'CSV (RFC 4180) with a header, in UTF-8; `kind` says what the rows are. Delimiters may also be semicolons or tabs.',
    example: 'name,otherNames,identifiers\r\nThe minister,Another spelling; a third,my-archive:1\r\n',
    most: MAX_BYTES,
  },
  'application/x-ndjson': {
    description:
      'A JSON object on each line: a record where `kind` is given, else `{"kind": …, "record": …}`.',
    example:
      '{"kind":"speaker","record":{"name":"The minister"}}\n{"kind":"proposal","record":{"title":"Exercise together","proposedOn":"2022-08-24","speakerId":"The minister"}}\n',
    most: MAX_BYTES,
  },
}

export async function importRoutes(app: FastifyInstance, records: Records): Promise<void> {
  const jobs = new ImportJobs(records, app.log)
  app.addHook('onReady', () =>
    jobs.recover().catch((error: unknown) => app.log.error({ err: error }, 'imports could not be looked at')),
  )
  app.addHook('preClose', () => jobs.close())

  const paths = pathsOf(records.catalogue)
  const kinds = z.enum(kindsInOrder(records.catalogue))
  const kindParameter = z.enum([...paths.keys()]).meta({
    description: 'What the rows are.',
  })
  const importShape = jobSchema(kinds)

  await app.register(async (scope) => {
    takeUploads(scope)
    scope.post('/v1/imports', {
      config: { role: 'analyst' },
      schema: describe({
        operationId: 'createImport',
        tag: 'imports',
        summary: 'Create an import from a file of records',
        description:
          'Up to 100,000 rows of NDJSON or CSV, all of them or nothing. A row is about a known record when it has its `id`, one of its `identifiers`, its slug or code, or the text of a source; it changes the fields that it names. References may also be `scheme:identifier` or a name, of a record here or in the same file. Rows may hold lists of `evidence`, `events`, `positions` and `relations`. The answer comes at once; ask for the import until it is done.',
        query: z.strictObject({
          mode: z
            .enum(['dry-run', 'commit'])
            .meta({ description: '`dry-run` says what would become of each row and writes nothing.' }),
          kind: kindParameter.optional().meta({
            description: 'What the rows are. CSV needs it; without it each line of NDJSON says so itself.',
          }),
        }),
        upload: EXAMPLES,
        answers: {
          202: {
            description: 'The import, which is under way.',
            schema: importShape,
            headers: ['Location'],
          },
        },
        secured: true,
      }),
      handler: async (request, reply) => {
        const { mode, kind } = request.query as { mode: ImportJob['mode']; kind?: string }
        const upload = await receive(request)
        let entered: ImportJob | undefined
        try {
          let created: ImportJob | undefined
          await respondIdempotently(records, request, reply, async (tx) => {
            const job = await jobs.enter(tx, {
              mode,
              kind: kind === undefined ? null : (paths.get(kind) as Kind),
              format: upload.format,
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
          })
          entered = created
        } finally {
          if (entered) jobs.start(entered, authorOf(request), upload)
          else await rm(upload.path, { force: true })
        }
        return reply
      },
    })
  })

  app.get('/v1/imports/template', {
    schema: describe({
      operationId: 'getImportTemplate',
      tag: 'imports',
      summary: 'Get a template for an import file',
      description: 'A header and an example; as NDJSON an example alone.',
      query: z.strictObject({
        kind: kindParameter,
        format: z.enum(['csv', 'ndjson']).default('csv').meta({ description: 'The form of the file.' }),
      }),
      answers: {
        200: {
          description: 'The template.',
          schema: textBody('text/csv'),
          type: 'text/csv',
          alsoAs: ['application/x-ndjson'],
        },
      },
    }),
    handler: async (request, reply) => {
      const { kind, format } = request.query as { kind: string; format: 'csv' | 'ndjson' }
      const entity = records.catalogue.entity(paths.get(kind) as Kind)
      return sendRepresentation(reply, {
        body: template(entity, format),
        headers: { 'content-disposition': `attachment; filename="${kind}-template.${format}"` },
        type: `${format === 'csv' ? 'text/csv' : 'application/x-ndjson'}; charset=utf-8`,
      })
    },
  })

  app.get('/v1/imports/:id', {
    // What is wrong with rows may quote them.
    config: { role: 'analyst' },
    schema: describe({
      operationId: 'getImport',
      tag: 'imports',
      summary: 'Get an import: its progress and result',
      description: 'Kept for 30 days.',
      params: z.object({ id: partParam('imp', 'The id of the import.') }),
      query: z.strictObject({
        wait: wholeNumber(0, 60)
          .default(0)
          .meta({ description: 'Seconds to wait for the end of the import before answering.' }),
      }),
      answers: { 200: { description: 'The import.', schema: importShape } },
      problems: ['not-found'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const { wait } = request.query as { wait: number }
      if (wait > 0) {
        const gone = new AbortController()
        const hangUp = () => gone.abort()
        request.raw.socket.once('close', hangUp)
        await jobs.wait(id, wait * 1000, gone.signal)
        request.raw.socket.removeListener('close', hangUp)
      }
      return sendRepresentation(reply, { body: JSON.stringify(await jobs.read(records.engine.reader, id)) })
    },
  })
}

function jobSchema(kinds: z.ZodEnum<Record<Kind, Kind>>) {
  const count = (description: string) => z.int().nonnegative().meta({ description })
  return z
    .object({
      id: z
        .string()
        .regex(idPattern('imp'))
        .meta({ description: 'Opaque, time-ordered (TypeID).', maxLength: 30 }),
      status: z.enum(['queued', 'running', 'succeeded', 'failed']).meta({
        description:
          'Where it stands. `failed`: nothing was written. `succeeded`: all of it was, or could be (`dry-run`).',
      }),
      mode: z.enum(['dry-run', 'commit']).meta({ description: 'Whether it was to be written.' }),
      kind: kinds.nullable().meta({ description: 'What the rows are; null: each says so itself.' }),
      format: z.enum(['csv', 'ndjson']).meta({ description: 'The form of the file.' }),
      createdAt: instant('When it was sent.'),
      finishedAt: instant('When it was done.').nullable(),
      actor,
      progress: z
        .object({
          phase: z.enum(['reading', 'writing']).meta({ description: 'What is being done.' }),
          done: count('Rows done; those inside others count.'),
          total: count('Of how many; null while that is not known.').nullable(),
        })
        .nullable()
        .meta({ description: 'How far it is while it runs; null before and after.' }),
      failure: z
        .string()
        .nullable()
        .meta({ ...unbounded, description: 'Why it failed, where that is not the fault of rows.' }),
      rows: count('Rows that were read.').optional(),
      summary: z
        .array(
          z
            .object({
              kind: kinds.meta({ description: 'Of which kind.' }),
              created: count('Records that are new.'),
              changed: count('Records that were known and now differ.'),
              unchanged: count('Records that were known and say the same.'),
            })
            .meta({ id: 'ImportCounts', description: 'What became of the rows of a kind.' }),
        )
        .max(50)
        .optional()
        .meta({ description: 'What was done, or would be, by kind.' }),
      unidentified: count(
        'Records made from rows without `id` or `identifiers`: the same file again would make them again.',
      ).optional(),
      errorCount: count('How many faults there are.').optional(),
      errors: z
        .array(
          z
            .object({
              file: line(1000, 'The file; `body` for what was sent over HTTP.'),
              row: z
                .int()
                .nullable()
                .meta({ description: 'The row, from 1, the header not counted; null: the file as a whole.' }),
              line: z.int().nullable().meta({ description: 'The line on which the row begins, from 1.' }),
              field: z
                .string()
                .nullable()
                .meta({
                  ...unbounded,
                  description: 'The field, dotted (`topicIds.1`); null: the row as a whole.',
                }),
              detail: z.string().meta({ ...unbounded, description: 'What is wrong.' }),
              type: problemType,
            })
            .meta({ id: 'ImportFault', description: 'What is wrong with a row.' }),
        )
        .max(MAX_ERRORS)
        .optional()
        .meta({ description: `What is wrong; the first ${MAX_ERRORS.toLocaleString('en')}.` }),
    })
    .meta({ id: 'Import', description: 'An import, and what became of it.' })
}

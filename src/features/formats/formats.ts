// Sends lists as CSV, NDJSON, iCalendar or Atom.
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { oneAtATime } from '../../core/one-at-a-time.ts'
import { Problem } from '../../core/problems.ts'
import type { ReadSnapshot } from '../../records/read/context.ts'
import { embedIncludes } from '../../records/read/include.ts'
import { type Page, walkList } from '../../records/read/page.ts'
import { isLongRead, type Listable, type ListQuery } from '../../records/read/parameters.ts'
import { parse } from '../../records/read/record.ts'
import { kindsRead } from '../../records/read/resolve.ts'
import { lastSeq, lastSeqOf, type Row, type View } from '../../records/read/view.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { RouteDeps } from '../records/page.ts'
import { atomFeed } from './atom.ts'
import { calendar } from './calendar.ts'
import { cellsOf, columnsOf, csvText } from './columns.ts'

/** How many rows are read at a time at most, and of those in which records are embedded. */
const BATCH = 200
const BATCH_WITH_INCLUDE = 25

/** The size of what is embedded in a batch. Beyond it, records are read one by one. */
const MAX_EMBEDDED_BYTES = 1_000_000

/** How many lists are streamed at a time: each holds a batch until its client has taken it. */
export const MAX_STREAMS = 20
let streams = 0

function streamOf(chunks: AsyncGenerator<Buffer>): Readable {
  streams++
  const stream = Readable.from(chunks, { objectMode: false })
  stream.once('close', () => streams--)
  return stream
}

/** Streams take turns: however many there are, other requests are processed after each batch. */
const takeTurn = oneAtATime()

/** The maximum number of entries of a calendar or feed. */
const MAX_EVENTS = 10_000
/** The maximum size of the documents of a calendar or feed. It ends with the record that exceeds it. */
const MAX_CHARACTERS = 16_000_000

export const FORMATS = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  ics: 'text/calendar',
  atom: 'application/atom+xml',
} as const

export type Format = keyof typeof FORMATS

/** The formats of the list of a resource. */
export const formatsOf = ({ formats = [] }: Listable): Format[] => ['json', 'csv', 'ndjson', ...formats]

export const formatParameter = (resource: Listable) =>
  z.enum(formatsOf(resource)).meta({
    description:
      'The format of the response, instead of `Accept`. CSV and NDJSON contain the whole list and ignore `limit`.',
  })

/** The format requested by `format` or `Accept`. @throws Problem `not-acceptable` */
export function chooseFormat(
  request: FastifyRequest,
  resource: Listable,
  requested: Format | undefined,
): Format {
  if (requested) return requested
  const { accept } = request.headers
  if (accept === undefined || accept === '*/*' || accept === FORMATS.json) return 'json'
  const offered = formatsOf(resource)
  const type = request.accepts().type(offered.map((format) => FORMATS[format]))
  const format = offered.find((candidate) => FORMATS[candidate] === type)
  if (format) return format
  throw new Problem(
    'not-acceptable',
    `This list is available as ${offered.map((one) => FORMATS[one]).join(', ')}.`,
  )
}

/** Sends a whole list in a format other than JSON. */
export async function sendAs(
  request: FastifyRequest,
  reply: FastifyReply,
  format: Exclude<Format, 'json'>,
  { records, readSnapshot }: RouteDeps,
  resource: Listable,
  query: ListQuery,
): Promise<FastifyReply> {
  if (format === 'csv' && query.include.length > 0) {
    throw new Problem('invalid-parameter', 'CSV does not support include.', {
      errors: [{ parameter: 'include', detail: 'Not supported with CSV.' }],
    })
  }
  records.engine.replicas?.pinToPrimary()
  // Read before the rows: after a write in between the ETag is too old, which is safe. Embedded records are of any kind.
  const seq =
    query.include.length > 0
      ? await lastSeq(records.engine.reader)
      : await lastSeqOf(records.engine.reader, kindsRead(resource, query))
  // Read the first batch before sending anything, so that a bad cursor or topic is answered with a problem.
  if (streams >= MAX_STREAMS)
    throw new Problem('unavailable', `The service sends ${MAX_STREAMS} lists as CSV or NDJSON already.`, {
      headers: { 'retry-after': '10' },
    })
  const readInTurn: ReadSnapshot = (work, options) =>
    takeTurn(() => {
      if (request.raw.socket.destroyed) throw new Error('The client has disconnected.')
      return readSnapshot(work, options)
    })
  const batches = walkList(readInTurn, resource, query, query.include.length > 0 ? BATCH_WITH_INCLUDE : BATCH)
  const first = await batches.next()
  const day = records.now().toISOString().slice(0, 10)
  const etag = `"${format}.${hash('sha1', `${seq} ${day} ${baseOf(request)}${request.url}`, 'base64url').slice(0, 22)}"`
  reply.headers({ etag, 'feed-position': String(seq) }).type(`${FORMATS[format]}; charset=utf-8`)
  if (format === 'csv') reply.header('content-disposition', `attachment; filename="${resource.path}.csv"`)
  // An empty stream, so that no Content-Length is sent.
  if (request.method === 'HEAD') return reply.send(Readable.from([]))

  const all = withFirst(first, batches)
  if (format === 'ndjson') return reply.send(streamOf(ndjson(readInTurn, resource, query, all)))
  if (format === 'csv') return reply.send(streamOf(csv(resource, all)))
  const docs = await collect(all, format === 'atom' ? query.limit : MAX_EVENTS)
  if (format === 'ics') return reply.send(calendar(docs, baseOf(request)))
  return reply.send(atomFeed(resource, docs, baseOf(request), request.url))
}

/** The base URL that the client used. @throws Problem if the headers that name it are invalid */
function baseOf({ protocol, host, server }: FastifyRequest): string {
  const refuse = (parameter: string, detail: string) =>
    new Problem('invalid-parameter', `The ${parameter} header is invalid.`, {
      errors: [{ parameter, detail }],
    })
  if (!/^https?$/.test(protocol)) throw refuse('X-Forwarded-Proto', 'Must be http or https.')
  const base = `${protocol}://${host}${server.basePath}`
  if (host === '' || !URL.canParse(base) || /[\s"<>@/?#\\]/.test(host))
    throw refuse('Host', 'Not a valid host.')
  return base
}

async function* withFirst(first: IteratorResult<Page>, rest: AsyncGenerator<Page>): AsyncGenerator<Page> {
  if (first.done) return
  yield first.value
  yield* rest
}

async function collect(batches: AsyncGenerator<Page>, max: number): Promise<Doc[]> {
  const docs: Doc[] = []
  let characters = 0
  for await (const { rows } of batches) {
    for (const row of rows) {
      characters += row.doc.length
      docs.push(parse(row))
    }
    if (docs.length >= max || characters > MAX_CHARACTERS) break
  }
  return docs.slice(0, max)
}

async function* ndjson(
  readSnapshot: ReadSnapshot,
  resource: Listable,
  query: ListQuery,
  batches: AsyncGenerator<Page>,
) {
  /** The lines of copies of rows, so that while a client stalls, only its lines are held. */
  const linesOf = async (rows: Row[], view: View, maxBytes?: number) => {
    const copies = rows.map((row) => ({ ...row }))
    const isCut =
      query.include.length > 0 &&
      (await readSnapshot(
        (context) => embedIncludes(context, resource, copies, query.include, view, maxBytes),
        { isLong: isLongRead(resource, query) },
      ))
    return { isCut, lines: Buffer.from(copies.map(({ doc }) => `${doc}\n`).join('')) }
  }
  for await (const { rows, view } of batches) {
    if (rows.length === 0) continue
    const { isCut, lines } = await linesOf(rows, view, MAX_EMBEDDED_BYTES)
    if (!isCut) yield lines
    // Each record gets as much as it would alone.
    else for (const row of rows) yield (await linesOf([row], view)).lines
  }
}

/** A header row, then one row per record (RFC 4180). */
async function* csv(resource: Listable, batches: AsyncGenerator<Page>) {
  const columns = columnsOf(resource.record)
  yield Buffer.from(csvText([columns.map((path) => path.join('.'))]))
  for await (const { rows } of batches) {
    const cells = rows.map((row) => cellsOf(columns, parse(row)))
    if (cells.length > 0) yield Buffer.from(csvText(cells))
  }
}

// Sends lists as CSV, NDJSON, iCalendar or Atom, and for citation managers.
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../core/problems.ts'
import { baseUrlOf } from '../../http/base-path.ts'
import { CITATIONS, type CitationFormat, cslOf, isCitation } from '../../records/read/citations.ts'
import type { ReadContext, ReadSnapshot } from '../../records/read/context.ts'
import { embedIncludes } from '../../records/read/include.ts'
import { type Page, walkList } from '../../records/read/page.ts'
import { isLongRead, type Listable, type ListQuery } from '../../records/read/parameters.ts'
import { isNamed, type Projection, pick, projected } from '../../records/read/projection.ts'
import { parse } from '../../records/read/record.ts'
import { kindsRead } from '../../records/read/resolve.ts'
import { titlesOf } from '../../records/read/titles.ts'
import { lastSeq, lastSeqOf, type Row, type View } from '../../records/read/view.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { RouteDeps } from '../records/page.ts'
import { atomFeed } from './atom.ts'
import { calendar } from './calendar.ts'
import { csvText, idsInTitleColumns, listCells, listColumns } from './columns.ts'

/** How many rows are read at a time at most, and of those in which records are embedded. */
const BATCH = 200
const BATCH_WITH_INCLUDE = 25

/** The size of what is embedded in a batch. Beyond it, records are read one by one. */
const MAX_EMBEDDED_BYTES = 1_000_000

/** The maximum number of entries of a calendar or feed. */
const MAX_EVENTS = 10_000
/** The maximum size of the documents of a calendar or feed. It ends with the record that exceeds it. */
const MAX_CHARACTERS = 16_000_000

/** The media type of each format. Formats are called by the ends of their addresses: `/v1/proposals.csv`. */
export const FORMATS = {
  json: 'application/json',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  ics: 'text/calendar',
  atom: 'application/atom+xml',
  'csl.json': CITATIONS['csl.json'].type,
  ris: CITATIONS.ris.type,
  bib: CITATIONS.bib.type,
} as const

export type Format = keyof typeof FORMATS
export type OtherFormat = Exclude<Format, 'json'>

/** How each format is called in ids of operations, and in a sentence. */
export const FORMAT_NAMES: Record<OtherFormat, { as: string; title: string }> = {
  csv: { as: 'Csv', title: 'CSV (RFC 4180)' },
  ndjson: { as: 'Ndjson', title: 'NDJSON' },
  ics: { as: 'Calendar', title: 'a calendar (RFC 5545)' },
  atom: { as: 'Feed', title: 'an Atom feed (RFC 4287)' },
  'csl.json': { as: 'Csl', title: 'CSL-JSON' },
  ris: { as: 'Ris', title: 'RIS' },
  bib: { as: 'Bibtex', title: 'BibTeX' },
}

/** The formats of the list of a resource. */
export const formatsOf = ({ formats = [] }: Listable): Format[] => ['json', 'csv', 'ndjson', ...formats]

/** The formats of a single record of a resource beside JSON. */
export const citationFormatsOf = ({ formats = [] }: Listable): CitationFormat[] => formats.filter(isCitation)

/** The format of a list by `Accept`. @throws Problem `not-acceptable` */
export function chooseFormat(request: FastifyRequest, resource: Listable): Format {
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

/** The format of a single record: JSON, unless `Accept` names another one that it has. */
export function chooseRecordFormat(request: FastifyRequest, resource: Listable): 'json' | CitationFormat {
  const others = citationFormatsOf(resource)
  if (others.length === 0) return 'json'
  const type = request.accepts().type([FORMATS.json, ...others.map((format) => FORMATS[format])])
  return others.find((format) => FORMATS[format] === type) ?? 'json'
}

/** @throws Problem if records would be embedded in a format that has no place for them */
export function refuseInclude(format: Format, include: readonly string[]): void {
  if (include.length === 0 || (format !== 'csv' && !isCitation(format))) return
  throw new Problem('invalid-parameter', `${FORMATS[format]} does not support include.`, {
    errors: [{ parameter: 'include', detail: 'Not supported with this format.' }],
  })
}

/** @throws Problem if fields would be left out of a format that does not consist of them */
export function refuseFields(format: Format, projection: Projection | null): void {
  if (projection === null || ['json', 'csv', 'ndjson'].includes(format)) return
  throw new Problem('invalid-parameter', `${FORMATS[format]} does not support fields.`, {
    errors: [{ parameter: 'fields', detail: 'Not supported with this format.' }],
  })
}

/** A source as a file for citation managers. */
export async function citationFile(context: ReadContext, format: CitationFormat, doc: Doc, view: View) {
  const { start, end } = CITATIONS[format]
  return start + (await citationsIn(context, format, [doc], view)).join('') + end
}

async function citationsIn(
  context: ReadContext,
  format: CitationFormat,
  docs: readonly Doc[],
  view: View,
): Promise<string[]> {
  const publishers = docs.map((doc) => String(doc['publisherId'] ?? ''))
  const titles = await titlesOf(context, publishers.filter(Boolean), view)
  return docs.map((doc, index) => CITATIONS[format].write(cslOf(doc, titles.get(publishers[index] ?? ''))))
}

/** Sends a whole list in a format other than JSON. */
export async function sendAs(
  request: FastifyRequest,
  reply: FastifyReply,
  format: OtherFormat,
  deps: RouteDeps,
  resource: Listable,
  query: ListQuery,
  { bom = false, projection = null }: { bom?: boolean; projection?: Projection | null } = {},
): Promise<FastifyReply> {
  refuseInclude(format, query.include)
  refuseFields(format, projection)
  return deps.streams.limit.send(reply, () =>
    contentAs(request, reply, format, deps, resource, query, { bom, projection }),
  )
}

async function contentAs(
  request: FastifyRequest,
  reply: FastifyReply,
  format: OtherFormat,
  { records, readSnapshot, streams }: RouteDeps,
  resource: Listable,
  query: ListQuery,
  { bom, projection }: { bom: boolean; projection: Projection | null },
): Promise<Readable | string> {
  records.engine.replicas?.pinToPrimary()
  const titled = format === 'csv' || isCitation(format)
  // Embedded records, and the record that a part belongs to, are of any kind.
  const readsAny = query.include.length > 0 || (titled && 'recordId' in resource.record.shape)
  const kinds = [...kindsRead(resource, query), ...(titled ? referredKinds(resource) : [])]
  // Read before the rows: after a write in between the ETag is too old, which is safe.
  const { reader } = records.engine
  const seq = readsAny ? await lastSeq(reader) : await lastSeqOf(reader, kinds)
  const readInTurn: ReadSnapshot = (work, options) =>
    streams.inTurn(() => {
      if (request.raw.socket.destroyed) throw new Error('The client has disconnected.')
      return readSnapshot(work, options)
    })
  const batches = walkList(readInTurn, resource, query, query.include.length > 0 ? BATCH_WITH_INCLUDE : BATCH)
  // Read the first batch before sending anything, so that a bad cursor or topic is answered with a problem.
  const first = await batches.next()
  const day = records.now().toISOString().slice(0, 10)
  const etag = `"${format}.${hash('sha1', `${seq} ${day} ${baseUrlOf(request)}${request.url}`, 'base64url').slice(0, 22)}"`
  reply.headers({ etag, 'feed-position': String(seq) }).type(`${FORMATS[format]}; charset=utf-8`)
  if (['csv', 'ris', 'bib'].includes(format))
    reply.header('content-disposition', `attachment; filename="${resource.path}.${format}"`)
  // An empty stream, so that no Content-Length is sent.
  if (request.method === 'HEAD') return Readable.from([])

  const all = withFirst(first, batches)
  if (format === 'ndjson') return streamOf(ndjson(readInTurn, resource, query, all, projection))
  if (format === 'csv') return streamOf(csv(readInTurn, resource, all, projection, bom))
  if (isCitation(format)) return streamOf(citations(readInTurn, format, all))
  const docs = await collect(all, format === 'atom' ? query.limit : MAX_EVENTS)
  if (format === 'ics') return calendar(docs, baseUrlOf(request))
  return atomFeed(resource, docs, baseUrlOf(request), request.url)
}

const streamOf = (chunks: AsyncGenerator<Buffer>) => Readable.from(chunks, { objectMode: false })

const referredKinds = ({ references }: Listable) => [...new Set(references.flatMap(({ kinds }) => kinds))]

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
  projection: Projection | null,
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
    return { isCut, lines: Buffer.from(copies.map(({ doc }) => `${projected(doc, projection)}\n`).join('')) }
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
async function* csv(
  readSnapshot: ReadSnapshot,
  resource: Listable,
  batches: AsyncGenerator<Page>,
  projection: Projection | null,
  bom: boolean,
) {
  const columns = listColumns(resource).filter((column) =>
    isNamed(
      projection,
      ('ids' in column ? column.ids : column.path).filter((name) => name !== '*'),
    ),
  )
  yield Buffer.from((bom ? '\ufeff' : '') + csvText([columns.map(({ name }) => name)]))
  for await (const { rows, view } of batches) {
    if (rows.length === 0) continue
    const docs = rows.map((row) => (projection ? pick(parse(row), projection) : parse(row)))
    const ids = docs.flatMap((doc) => idsInTitleColumns(columns, doc))
    const titles = await readSnapshot((context) => titlesOf(context, ids, view), {
      isLong: view.seq !== null,
    })
    yield Buffer.from(csvText(docs.map((doc) => listCells(columns, doc, titles))))
  }
}

async function* citations(readSnapshot: ReadSnapshot, format: CitationFormat, batches: AsyncGenerator<Page>) {
  const { start, between, end } = CITATIONS[format]
  let before: string = start
  for await (const { rows, view } of batches) {
    if (rows.length === 0) continue
    const items = await readSnapshot((context) => citationsIn(context, format, rows.map(parse), view), {
      isLong: view.seq !== null,
    })
    yield Buffer.from(before + items.join(between))
    before = between
  }
  yield Buffer.from((before === start ? start : '') + end)
}

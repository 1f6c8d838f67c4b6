// Receives a request body as a file on disk and checks that it is UTF-8.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../core/problems.ts'
import { decodeUtf8, type ImportFormat } from './rows.ts'
import { temporaryPath } from './temporary.ts'

const FORMATS: Record<string, ImportFormat> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}

/** The maximum size of a file, in bytes. */
export const MAX_BYTES = 256 * 1024 * 1024

const NEWLINE = 0x0a

/** A received file. Its JSON is its content hash, so that an Idempotency-Key recognizes the same file. */
export class UploadedFile {
  readonly path: string
  readonly format: ImportFormat
  readonly bytes: number
  readonly lines: number
  readonly #sha256: string

  constructor(path: string, format: ImportFormat, bytes: number, lines: number, sha256: string) {
    this.path = path
    this.format = format
    this.bytes = bytes
    this.lines = lines
    this.#sha256 = sha256
  }

  toJSON() {
    return { format: this.format, sha256: this.#sha256 }
  }
}

/** A file whose content has not been received yet. */
interface PendingFile {
  format: ImportFormat
  payload: AsyncIterable<Buffer>
}

/** Makes the routes of a scope accept only files. The handler calls `receive` after all other checks. */
export function acceptUploads(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  for (const [type, format] of Object.entries(FORMATS)) {
    scope.addContentTypeParser(
      type,
      async (_request: FastifyRequest, payload: AsyncIterable<Buffer>): Promise<PendingFile> => ({
        format,
        payload,
      }),
    )
  }
}

/** Writes the body of a request to a file, which the caller removes. @throws Problem, and removes the file */
export async function receive(request: FastifyRequest): Promise<UploadedFile> {
  const { format, payload } = request.body as PendingFile
  const type = String(request.headers['content-type'])
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1]?.toLowerCase()
  if (charset && charset !== 'utf-8')
    throw new Problem('unsupported-media-type', `The file must be UTF-8, not ${charset}.`)
  const encoding = String(request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding !== 'identity')
    throw new Problem(
      'unsupported-media-type',
      `The file must be sent without content encoding, not as ${encoding}.`,
    )
  const file = await storeFile(payload, format)
  request.body = file
  return file
}

/** Writes a file to disk, which the caller removes. @throws Problem if it is too large, empty, or not UTF-8, and removes the file */
export async function storeFile(payload: AsyncIterable<Buffer>, format: ImportFormat): Promise<UploadedFile> {
  const path = temporaryPath()
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  async function* counted() {
    for await (const chunk of payload) {
      bytes += chunk.length
      if (bytes > MAX_BYTES)
        throw new Problem('body-too-large', `A file may have at most ${MAX_BYTES / 1024 / 1024} MiB.`)
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines++
      hash.update(chunk)
      yield chunk
    }
  }
  async function* checked() {
    const seen: Buffer[] = []
    const texts = decodeUtf8(
      (async function* () {
        for await (const chunk of counted()) {
          seen.push(chunk)
          yield chunk
        }
      })(),
    )
    for await (const _ of texts) yield* seen.splice(0)
  }
  try {
    await pipeline(checked, createWriteStream(path, { mode: 0o600 }))
    if (bytes === 0) throw new Problem('malformed-body', 'The body is empty.')
    return new UploadedFile(path, format, bytes, lines, hash.digest('hex'))
  } catch (error) {
    await rm(path, { force: true })
    throw (error as NodeJS.ErrnoException).syscall === 'open' ? folderProblem(error) : error
  }
}

function folderProblem(cause: unknown): Problem {
  const problem = new Problem('unavailable', 'The service has no folder for temporary files.', {
    headers: { 'retry-after': '1' },
  })
  problem.cause = cause
  return problem
}

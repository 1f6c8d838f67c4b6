// Files that are uploaded as the body of a request: straight to disk, checked to be UTF-8 on the way.
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../core/problems.ts'
import { decodeUtf8, type ImportFormat } from './rows.ts'

const FORMATS: Record<string, ImportFormat> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
}

/** The largest file. */
export const MAX_BYTES = 256 * 1024 * 1024

/** A file that has arrived. As JSON it is its content alone, so that the same file is the same request. */
export class UploadedFile {
  readonly path: string
  readonly format: ImportFormat
  readonly #sha256: string

  constructor(path: string, format: ImportFormat, sha256: string) {
    this.path = path
    this.format = format
    this.#sha256 = sha256
  }

  toJSON() {
    return { format: this.format, sha256: this.#sha256 }
  }
}

/** A file that is still with the client. */
interface ComingFile {
  format: ImportFormat
  payload: AsyncIterable<Buffer>
}

/** Lets the routes of a scope take files, and nothing else. They are `receive`d by the handler, when all else has been checked. */
export function takeUploads(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  for (const [type, format] of Object.entries(FORMATS)) {
    scope.addContentTypeParser(
      type,
      async (_request: FastifyRequest, payload: AsyncIterable<Buffer>): Promise<ComingFile> => ({
        format,
        payload,
      }),
    )
  }
}

/** Puts the body of a request into a file, which is then the body. Who calls removes it. @throws Problem, and leaves nothing */
export async function receive(request: FastifyRequest): Promise<UploadedFile> {
  const { format, payload } = request.body as ComingFile
  const type = String(request.headers['content-type'])
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1]?.toLowerCase()
  if (charset && charset !== 'utf-8')
    throw new Problem('unsupported-media-type', `The file must be UTF-8, not ${charset}.`)
  const packed = String(request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (packed !== 'identity')
    throw new Problem('unsupported-media-type', `The file must come as it is, not packed by ${packed}.`)
  const path = join(tmpdir(), `sco-tracker-upload-${randomUUID()}`)
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted() {
    for await (const chunk of payload) {
      bytes += chunk.length
      if (bytes > MAX_BYTES)
        throw new Problem('body-too-large', `A file may be ${MAX_BYTES / 1024 / 1024} MiB long at most.`)
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
    const file = new UploadedFile(path, format, hash.digest('hex'))
    request.body = file
    return file
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

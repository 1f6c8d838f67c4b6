// Parses request bodies. Only JSON in UTF-8 is accepted.
import fp from 'fastify-plugin'
import { decodeUtf8, parseJson } from '../core/json.ts'
import { Problem } from '../core/problems.ts'

export const MERGE_PATCH = 'application/merge-patch+json'

/** The media types that a PATCH may have. The OpenAPI document has JSON, which every generator of clients supports. */
export const PATCH_TYPES = [MERGE_PATCH, 'application/json']

/** In bytes. Larger data goes through imports. */
export const BODY_LIMIT = 4 * 1024 * 1024

export const body = fp(
  async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      ['application/json', MERGE_PATCH],
      { parseAs: 'buffer' },
      async (request: { headers: Record<string, unknown>; method: string }, bytes: Buffer) => {
        const type = String(request.headers['content-type']).toLowerCase()
        const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1]
        if (charset && charset !== 'utf-8') {
          throw new Problem('unsupported-media-type', `The body must be UTF-8, not ${charset}.`)
        }
        if (request.method !== 'PATCH' && type.startsWith(MERGE_PATCH)) {
          throw new Problem(
            'unsupported-media-type',
            `${request.method} accepts application/json; ${MERGE_PATCH} is for PATCH.`,
          )
        }
        const encoding = String(request.headers['content-encoding'] ?? 'identity').toLowerCase()
        if (encoding !== 'identity') {
          throw new Problem(
            'unsupported-media-type',
            `The body must not be compressed; its encoding is ${encoding}.`,
          )
        }
        if (bytes.length === 0) throw new Problem('malformed-body', 'The body is empty.')
        return parseJson(decodeUtf8(bytes))
      },
    )
  },
  { name: 'body' },
)

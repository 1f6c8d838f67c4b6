// Compresses responses with Brotli or gzip where the client accepts it.
import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import fp from 'fastify-plugin'

export const compression = fp(
  async (app) => {
    await app.register(compress, {
      encodings: ['br', 'gzip'],
      threshold: 1024,
      // All but event streams, whose events must be sent immediately.
      customTypes: /^text\/(?!event-stream)|\b(json|x-ndjson|xml|yaml|x-bibtex|x-research-info-systems)\b/,
      // Up to this size a body stays a buffer, so that the response cache can store it.
      syncThreshold: 256 * 1024,
      // A window of 256 kB instead of 4 MB, since every response under way has one.
      brotliOptions: {
        params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 },
      },
      // Bodies of requests are taken as they are (body.ts).
      globalDecompression: false,
    })
  },
  { name: 'compression' },
)

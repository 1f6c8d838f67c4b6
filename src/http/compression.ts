// Compresses responses with Brotli or gzip where the client accepts it.
import compress from '@fastify/compress'
import fp from 'fastify-plugin'

export const compression = fp(
  async (app) => {
    await app.register(compress, {
      encodings: ['br', 'gzip'],
      threshold: 1024,
      // All but event streams, which must leave at once.
      customTypes: /^text\/(?!event-stream)|\b(json|x-ndjson|xml|yaml)\b/,
      // Up to this size a body stays a buffer, so that the response cache can store it.
      syncThreshold: 256 * 1024,
      // Bodies of requests are taken as they are (body.ts).
      globalDecompression: false,
    })
  },
  { name: 'compression' },
)

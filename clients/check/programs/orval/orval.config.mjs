export default {
  tracker: {
    input: process.env.DOCUMENT,
    output: {
      target: './client.ts',
      client: 'fetch',
      headers: true,
      override: {
        mutator: { path: './request.ts', name: 'request' },
        // Lists come as CSV and NDJSON too, of which orval would make streams.
        contentType: {
          include: [
            'application/json',
            'application/merge-patch+json',
            'application/ld+json',
            'application/problem+json',
          ],
        },
      },
    },
  },
}

// Measures requests and the process for Prometheus.
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { describe, textBody } from './describe.ts'

/** Measures every request of the application, and serves `GET /metrics`. */
export function metrics(app: FastifyInstance, droppedLogLines: () => number): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  })
  new Counter({
    name: 'log_lines_dropped_total',
    help: 'Log lines that could not be written.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(droppedLogLines())
    },
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
  // The observer of prom-client lives as long as the process, and would keep the application with its metrics.
  app.addHook('onClose', async () => registry.clear())
  app.get('/metrics', {
    config: { open: true },
    schema: describe({
      operationId: 'getMetrics',
      tag: 'service',
      summary: 'Get metrics for Prometheus',
      description: 'Metrics of the process, and request durations by method, route and status.',
      answers: {
        200: {
          description: 'Metrics in the Prometheus text format.',
          schema: textBody('text/plain'),
          type: 'text/plain',
          headers: [],
        },
      },
    }),
    handler: async (_request, reply) =>
      reply
        .type(registry.contentType)
        .header('cache-control', 'no-store')
        .send(await registry.metrics()),
  })
}

// What Prometheus is told: of the process, and of every request by route and status.
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export class Metrics {
  readonly registry = new Registry()
  readonly #durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.registry })
  }

  /** @param route the pattern of the path; `none` where nothing answers */
  answered(method: string, route: string, status: number, milliseconds: number): void {
    this.#durations.observe({ method, route, status }, milliseconds / 1000)
  }
}

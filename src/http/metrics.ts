// What Prometheus is told: of the process, and of every request by route and status.
import {
  collectDefaultMetrics,
  type Metric,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'

const NAME = 'http_request_duration_seconds'
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

/** What processes measured, each on its own. */
export type Measured = MetricObjectWithValues<MetricValue<string>>[]

/** Other processes of the service that measure too. */
export interface Measuring {
  /** @param measured gives what this process measured */
  onMeasure(measured: () => Promise<Measured>): void
  /** What all of them measured, in the text format of Prometheus; undefined when that cannot be told. */
  metrics(): Promise<string | undefined>
}

/** The requests of one method, route and status. */
interface Tally {
  labels: { method: string; route: string; status: number }
  /** How many took as long as each bucket, or shorter than the next; the last are those longer than any. */
  counts: number[]
  sum: number
}

/** Counts by hand: to find the labels of a histogram takes longer than an answer that is kept may take. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #others: Measuring | null
  /** By route, then by method and status. */
  readonly #tallies = new Map<string, Tally[]>()

  constructor(others: Measuring | null) {
    this.#others = others
    others?.onMeasure(() => this.#registry.getMetricsAsJSON())
    collectDefaultMetrics({ register: this.#registry })
    const durations = { name: NAME, get: async () => this.#durations() }
    this.#registry.registerMetric(durations as unknown as Metric)
  }

  /** @param route the pattern of the path; `none` where nothing answers */
  answered(method: string, route: string, status: number, milliseconds: number): void {
    let ofRoute = this.#tallies.get(route)
    if (!ofRoute) {
      ofRoute = []
      this.#tallies.set(route, ofRoute)
    }
    let tally = ofRoute.find(({ labels }) => labels.status === status && labels.method === method)
    if (!tally) {
      tally = { labels: { method, route, status }, counts: [...BUCKETS, 0].fill(0), sum: 0 }
      ofRoute.push(tally)
    }
    const seconds = milliseconds / 1000
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1
    tally.counts[bucket] = (tally.counts[bucket] ?? 0) + 1
    tally.sum += seconds
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  async text(): Promise<string> {
    return (await this.#others?.metrics()) ?? this.#registry.metrics()
  }

  /** As a histogram, whose buckets hold all that took as long or shorter. */
  #durations() {
    const values = [...this.#tallies.values()].flat().flatMap(({ labels, counts, sum }) => {
      let count = 0
      const buckets = [...BUCKETS, '+Inf'].map((le, index) => {
        count += counts[index] ?? 0
        return { labels: { le, ...labels }, value: count, metricName: `${NAME}_bucket` }
      })
      return [
        ...buckets,
        { labels, value: sum, metricName: `${NAME}_sum` },
        { labels, value: count, metricName: `${NAME}_count` },
      ]
    })
    const help = 'How long requests took, by route and status.'
    return { name: NAME, help, type: 'histogram', values, aggregator: 'sum' }
  }
}

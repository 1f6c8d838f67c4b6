// Sends requests to a local server for a limited time, and measures rate, latency and CPU time.
import autocannon from 'autocannon'
import { cpuSeconds, type Server } from './servers.ts'

/** A request that can be repeated without end. */
export interface Requests {
  /** One path, or the path of each request by its number. */
  path: string | ((number: number) => string)
  clients?: number
  /** Makes the body of each POST; without it the request is a GET. */
  body?: () => object
  headers?: Record<string, string>
  /** The host of each request by its number. */
  host?: (number: number) => string
  /** Sent at the same time, and not measured. */
  beside?: Requests
}

export interface Figures {
  /** Responses per second. */
  rate: number
  /** The 99th percentile of the latency in milliseconds. */
  p99: number
  /** Microseconds of CPU time of the server per response; NaN without /proc. */
  cpu: number
}

const CLIENTS = 32

/** How many requests of each kind were sent, so that the next run repeats none. */
const sent = new Map<Requests, number>()

/** @throws when a request fails */
export async function load(server: Server, requests: Requests, seconds: number): Promise<Figures> {
  const { path, clients = CLIENTS, body, headers = {}, host, beside } = requests
  let number = sent.get(requests) ?? 0
  const before = cpuSeconds(server)
  const other = beside && load(server, beside, seconds)
  const result = await autocannon({
    url: server.base,
    connections: clients,
    duration: seconds,
    method: body ? 'POST' : 'GET',
    headers: body ? { 'content-type': 'application/json', ...headers } : headers,
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          ...(host && { headers: { ...request.headers, host: host(number) } }),
          path: typeof path === 'string' ? path : path(number++),
          ...(body && { body: JSON.stringify(body()) }),
        }),
      },
    ],
  })
  await other
  sent.set(requests, number)
  const { errors, timeouts, non2xx } = result
  if (errors + timeouts + non2xx > 0) {
    const example = typeof path === 'string' ? path : path(0)
    throw new Error(`${example}: ${non2xx} responses were not 2xx, ${errors} errors, ${timeouts} timeouts`)
  }
  const answers = result.requests.total
  const cpu = ((cpuSeconds(server) - before) * 1e6) / answers
  return { rate: answers / result.duration, p99: result.latency.p99, cpu }
}

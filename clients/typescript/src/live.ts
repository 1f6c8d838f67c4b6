// Follows the live change feed: server-sent events over fetch, which can send a key and works outside of browsers.
import { ProblemError } from './errors.ts'
import { backoff, type Http, retryAfter, timeLimit } from './http.ts'
import type { Change, Kind } from './schema.ts'

export interface LiveOptions {
  /** Only changes after this one. Default: 0, the whole history first. */
  after?: number
  /** The `feed` of the page that `after` comes from; if the service was restored since, the feed throws `feed-restarted`. */
  feed?: string
  /** Only changes of these kinds. */
  kind?: Kind[]
  /** Ends the feed. */
  signal?: AbortSignal
  /** Silence after which a connection counts as broken, in milliseconds. The service sends something every 15 s. */
  silence?: number
}

/**
 * Every change as it is committed, without end. After a broken connection it resumes after the last change that it
 * yielded, so that no change is missed or repeated.
 * @throws ProblemError if the service refuses the request
 */
export async function* live(http: Http, options: LiveOptions = {}): AsyncGenerator<Change> {
  const { kind, feed, signal, silence = 45_000 } = options
  const { longestWait } = http.options
  let { after = 0 } = options
  let reconnectMs = 2000
  for (let failures = 0; !signal?.aborted; ) {
    const limit = timeLimit(silence, signal)
    let waitMs: number | undefined
    try {
      const request = {
        query: { after, feed, kind },
        headers: { accept: 'text/event-stream' },
        signal: limit.signal,
        timeout: Number.POSITIVE_INFINITY,
        retries: 0,
      }
      const { body } = await http.send('GET', '/v1/changes/live', request, async (response) => response.body)
      if (!body) throw new Error('The feed has no body.')
      for await (const event of eventsOf(body, limit)) {
        if (event.retry !== undefined) reconnectMs = event.retry
        if (event.type !== 'change' || event.data === '') continue
        const change = JSON.parse(event.data) as Change
        if (change.seq <= after) continue
        if (signal?.aborted) return
        failures = 0
        after = change.seq
        yield change
      }
      failures = 0
    } catch (error) {
      if (signal?.aborted) return
      if (error instanceof ProblemError && error.status < 500 && ![408, 429].includes(error.status))
        throw error
      waitMs = retryAfter(error)
      failures++
    } finally {
      limit.clear()
    }
    waitMs ??= Math.min(Math.max(reconnectMs, failures && backoff(failures)), longestWait ?? 60_000)
    try {
      await http.pause(waitMs, failures, 'the feed ended', signal)
    } catch {
      return
    }
  }
}

interface Event {
  type: string
  data: string
  retry?: number
}

/** The events of a stream (HTML Standard, section 9.2.6). */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  limit: ReturnType<typeof timeLimit>,
): AsyncGenerator<Event> {
  const reader = body.getReader()
  limit.signal.addEventListener('abort', () => reader.cancel().catch(() => undefined))
  const decoder = new TextDecoder()
  let rest = ''
  let event: Event = { type: 'message', data: '' }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      limit.restart()
      rest += decoder.decode(value, { stream: true })
      // A line may end with CR, LF or both; the LF after a CR may be in the next chunk.
      const lines = rest.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          yield { ...event, data: event.data.replace(/\n$/, '') }
          event = { type: 'message', data: '' }
          continue
        }
        const colon = line.indexOf(':')
        const field = colon === -1 ? line : line.slice(0, colon)
        const text = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'data') event.data += `${text}\n`
        else if (field === 'event') event.type = text
        else if (field === 'retry' && /^\d+$/.test(text)) event.retry = Number(text)
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

// Follows the live change feed: server-sent events over fetch, which can send a key and works outside of browsers.
import { type Http, ProblemError } from './http.ts'
import type { Change, Kind } from './schema.ts'

export interface LiveOptions {
  /** Only changes after this one. Default: 0, the whole history first. */
  after?: number
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
  const { kind, signal, silence = 45_000 } = options
  let { after = 0 } = options
  let reconnectMs = 2000
  for (let failures = 0; !signal?.aborted; ) {
    const connection = new AbortController()
    const stop = () => connection.abort(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    let watch: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(watch)
      watch = setTimeout(() => connection.abort(new Error('The feed fell silent.')), silence)
    }
    try {
      alive()
      const response = await http.send('GET', '/v1/changes', {
        query: { after, kind },
        headers: { accept: 'text/event-stream' },
        signal: connection.signal,
      })
      if (!response.body) throw new Error('The feed has no body.')
      for await (const event of eventsOf(response.body, alive)) {
        if (event.retry !== undefined) reconnectMs = event.retry
        if (event.type !== 'change' || event.data === '') continue
        const change = JSON.parse(event.data) as Change
        if (change.seq <= after) continue
        failures = 0
        after = change.seq
        yield change
      }
      failures = 0
    } catch (error) {
      if (signal?.aborted) return
      if (error instanceof ProblemError && error.status < 500 && error.status !== 429) throw error
      failures++
    } finally {
      clearTimeout(watch)
      signal?.removeEventListener('abort', stop)
      // Also when the caller leaves the loop.
      connection.abort()
    }
    try {
      await http.wait(failures, String(reconnectMs / 1000), 'the feed ended', signal)
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
export async function* eventsOf(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<Event> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let event: Event = { type: 'message', data: '' }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
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

// Answers leave together at the end of a turn of the event loop. To send one may wake whoever waits for it, on another core,
// which takes longer than to make it; behind the first, they are awake (docs/performance.md).
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

interface Letter {
  response: ServerResponse
  status: number
  headers: OutgoingHttpHeaders
  body: string | Buffer | undefined
}

/** In milliseconds: a turn that takes longer does not keep what is ready. */
const LONGEST_WAIT = 2

let letters: Letter[] = []
let since = 0

export function post(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): void {
  const first = letters.length === 0
  letters.push({ response, status, headers, body })
  const now = performance.now()
  if (first) {
    since = now
    setImmediate(deliver)
  } else if (now - since > LONGEST_WAIT) deliver()
}

function deliver(): void {
  const ready = letters
  letters = []
  for (const { response, status, headers, body } of ready) {
    try {
      response.writeHead(status, headers).end(body)
    } catch (error) {
      // It harms nobody but who waits for it.
      response.destroy(error as Error)
    }
  }
}

// JSON logs through pino. A key never gets into them: headers are not logged, and what looks like a key is blotted out.
import { inspect } from 'node:util'
import pino, { type DestinationStream, type Logger } from 'pino'
import { redactKeys } from './db/keys.ts'

interface LoggedRequest {
  method: string
  url: string
  ip: string
}

/** The time as ISO 8601 has it, written once for all lines of a millisecond. */
const timestamp = (() => {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
})()

export const makeLogger = (level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      redact: {
        paths: ['req.headers', 'headers', 'authorization', '*.authorization', 'token', '*.token'],
        censor: '[redacted]',
      },
      serializers: {
        req: ({ method, url, ip }: LoggedRequest) => ({ method, url: redactKeys(url), ip }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
        err: (thrown: unknown) => {
          const error = thrown instanceof Error ? thrown : new Error(inspect(thrown))
          const { message, stack, ...rest } = pino.stdSerializers.err(error)
          return { ...rest, message: redactKeys(message), stack: redactKeys(stack) }
        },
      },
      timestamp,
    },
    destination,
  )

/** Where lines go, such as a file. */
interface Sink {
  write(lines: string): unknown
  flushSync(): void
}

/** Hands on the lines of a turn of the event loop together: for each that it is given, a sink looks through all that it holds. */
export function byTurns(sink: Sink): DestinationStream & { flushSync(): void } {
  let lines = ''
  const handOn = () => {
    if (lines !== '') sink.write(lines)
    lines = ''
  }
  return {
    write: (line) => {
      if (lines === '') setImmediate(handOn)
      lines += line
    },
    flushSync: () => {
      handOn()
      sink.flushSync()
    },
  }
}

// Creates the logger: JSON lines by pino, without headers, keys and signing secrets.
import { inspect } from 'node:util'
import pino, { type DestinationStream, type Logger } from 'pino'
import { redactKeys } from './core/redact.ts'

interface LoggedRequest {
  method: string
  url: string
  ip: string
}

export const makeLogger = (level: string, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
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
    },
    destination,
  )

// Shared parts of paginated lists.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ReadSnapshot } from '../../records/read/context.ts'
import { MAX_LIMIT } from '../../records/read/parameters.ts'
import { line } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import type { Streams } from '../formats/streams.ts'

/** The dependencies of list routes. */
export interface RouteDeps {
  records: Records
  readSnapshot: ReadSnapshot
  cursorSecret: Buffer
  streams: Streams
}

export const page = z
  .object({
    nextCursor: line(4000, 'The value of `cursor` for the next page; null on the last one.').nullable(),
    limit: z.int().min(1).max(MAX_LIMIT).meta({ description: 'The maximum number of records on a page.' }),
    total: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'With `count=exact`: the number of matching records.' }),
  })
  .meta({ id: 'Page', description: 'The position of this page in its list.' })

/** The URL of the next page: the requested URL with another cursor. */
export function nextUrl({ url }: Pick<FastifyRequest, 'url'>, cursor: string): string {
  const next = new URL(url, 'http://localhost')
  next.searchParams.set('cursor', cursor)
  return `${next.pathname}${next.search}`
}

// What pages of lists have in common.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ReadSnapshot } from '../../records/read/context.ts'
import { MAX_LIMIT } from '../../records/read/parameters.ts'
import { line } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'

/** What routes of lists need. */
export interface RouteDeps {
  records: Records
  readSnapshot: ReadSnapshot
  cursorSecret: Buffer
}

export const page = z
  .object({
    nextCursor: line(4000, 'Send it as `cursor` for the next page; null on the last one.').nullable(),
    limit: z.int().min(1).max(MAX_LIMIT).meta({ description: 'How many records a page has at most.' }),
    total: z.int().min(0).optional().meta({ description: 'With `count=exact`: how many records match.' }),
  })
  .meta({ id: 'Page', description: 'The position of this page in its list.' })

/** The URL of the next page: the one that was requested, with another cursor. */
export function nextUrl({ url }: Pick<FastifyRequest, 'url'>, cursor: string): string {
  const next = new URL(url, 'http://localhost')
  next.searchParams.set('cursor', cursor)
  return `${next.pathname}${next.search}`
}

// The routes of the overviews.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ReadSnapshot } from '../records/read/context.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { board } from './board.ts'
import type { Language } from './languages.ts'
import { matrix } from './matrix.ts'
import type { Overview } from './overview.ts'
import { localPath, showsPast } from './page.ts'
import { quiet } from './quiet.ts'
import { clocksIn, pageOf, sendPage, tidyAddress } from './respond.ts'
import { statistics } from './statistics.ts'
import { timelinePage } from './timeline-page.ts'

const OVERVIEWS: readonly Overview[] = [timelinePage, board, matrix, quiet, statistics]

interface PageDeps {
  catalogue: Catalogue
  readSnapshot: ReadSnapshot
}

export function overviewRoutes(
  app: FastifyInstance,
  { catalogue, readSnapshot }: PageDeps,
  language: Language,
): void {
  for (const overview of OVERVIEWS) {
    app.get(localPath(language, overview.path), {
      schema: { hide: true, querystring: z.strictObject(overview.parameters(catalogue)) },
      preValidation: tidyAddress,
      handler: (request, reply) =>
        readSnapshot(
          async (context) => {
            const page = pageOf(request, catalogue, context.now)
            return sendPage(reply, await overview.show(context, page, request.query as never))
          },
          {
            isLong: showsPast({ clocks: clocksIn(request) }) || (overview.isLong ?? false),
            signal: request.signal,
          },
        ),
    })
  }
}

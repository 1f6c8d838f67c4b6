// Finds records by words, for the script that proposes them while they are typed.
import { z } from 'zod'
import { Problem } from '../../core/problems.ts'
import { commaSeparated } from '../../records/read/parameters.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { plainText } from '../../web/html.ts'
import { namesIn } from '../../web/names.ts'
import type { RouteModule } from '../visit.ts'
import { findRecords } from './options.ts'
import { details, nameOf, outcomeOf } from './render.ts'

export const findRoutes: RouteModule = (routes, { catalogue, readSnapshot }) => {
  const kinds = catalogue.entities.filter(({ searchText }) => searchText).map(({ kind }) => kind)
  const parameters = z.object({
    q: z.string().max(500),
    kind: commaSeparated(z.enum(kinds), 'The kinds of records.'),
  })
  routes.page('/find', async (visit) => {
    const given = parameters.safeParse(visit.page.query)
    if (!given.success)
      throw new Problem('invalid-parameter', 'Send the words as `q`, and the kinds as `kind`.')
    const { q } = given.data
    const wanted = given.data.kind as Kind[]
    const { found, names } = await readSnapshot(async (context) => {
      const found = await findRecords(context, wanted, q)
      const docs = found.records.flatMap(({ doc, memberships }) => [doc, ...memberships])
      return { found, names: await namesIn(context, docs, { asOf: null, seq: null }, visit.page.language) }
    })
    const page = { ...visit.page, names }
    const records = found.records.map((record) => ({
      id: record.doc.id,
      name: plainText(nameOf(page, record.doc.id)),
      details: plainText(details(page, record)),
    }))
    const message = plainText(outcomeOf({ page, words: visit.words }, wanted, q, found))
    return visit.reply
      .headers({ 'cache-control': 'private, no-cache', 'content-type': 'application/json; charset=utf-8' })
      .send(JSON.stringify({ records, message }))
  })
}

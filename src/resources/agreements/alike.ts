// Recognises documents: by title and the days on which they were signed or adopted.
import { compatible } from '../../core/dates.ts'
import { childrenOf } from '../../records/read/record.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { Likeness, Resource } from '../../records/schema/resource.ts'
import { hasOther, withSameName } from '../../records/write/match.ts'

type Fields = Record<string, unknown>

/** The events by whose days documents with one title are told apart. */
const CONCLUDED: readonly unknown[] = ['text-adopted', 'signed']

export async function agreementsAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
  among?: readonly Doc[],
): Promise<Likeness[]> {
  const alike: Likeness[] = []
  for (const doc of among ?? (await withSameName(tx, resource, fields))) {
    const events = await childrenOf(tx, tx.catalogue.child('event'), doc.id)
    if (!concludedTogether((fields['events'] ?? []) as Fields[], events)) continue
    const isOther = hasOther(fields, doc, 'kind') || hasOther(fields, doc, 'organizationId')
    alike.push({ doc, degree: isOther ? 'candidate' : 'same' })
  }
  return alike
}

/** Whether the days of signature or adoption of two documents can be the same; unknown days can. */
function concludedTogether(one: readonly Fields[], other: readonly Fields[]): boolean {
  const days = (events: readonly Fields[], type: unknown) =>
    events
      .filter((event) => event['type'] === type && (event['stateCode'] ?? null) === null)
      .map(({ occurredOn }) => occurredOn)
      .filter((day) => typeof day === 'string')
  return CONCLUDED.every((type) => {
    const [these, those] = [days(one, type), days(other, type)]
    return these.length === 0 || those.length === 0 || these.some((a) => those.some((b) => compatible(a, b)))
  })
}

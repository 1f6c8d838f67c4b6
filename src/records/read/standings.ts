// The positions of all states and bodies on a record on a day. That of a member state without one is null, which is no abstention.
import type { Doc, Json } from '../schema/document.ts'
import { membersOf } from './bodies.ts'
import { type DocReader, docsById, partsIn } from './docs.ts'
import type { View } from './view.ts'

/** The position of a state or a body on a day. */
export interface Standing {
  stateCode: string | null
  organizationId: string | null
  name: string
  /** Null: none is recorded. */
  position: string | null
  /** The part of a document; null: the whole. */
  locator: Json
  statedOn: string | null
  positionId: string | null
}

export interface Standings {
  /** Every state that was a member on the day, and every other state or body with a position. */
  data: Standing[]
  /** All positions stated until that day, in order of date. */
  records: Doc[]
}

export async function readStandings(
  context: DocReader,
  record: Doc,
  view: View & { asOf: string },
): Promise<Standings> {
  const records = await partsIn(context, context.catalogue.child('position'), [record.id], view)
  const members = await membersOf(context, record, view)
  return { data: await standingsOf(context, members, records, view), records }
}

/** The latest position of each member and of every other state or body that has one; on each part of a document. */
async function standingsOf(
  context: DocReader,
  members: readonly string[],
  stated: readonly Doc[],
  { seq }: View,
): Promise<Standing[]> {
  const latest = new Map(
    stated.map((position) => [JSON.stringify([actorOf(position), position['locator']]), position]),
  )
  const byActor = Map.groupBy(latest.values(), actorOf)
  const others = [...byActor.keys()].filter((actor) => !members.includes(actor)).sort()
  const actors = [...members, ...others]
  const names = new Map<string, string>()
  for (const kind of ['state', 'organization'] as const)
    for (const { id, name } of await docsById(context, context.catalogue.entity(kind), actors, {
      asOf: null,
      seq,
    }))
      names.set(id, String(name))
  return actors.flatMap((actor) => {
    const own = byActor.get(actor) ?? [undefined]
    return own.map((position): Standing => {
      const isBody = position?.['organizationId'] === actor
      return {
        stateCode: isBody ? null : actor,
        organizationId: isBody ? actor : null,
        name: names.get(actor) ?? actor,
        position: (position?.['position'] ?? null) as string | null,
        locator: position?.['locator'] ?? null,
        statedOn: (position?.['statedOn'] ?? null) as string | null,
        positionId: position?.id ?? null,
      }
    })
  })
}

const actorOf = ({ stateCode, organizationId }: Doc) => String(stateCode ?? organizationId)

// The positions of all states and bodies on a record on a day. That of a member state without one is null, which is no abstention.
import type { Doc, Json } from '../schema/document.ts'
import { membersOf, membersOfEach } from './bodies.ts'
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

/** A position without the name of whose it is. */
export type Stance = Omit<Standing, 'name'>

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
  const stances = stancesOf(await membersOf(context, record, view), records)
  const names = await namesOf(context, stances.map(actorOf), view)
  return {
    data: stances.map((stance) => {
      const { stateCode, organizationId, ...position } = stance
      return { stateCode, organizationId, name: names.get(actorOf(stance)) ?? actorOf(stance), ...position }
    }),
    records,
  }
}

/** The positions of states and bodies on several records, by the ids of these: those of `readStandings`, without names. */
export async function readStances(
  context: DocReader,
  records: readonly Doc[],
  { asOf, seq }: View & { asOf: string },
): Promise<Map<string, Stance[]>> {
  const ids = records.map(({ id }) => id)
  const all = await partsIn(context, context.catalogue.child('position'), ids, { asOf, seq })
  const stated = Map.groupBy(all, ({ recordId }) => String(recordId))
  const members = await membersOfEach(context, records, seq, () => asOf)
  return new Map(ids.map((id) => [id, stancesOf(members.get(id) ?? [], stated.get(id) ?? [])]))
}

/** The latest position of each member and of every other state or body that has one; on each part of a document. */
function stancesOf(members: readonly string[], stated: readonly Doc[]): Stance[] {
  const latest = new Map(
    stated.map((position) => [JSON.stringify([actorOf(position), position['locator']]), position]),
  )
  const byActor = Map.groupBy(latest.values(), actorOf)
  const others = [...byActor.keys()].filter((actor) => !members.includes(actor)).sort()
  return [...members, ...others].flatMap((actor) => {
    const own = byActor.get(actor) ?? [undefined]
    return own.map((position): Stance => {
      const isBody = position?.['organizationId'] === actor
      return {
        stateCode: isBody ? null : actor,
        organizationId: isBody ? actor : null,
        position: (position?.['position'] ?? null) as string | null,
        locator: position?.['locator'] ?? null,
        statedOn: (position?.['statedOn'] ?? null) as string | null,
        positionId: position?.id ?? null,
      }
    })
  })
}

async function namesOf(
  context: DocReader,
  actors: readonly string[],
  { seq }: View,
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const kind of ['state', 'organization'] as const)
    for (const { id, name } of await docsById(context, context.catalogue.entity(kind), actors, {
      asOf: null,
      seq,
    }))
      names.set(id, String(name))
  return names
}

const actorOf = ({ stateCode, organizationId }: Stance | Doc) => String(stateCode ?? organizationId)

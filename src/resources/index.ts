// THE list of resources: one line each. Whatever lives under other records stands in the second list.
import { type IdMaker, newId } from '../core/ids.ts'
import type { Engine } from '../db/engine.ts'
import { Catalogue } from '../records/schema/resource.ts'
import { Records } from '../records/write/records.ts'
import { agreements } from './agreements/index.ts'
import { eventAttachment, eventExtension, events } from './events/index.ts'
import { evidence, evidenceAttachment, evidenceExtension } from './evidence/index.ts'
import { meetings } from './meetings/index.ts'
import { organizations } from './organizations/index.ts'
import { positionAttachment, positions } from './positions/index.ts'
import { proposals } from './proposals/index.ts'
import { relationAttachment, relations } from './relations/index.ts'
import { sources } from './sources/index.ts'
import { speakers } from './speakers/index.ts'
import { statements } from './statements/index.ts'
import { states } from './states/index.ts'
import { topics } from './topics/index.ts'

export const catalogue = new Catalogue(
  [meetings, speakers, proposals, agreements, statements, organizations, states, topics, sources],
  [evidence, events, positions, relations],
)

/** Everything that writes and finds records on an engine, without HTTP: for the service, seeds and commands. */
export function recordsOn(
  engine: Engine,
  { clock = () => new Date(), makeId = newId }: { clock?: () => Date; makeId?: IdMaker } = {},
) {
  const records: Records = new Records({
    engine,
    catalogue,
    extensions: [eventExtension(catalogue, () => records), evidenceExtension],
    attachments: [eventAttachment, positionAttachment, relationAttachment, evidenceAttachment],
    newId: makeId,
    clock,
  })
  return records
}

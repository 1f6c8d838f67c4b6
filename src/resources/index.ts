// The list of all kinds: resources and children.
import { type IdMaker, newId } from '../core/ids.ts'
import type { Engine } from '../db/engine.ts'
import { Catalogue } from '../records/schema/catalogue.ts'
import { Records } from '../records/write/records.ts'
import { upgradeDocuments } from '../records/write/upgrade.ts'
import { agreements } from './agreements/index.ts'
import { events } from './events/index.ts'
import { evidence } from './evidence/index.ts'
import { meetings } from './meetings/index.ts'
import { memberships } from './memberships/index.ts'
import { organizations } from './organizations/index.ts'
import { positions } from './positions/index.ts'
import { proposals } from './proposals/index.ts'
import { relations } from './relations/index.ts'
import { sources } from './sources/index.ts'
import { speakers } from './speakers/index.ts'
import { statements } from './statements/index.ts'
import { states } from './states/index.ts'
import { topics } from './topics/index.ts'

export const catalogue = new Catalogue(
  [meetings, speakers, proposals, agreements, statements, organizations, states, topics, sources],
  // Memberships come first: contributors refer to them. The others can have evidence, so that comes last.
  [memberships, events, positions, relations, evidence],
)

/** Migrates the tables and the stored documents. @returns the kinds whose documents were completed */
export async function prepareDatabase(engine: Engine): Promise<string[]> {
  await engine.migrate()
  return upgradeDocuments(engine, catalogue)
}

/** Access to the records of an engine, without HTTP. */
export const recordsOn = (
  engine: Engine,
  { clock = () => new Date(), makeId = newId }: { clock?: () => Date; makeId?: IdMaker } = {},
) => new Records({ engine, catalogue, newId: makeId, clock })

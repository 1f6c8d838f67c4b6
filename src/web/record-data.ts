// Reads all that the page of a record shows, at one state of the database.
import { type Claim, claimsOf } from '../records/read/claims.ts'
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { type Origins, readOrigins } from '../records/read/origins.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { type PartyView, readParties } from '../records/read/parties.ts'
import { parse, readRecord } from '../records/read/record.ts'
import { readStandings, type Standings } from '../records/read/standings.ts'
import { seqAt, type View } from '../records/read/view.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Backlink, readBacklinks } from './backlinks.ts'
import { type Changes, readChanges, versionDocs } from './changes.ts'
import { type Course, readCourse } from './course.ts'
import { type Family, readFamily } from './family.ts'
import type { Language } from './languages.ts'
import { type LineageData, readLineageData } from './lineage.ts'
import { type MeetingData, readMeeting } from './meeting-data.ts'
import { type Names, namesIn } from './names.ts'
import { type Clocks, clocksOf, dayOf } from './page.ts'
import { PART_KINDS } from './parts.ts'

export interface RecordData {
  doc: Doc
  /** Its parts by kind; relations are those from the record and those to it. */
  parts: Record<(typeof PART_KINDS)[number], Doc[]>
  /** The evidence of the record itself, and of its parts, by the id of what it is about. */
  evidence: ReadonlyMap<string, Doc[]>
  origins: Origins
  claims: Claim[]
  backlinks: Backlink[]
  changes: Changes
  family: Family
  standings: Standings | null
  parties: PartyView | null
  lineage: LineageData | null
  meeting: MeetingData | null
  lastEvent: Doc | null
  course: Course | null
  names: Names
}

/** The view of a page, whose clocks the kind may not depend on. */
export async function viewOf({ reader }: ReadContext, resource: Resource, clocks: Clocks): Promise<View> {
  const { asOf, knownAt } = clocksOf(resource, clocks)
  return { asOf, seq: knownAt === null ? null : await seqAt(reader, knownAt) }
}

/** @throws Problem `not-found`, `gone` or `merged` */
export async function readRecordData(
  context: ReadContext,
  resource: Resource,
  idOrAlias: string,
  clocks: Clocks,
  language: Language,
): Promise<RecordData> {
  const { catalogue, reader, engine } = context
  const view = await viewOf(context, resource, clocks)
  const doc = parse(await readRecord(context, resource, idOrAlias, view, []))
  const parts = await partsOf(context, resource, doc.id, clocks, view)
  const lineage = await readLineageData(context, resource, doc.id, view)
  const about = [doc, ...Object.values(parts).flat(), ...(lineage?.edges ?? [])].map(({ id }) => id)
  const quotes = await partsIn(context, catalogue.child('evidence'), [...new Set(about)], view)
  const evidence = Map.groupBy(quotes, ({ recordId }) => String(recordId))
  const sourceIds = quotes.map(({ sourceId }) => String(sourceId))
  const origins = await readOrigins(reader, { catalogue, engine }, sourceIds)
  const day = dayOf(clocks, context.now)
  const onDay = { asOf: day, seq: view.seq }
  const isParty = resource.kind === 'agreement' && parts.event.length > 0
  const data = {
    doc,
    parts,
    lineage,
    changes: await readChanges(context, resource, doc, clocks.knownAt),
    family: await readFamily(context, resource, doc, view, clocks),
    standings: hasStandings(resource, parts.position) ? await readStandings(context, doc, onDay) : null,
    parties: isParty
      ? await readParties(context, doc, onDay, dayOf({ ...clocks, asOf: null }, context.now))
      : null,
    meeting:
      resource.kind === 'meeting'
        ? await readMeeting(context, doc, { asOf: clocks.asOf, seq: view.seq }, clocks)
        : null,
    course: await readCourse(context, resource.kind, doc.id, clocks, view),
    lastEvent:
      resource.kind === 'topic' ? await lastEventOf(context, doc.id, clocks) : (parts.event.at(-1) ?? null),
  }
  const backlinks = await readBacklinks(context, resource, doc.id, clocks)
  const mentioned = [data, quotes, versionDocs(data.changes), backlinks.map(({ docs }) => docs)]
  return {
    ...data,
    backlinks,
    evidence,
    origins,
    claims: claimsOf(resource, doc, evidence.get(doc.id) ?? [], origins),
    names: await namesIn(context, mentioned as unknown as Json, view, language),
  }
}

/** The parts of each kind. A part counts on a day also where its record does not. */
async function partsOf(context: ReadContext, resource: Resource, id: string, clocks: Clocks, view: View) {
  const parts = { event: [], position: [], membership: [], relation: [] } as RecordData['parts']
  for (const kind of PART_KINDS) {
    const child = context.catalogue.child(kind)
    if (child.of.includes(resource.kind))
      parts[kind] = await partsIn(context, child, [id], { asOf: clocks.asOf, seq: view.seq })
  }
  parts.relation.push(...(await incomingRelations(context, resource, id, clocks)))
  return parts
}

/** The relations that lead to a record. */
async function incomingRelations(
  context: ReadContext,
  { kind }: Resource,
  id: string,
  clocks: Clocks,
): Promise<Doc[]> {
  const relation = context.catalogue.child('relation')
  if (!relation.of.includes(kind)) return []
  const query = { ...listQuery(relation, { target: [id] }, clocksOf(relation, clocks)), limit: MAX_LIMIT }
  return (await listPage(context, relation, query)).rows.map(parse)
}

/** What nobody has a position on is shown for proposals only. */
const hasStandings = ({ kind }: Resource, positions: readonly Doc[]) =>
  kind === 'proposal' || positions.length > 0

/** The last event of the proposals and documents of a topic. */
async function lastEventOf(context: ReadContext, id: string, clocks: Clocks): Promise<Doc | null> {
  const event = context.catalogue.child('event')
  const sort = [{ column: 'occurredOn', descending: true }]
  const query = { ...listQuery(event, { topic: [id] }, clocksOf(event, clocks)), limit: 1, sort }
  const [last] = (await listPage(context, event, query)).rows.map(parse)
  return last ?? null
}

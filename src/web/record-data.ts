// Reads all that the page of a record shows, at one state of the database.
import { type Claim, claimsOf } from '../records/read/claims.ts'
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { type LoggedVersion, readVersions } from '../records/read/history.ts'
import { readOrigins } from '../records/read/origins.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, MAX_LIMIT } from '../records/read/parameters.ts'
import { parse, readRecord } from '../records/read/record.ts'
import { seqAt, type View } from '../records/read/view.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Backlink, readBacklinks } from './backlinks.ts'
import { MAX_VERSIONS } from './changes.ts'
import type { Language } from './languages.ts'
import { type Names, namesIn } from './names.ts'
import { type Clocks, clocksOf } from './page.ts'
import { PART_KINDS } from './timeline.ts'

export interface RecordData {
  doc: Doc
  /** Its parts by kind; relations are those from the record and those to it. */
  parts: Record<(typeof PART_KINDS)[number], Doc[]>
  /** The evidence of the record itself, and of its parts, by the id of what it is about. */
  evidence: ReadonlyMap<string, Doc[]>
  claims: Claim[]
  backlinks: Backlink[]
  versions: LoggedVersion[]
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
  const parts = { event: [], position: [], membership: [], relation: [] } as RecordData['parts']
  for (const kind of PART_KINDS) {
    const child = catalogue.child(kind)
    // A part counts on a day also where its record does not.
    if (child.of.includes(resource.kind))
      parts[kind] = await partsIn(context, child, [doc.id], { asOf: clocks.asOf, seq: view.seq })
  }
  parts.relation.push(...(await incomingRelations(context, resource, doc.id, clocks)))
  const about = [doc, ...Object.values(parts).flat()].map(({ id }) => id)
  const all = await partsIn(context, catalogue.child('evidence'), about, view)
  const evidence = Map.groupBy(all, ({ recordId }) => String(recordId))
  const own = evidence.get(doc.id) ?? []
  const origins = await readOrigins(
    reader,
    { catalogue, engine },
    own.map(({ sourceId }) => String(sourceId)),
  )
  const backlinks = await readBacklinks(context, resource, doc.id, clocks)
  const logged = await readVersions(engine, reader, resource.kind, doc.id, null, MAX_VERSIONS)
  const versions = logged.filter(({ seq }) => view.seq === null || seq <= view.seq)
  const changed = versions.map((version) => (version.doc === null ? null : parse({ doc: version.doc })))
  const mentioned = [
    doc,
    ...Object.values(parts).flat(),
    ...all,
    ...backlinks.flatMap(({ docs }) => docs),
    ...changed,
  ]
  return {
    doc,
    parts,
    evidence,
    claims: claimsOf(resource, doc, own, origins),
    backlinks,
    versions,
    names: await namesIn(context, mentioned as Json, view, language),
  }
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

// Recognises records that are already there, so that nothing is entered twice.
import { Problem } from '../../core/problems.ts'
import { type SQL, sql } from '../../db/sql.ts'
import {
  hadText,
  isIdentifiedOther,
  namesakes,
  namesOf,
  recognise,
  recogniseByKey,
} from '../read/matching.ts'
import { childrenOf, findRecord, findSurvivor, mergedDocs, mergedInto, parse } from '../read/record.ts'
import type { CatalogueReader } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Likeness, Resource } from '../schema/resource.ts'

type Fields = Record<string, unknown>

/**
 * The records that fields may describe, best first. Records in `distinctFrom` of either side are left out.
 * @param fields of a record that is not stored: checked, or at least in the form of the schema
 */
export async function findAlike(
  tx: CatalogueReader,
  resource: Resource,
  fields: Fields,
): Promise<Likeness[]> {
  const id = await recognise(tx, resource, fields)
  const known = id === null ? undefined : await findRecord(tx, resource, id)
  if (known) return [{ doc: parse(known), degree: 'certain' }]
  const distinct = await distinctIds(tx, resource, fields)
  const alike = (await resource.findAlike?.(tx, fields)) ?? []
  const found = alike.filter(({ doc }) => !isIdentifiedOther(doc, fields))
  const isFound = found.some(({ degree }) => degree !== 'candidate')
  const all = isFound ? found : [...found, ...(await mergedAlike(tx, resource, fields))]
  const sorted = all
    .filter(({ doc }) => !distinct.has(doc.id))
    .toSorted((one, other) => DEGREES.indexOf(one.degree) - DEGREES.indexOf(other.degree))
  return sorted.filter(({ doc }, index) => sorted.findIndex((other) => other.doc.id === doc.id) === index)
}

/**
 * The stored records that may be the same as a stored one, best first. Those that either lists in `distinctFrom`, and those that
 * a relation connects, are left out.
 */
export async function findDuplicates(
  reader: CatalogueReader,
  resource: Resource,
  doc: Doc,
): Promise<Likeness[]> {
  const parts = reader.catalogue.children.filter(
    ({ kind, of }) => kind !== 'evidence' && of.includes(resource.kind),
  )
  const fields: Fields = { ...doc }
  for (const child of parts) fields[child.path] = await childrenOf(reader, child, doc.id)
  const found: Likeness[] = []
  for (const likeness of (await resource.findAlike?.(reader, fields)) ?? []) {
    const { doc: other } = likeness
    if (other.id === doc.id || found.some((each) => each.doc.id === other.id)) continue
    if (!isIdentifiedOther(other, doc) && !(await areApart(reader, resource, doc, other)))
      found.push(likeness)
  }
  return found.toSorted((one, other) => DEGREES.indexOf(one.degree) - DEGREES.indexOf(other.degree))
}

/** Whether one of two records says that it is not the other, or what else it is to it. */
async function areApart(reader: CatalogueReader, resource: Resource, one: Doc, other: Doc): Promise<boolean> {
  const relation = reader.catalogue.child('relation')
  for (const [own, id] of [
    [one, other.id],
    [other, one.id],
  ] as const) {
    if ((await distinctIds(reader, resource, own)).has(id)) return true
    if (!relation.of.includes(resource.kind)) continue
    if ((await childrenOf(reader, relation, own.id)).some(({ targetId }) => targetId === id)) return true
  }
  return false
}

/** Records into which others were merged that these fields describe, so that a report of one of those finds the one that stayed. */
async function mergedAlike(tx: CatalogueReader, resource: Resource, fields: Fields): Promise<Likeness[]> {
  if (!resource.findAlike) return []
  const same = [resource.titleField, 'url'].flatMap((key) =>
    typeof fields[key] === 'string' ? [sql`before."doc" ->> ${sql.raw(`'${key}'`)} = ${fields[key]}`] : [],
  )
  if (same.length === 0) return []
  const docs = await mergedDocs(tx, resource, sql`(${sql.join(same, sql` or `)})`)
  const merged = docs.filter((doc) => !isIdentifiedOther(doc, fields))
  if (merged.length === 0) return []
  const alike: Likeness[] = []
  for (const likeness of await resource.findAlike(tx, fields, merged)) {
    const stored = await findSurvivor(tx, resource, likeness.doc.id)
    if (stored) alike.push({ ...likeness, doc: parse(stored) })
  }
  return alike
}

/** The records in `distinctFrom`, and those into which they were merged. */
export async function distinctIds(
  tx: CatalogueReader,
  resource: Resource,
  { distinctFrom }: Fields,
): Promise<Set<string>> {
  const ids = new Set<string>((distinctFrom ?? []) as string[])
  for (const id of [...ids]) ids.add((await mergedInto(tx, resource, id)) ?? id)
  return ids
}

/** Whether both have a value of a field, and the values differ. */
export function hasOther(fields: Fields, doc: Doc, field: string): boolean {
  const [one, other] = [fields[field] ?? null, doc[field] ?? null]
  return one !== null && other !== null && one !== other
}

const DEGREES = ['certain', 'same', 'candidate'] as const

/** The record that is certainly meant, or the only one of which all is the same. */
export function soleMatch([best, next]: readonly Likeness[]): Doc | undefined {
  const isClear = best?.degree === 'certain' || (best?.degree === 'same' && next?.degree !== 'same')
  return isClear ? best?.doc : undefined
}

/** Fields without a text that the record has, or had before: it says nothing new. */
export async function withoutFormerText<Sent extends Fields>(
  tx: CatalogueReader,
  resource: Resource,
  { id }: Doc,
  sent: Sent,
): Promise<Sent> {
  const text = resource.digest && sent[resource.digest.of]
  if (typeof text !== 'string' || !(await hadText(tx, resource, id, text))) return sent
  const names = Object.keys(resource.putText?.shape ?? {})
  return Object.fromEntries(Object.entries(sent).filter(([name]) => !names.includes(name))) as Sent
}

/** The records of a kind that share a name with fields. @param condition further SQL, which begins with `and` */
export async function withSameName(
  tx: CatalogueReader,
  resource: Resource,
  fields: Fields,
  condition?: SQL,
): Promise<Doc[]> {
  const docs = new Map<string, Doc>()
  for (const name of new Set(namesOf(resource, fields)))
    for (const doc of await namesakes(tx, resource, name, condition)) docs.set(doc.id, doc)
  return [...docs.values()]
}

/**
 * Refuses a new record that is already there, or may be.
 * @throws Problem `duplicate` with `existingId`, or `possible-duplicate` with `candidates`
 */
export async function refuseDuplicate(
  tx: CatalogueReader,
  resource: Resource,
  fields: Fields,
): Promise<void> {
  const alike = await findAlike(tx, resource, fields)
  const [first] = alike
  if (!first) return
  if (first.degree !== 'certain') throw possibleDuplicate(resource, alike)
  // Any other key is unique, so `createRecord` refuses it and names the field.
  if (!resource.digest || (await recogniseByKey(tx, resource, fields))) return
  const detail = `The ${resource.kind} ${first.doc.id} has the same ${resource.digest.of}.`
  throw new Problem('duplicate', detail, {
    errors: [{ pointer: `/${resource.digest.of}`, detail }],
    extra: { existingId: first.doc.id },
  })
}

/** The problem of fields that may describe one of several records. */
export function possibleDuplicate(
  { kind, path, titleField }: Resource,
  alike: readonly Likeness[],
  pointer = '',
): Problem {
  const candidates = alike.slice(0, MAX_CANDIDATES).map(({ doc, suggests }) => ({
    id: doc.id,
    title: String(doc[titleField]),
    path: `/v1/${path}/${doc.id}`,
    ...(suggests && { suggests }),
  }))
  const ids = candidates.map(({ id }) => id).join(', ')
  return new Problem(
    'possible-duplicate',
    `This may be ${alike.length === 1 ? `the ${kind}` : `one of the ${path}`} ${ids}. In a report, answer with \`id\` if it is; otherwise list it in \`distinctFrom\`.`,
    { errors: [{ pointer, detail: `Like ${ids}.` }], extra: { candidates } },
  )
}

const MAX_CANDIDATES = 20

// What a form is about: a new or a stored record or part, from the path of the page.
import { notFound } from '../../core/problems.ts'
import type { Engine, Reader } from '../../db/engine.ts'
import { readVersions } from '../../records/read/history.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { Catalogue, Child, Parent } from '../../records/schema/catalogue.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'
import { isList, placesOf } from '../../records/schema/values.ts'
import type { Fields } from './fields.ts'
import { formOf, type Group, type Node, nodeOf, type Scalar } from './nodes.ts'

export interface Subject {
  entity: Entity
  /** What a part belongs to; null for a record. */
  parent: Parent | null
  /** As it is stored now; null if it is new. */
  doc: Doc | null
  /** The path of its form. */
  path: string
}

/** The subject of a form or page for something stored. */
export type StoredSubject = Subject & { doc: Doc }

type Params = Readonly<Record<string, string>>

/** The kind with this path. @throws Problem `not-found` */
function entityAt(catalogue: Catalogue, path: string): Entity {
  const entity = catalogue.entities.find((candidate) => candidate.path === path)
  if (!entity) throw notFound('kind', path)
  return entity
}

export const childOf = (catalogue: Catalogue, { kind }: Entity): Child | undefined =>
  catalogue.children.find((child) => child.kind === kind)

export const resourceOf = (catalogue: Catalogue, { kind }: Entity): Resource | undefined =>
  catalogue.findResource(kind)

/** The subject of a form for something new. @throws Problem `not-found`, `gone` or `merged` */
export async function newSubject(reader: Reader, catalogue: Catalogue, params: Params): Promise<Subject> {
  const { path = '', id, parts } = params
  const above = entityAt(catalogue, path)
  if (id === undefined || parts === undefined) {
    if (!resourceOf(catalogue, above)) throw notFound('kind', path)
    return { entity: above, parent: null, doc: null, path: `/edit/${path}/new` }
  }
  const doc = parse(await loadRecord(reader, above, id))
  const child = childOf(catalogue, entityAt(catalogue, parts))
  if (!child?.of.includes(above.kind)) throw notFound('kind', parts)
  return {
    entity: child,
    parent: { entity: above, doc },
    doc: null,
    path: `${editPath(above, doc)}/${parts}/new`,
  }
}

/** The subject of a form for something stored. @throws Problem `not-found`, `gone` or `merged` */
export async function storedSubject(
  reader: Reader,
  catalogue: Catalogue,
  params: Params,
): Promise<StoredSubject> {
  const { path = '', id = '', parts, partId } = params
  const entity = entityAt(catalogue, parts ?? path)
  const doc = parse(await loadRecord(reader, entity, partId ?? id))
  const parent = childOf(catalogue, entity) ? await parentOf(reader, catalogue, doc) : null
  if (
    parts !== undefined &&
    parent &&
    !(parent.entity.path === path && [parent.doc.id, parent.doc['slug']].includes(id))
  )
    throw notFound(entity.kind, doc.id)
  return { entity, parent, doc, path: editPath(entity, doc) }
}

/** The subject of a form with which something is recorded again that was deleted. */
export async function renewedSubject(
  reader: Reader,
  engine: Engine,
  catalogue: Catalogue,
  path: string,
  id: string,
): Promise<Subject> {
  const entity = entityAt(catalogue, path)
  if (resourceOf(catalogue, entity)) return newSubject(reader, catalogue, { path })
  const versions = await readVersions(engine, reader, entity.kind, id, null, 1)
  const last = versions.find(({ doc }) => doc !== null)
  if (!last?.doc) throw notFound(entity.kind, id)
  const { recordKind, recordId } = parse({ doc: last.doc })
  const above = catalogue.entity(recordKind as Kind)
  return newSubject(reader, catalogue, { path: above.path, id: String(recordId), parts: path })
}

/** The record or part that a part belongs to. */
export async function parentOf(reader: Reader, catalogue: Catalogue, part: Doc): Promise<Parent> {
  const entity = catalogue.entity(part['recordKind'] as Kind)
  return { entity, doc: parse(await loadRecord(reader, entity, String(part['recordId']))) }
}

/** The path of the form of a record or part. */
export const editPath = ({ path }: Entity, { id }: Doc): string => `/edit/${path}/${id}`

/** Evidence is placed in a text by its quote, which is searched. */
const POSITION = ['start', 'end', 'prefix', 'suffix']

/** The controls of a form. What evidence can have as its value depends on the field that it is about. */
export function nodeOfSubject(catalogue: Catalogue, { entity, parent, doc }: Subject, fields: Fields): Group {
  const child = childOf(catalogue, entity)
  const schema = child && parent ? child.createShape(parent.entity) : entity.writable
  const constant = doc ? entity.constant : []
  if (entity.kind === 'evidence' && parent)
    return formOf(schema, {
      without: [...constant, ...POSITION],
      replaced: evidenceNodes(parent.entity, fields.get('field') ?? ''),
    })
  return formOf(schema, {
    without: constant,
    replaced: child ? {} : { distinctFrom: ofSameKind(entity.kind) },
  })
}

export const scalar = (node: Partial<Scalar>): Scalar => ({
  is: 'scalar',
  input: 'line',
  required: false,
  empty: undefined,
  preset: '',
  trimmed: true,
  options: [],
  kinds: [],
  ...node,
})

const ofSameKind = (kind: Kind): Node => ({
  is: 'list',
  item: scalar({ input: 'reference', required: true, kinds: [kind] }),
})

/** The controls of evidence that depend on what it is about. */
export function evidenceNodes(about: Entity, pointer: string): Record<string, Node> {
  const places = placesOf(about)
  const place = places.get(pointer)
  const element = place && isList(place) ? (place.element as typeof place) : place
  return {
    field: scalar({ input: 'choice', options: ['', ...places.keys()], empty: '' }),
    // Without a field, it is about the whole record, which has no value.
    value: element ? optional(nodeOf(element, pointer.split('/').at(-1) ?? '')) : formless,
    direction: scalar({ input: 'choice', options: ['disputes'] }),
  }
}

/** No controls. */
const formless: Group = { is: 'group', members: {}, empty: undefined }

/** A node of which any part may be left out. */
function optional(node: Node): Node {
  if (node.is === 'scalar') return { ...node, required: false, empty: undefined, preset: '' }
  if (node.is === 'list') return node
  const members = Object.entries(node.members).map(([key, member]) => [key, optional(member)])
  return { ...node, empty: undefined, members: Object.fromEntries(members) }
}

/** What a form shows of a document. The direction of evidence follows from its value, unless it is a denial. */
export const shownOf = ({ kind }: Entity, doc: Doc): Record<string, Json> =>
  kind === 'evidence' ? { ...doc, direction: doc['denial'] ? 'disputes' : null } : doc

/** A value of evidence without what was left blank. */
export function withoutBlanks(value: Json): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value).filter(
    ([, inner]) => inner !== null && !(Array.isArray(inner) && inner.length === 0),
  )
  return Object.fromEntries(entries)
}

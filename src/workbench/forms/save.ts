// Saves a form: through the write functions of the API, once however often it is sent, combined with what others changed meanwhile.
import { hash } from 'node:crypto'
import type { z } from 'zod'
import type { Reader } from '../../db/engine.ts'
import { applyPatch } from '../../features/records/patch.ts'
import { type StoredResponse, writeOnce } from '../../features/respond.ts'
import { wholeVersion } from '../../records/read/history.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { Catalogue, Child, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc, Json } from '../../records/schema/document.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { refuseDuplicate } from '../../records/write/match.ts'
import { createChild, createRecord, updateChild, updateRecord } from '../../records/write/operations.ts'
import { authorOf, type Visit, type WorkbenchDeps } from '../visit.ts'
import { type Change, type Collision, combine, isEqual } from './combine.ts'
import { fieldsOf } from './fields.ts'
import { dateWriter, type FormState } from './form-page.ts'
import type { Group } from './nodes.ts'
import { childOf, nodeOfSubject, parentOf, resourceOf, shownOf, withoutBlanks } from './subject.ts'

/** Values that do not match the schema. */
export class Mismatch extends Error {
  readonly error: z.ZodError

  constructor(error: z.ZodError) {
    super('The values do not match the schema.')
    this.error = error
  }
}

/** Changes of others collide with those of the form. */
export class Conflict extends Error {
  readonly theirs: Doc
  readonly collisions: readonly Collision[]
  readonly changes: Change

  constructor(theirs: Doc, collisions: readonly Collision[], changes: Change) {
    super('The record has changed since the form was shown.')
    this.theirs = theirs
    this.collisions = collisions
    this.changes = changes
  }
}

export interface Saved {
  id: string
  /** The name of a notice. */
  done: 'saved' | 'combined' | 'unchanged'
}

/** What a person decided besides the fields. */
export interface Decisions {
  /** Of fields that collide, whose value counts, for the version that was shown then. */
  takes: ReadonlyMap<string, string>
  seen: number | null
  /** Whether the form was filled for a new record, and found one that is stored. */
  fills: boolean
  /** Whether the quotes of a source follow a text that replaces that of the source. */
  followsText: boolean
  /** The place of a quote. */
  place: { start: number; end: number } | null
  /** Records that were shown as alike, and are others. */
  distinctFrom: readonly string[]
}

/** @throws Mismatch, Conflict, and the problems of the write path */
export async function save(
  visit: Visit,
  deps: WorkbenchDeps,
  state: FormState,
  value: Record<string, Json>,
  decisions: Decisions,
): Promise<Saved> {
  const body = [...visit.form].filter(([name]) => name !== 'do')
  const fingerprint = hash('sha256', `${visit.page.path}\n${JSON.stringify(body)}`)
  const once = { key: `form-${state.token.slice(0, 100)}-${fingerprint}`, fingerprint }
  const author = authorOf(visit, state.reason)
  const { body: saved } = await writeOnce(deps.records, author, once, async (tx) =>
    storedResponse(
      state.subject.doc
        ? await change(visit, tx, state, value, decisions)
        : await create(tx, state, value, decisions),
    ),
  )
  return JSON.parse(saved) as Saved
}

const storedResponse = (saved: Saved): StoredResponse => ({
  status: 303,
  headers: {},
  body: JSON.stringify(saved),
})

function checked(schema: z.ZodType, value: unknown): Record<string, Json> {
  const parsed = schema.safeParse(value, { reportInput: true })
  if (!parsed.success) throw new Mismatch(parsed.error)
  return parsed.data as Record<string, Json>
}

async function create(
  tx: WriteTransaction,
  { subject }: FormState,
  value: Record<string, Json>,
  decisions: Decisions,
): Promise<Saved> {
  const { catalogue } = tx
  const { entity, parent } = subject
  const child = childOf(catalogue, entity)
  if (child && parent) {
    const input = checked(catalogue.bodyOf(child, parent.entity), sentValue(child, value, decisions))
    const doc = parse(await loadRecord(tx, parent.entity, parent.doc.id))
    const created = await createChild(tx, child, { entity: parent.entity, doc }, input)
    return { id: created.id, done: 'saved' }
  }
  const resource = resourceOf(catalogue, entity) as Resource
  const distinctFrom = [...((value['distinctFrom'] ?? []) as string[]), ...decisions.distinctFrom]
  const input = checked(resource.create, { ...value, distinctFrom: [...new Set(distinctFrom)] })
  await refuseDuplicate(tx, resource, input)
  return { id: (await createRecord(tx, resource, input)).id, done: 'saved' }
}

/** The fields of a part as the API takes them. */
function sentValue({ kind }: Child, value: Record<string, Json>, { place }: Decisions): Record<string, Json> {
  if (kind !== 'evidence') return value
  const { value: about, ...others } = value
  if (about === undefined) return { ...others, ...place }
  const given = withoutBlanks(about)
  return { ...others, value: JSON.stringify(given) === '{}' ? null : given, ...place }
}

async function change(
  visit: Visit,
  tx: WriteTransaction,
  state: FormState,
  value: Record<string, Json>,
  decisions: Decisions,
): Promise<Saved> {
  const { entity } = state.subject
  const { theirs, node, combined } = await combination(visit, tx, tx.catalogue, state, value, decisions)
  const { collisions, changedByOthers } = combined
  const changes = { ...combined.changes, ...decided(collisions, theirs, decisions) }
  const open = collisions.filter(({ key }) => decisions.seen !== theirs.version || !decisions.takes.has(key))
  if (open.length > 0) throw new Conflict(theirs, collisions, combined.changes)
  const child = childOf(tx.catalogue, entity)
  const patchable = (child ?? resourceOf(tx.catalogue, entity)) as Child | Resource
  const patch = checked(patchable.patch, child ? sentValue(child, changes, decisions) : changes)
  const changed = applyPatch(patchable, theirs, patch)
  const doc = child
    ? await updateChild(tx, child, await parentOf(tx, tx.catalogue, theirs), theirs, changed)
    : await updateRecord(tx, entity, theirs, changed, { replacesText: decisions.followsText })
  const isCombined = changedByOthers.some((key) => key in node.members)
  return { id: doc.id, done: doc === theirs ? 'unchanged' : isCombined ? 'combined' : 'saved' }
}

/** The changes of a form, combined with those of others. */
async function combination(
  visit: Visit,
  reader: Reader,
  catalogue: Catalogue,
  { subject, fields, version }: FormState,
  value: Record<string, Json>,
  { fills }: Pick<Decisions, 'fills'>,
) {
  const { entity } = subject
  const theirs = parse(await loadRecord(reader, entity, subject.doc?.id ?? ''))
  const base = shownOf(entity, await baseOf(reader, entity.kind, theirs, version, fills))
  const node = nodeOfSubject(catalogue, subject, fields)
  const mine = changesOf(visit, node, base, fields, value)
  return { theirs, node, combined: combine(node, base as Doc, shownOf(entity, theirs) as Doc, mine) }
}

/** The fields of a form with what others changed, where nobody decided otherwise, and the version that has that. */
export function rebased(
  visit: Visit,
  deps: WorkbenchDeps,
  state: FormState,
  value: Record<string, Json>,
  decisions: Decisions,
): Promise<{ fields: Map<string, string>; version: number }> {
  return deps.records.engine.read(async (reader) => {
    const { theirs, node, combined } = await combination(
      visit,
      reader,
      deps.catalogue,
      state,
      value,
      decisions,
    )
    const mine = combined.collisions.flatMap(({ key, mine }) =>
      decisions.takes.has(key) ? [] : [[key, mine]],
    )
    const changes = {
      ...combined.changes,
      ...Object.fromEntries(mine),
      ...decided(combined.collisions, theirs, decisions),
    }
    const shown = { ...shownOf(state.subject.entity, theirs), ...changes }
    return { fields: fieldsOf(node, shown, dateWriter(visit.page)), version: theirs.version }
  })
}

/** The record as the form showed it. Of a form that was filled for a new record, that is nothing. */
async function baseOf(
  tx: Reader,
  kind: string,
  theirs: Doc,
  version: number | null,
  fills: boolean,
): Promise<Doc> {
  if (fills) return { id: theirs.id } as Doc
  if (version === null || version === theirs.version) return theirs
  return parse({ doc: await wholeVersion(tx, kind, theirs.id, version) })
}

/** What a person decided about the fields that collide. */
function decided(
  collisions: readonly Collision[],
  theirs: Doc,
  { takes, seen }: Decisions,
): Record<string, Json> {
  if (seen !== theirs.version) return {}
  const values = collisions.flatMap(({ key, mine, both }): [string, Json][] => {
    const take = takes.get(key)
    if (take === 'mine') return [[key, mine]]
    return take === 'both' && both !== undefined ? [[key, both]] : []
  })
  return Object.fromEntries(values)
}

/** The fields of which the form has another value than it was shown with. What was not touched stays as it is to the letter. */
export function changesOf(
  visit: Visit,
  node: Group,
  base: Record<string, Json>,
  fields: ReadonlyMap<string, string>,
  value: Record<string, Json>,
): Record<string, Json> {
  const shown = fieldsOf(node, base, dateWriter(visit.page))
  const changes = Object.entries(node.members).flatMap(([key, member]): [string, Json][] => {
    const isOf = (name: string) => name === key || name.startsWith(`${key}.`)
    const [before, after] = [shown, fields].map((all) =>
      JSON.stringify([...all].filter(([name]) => isOf(name)).sort()),
    )
    // A field that was not sent is not cleared; of a list that is empty, nothing is sent.
    const isSent = member.is === 'list' || [...fields.keys()].some(isOf)
    const now = value[key] ?? null
    return !isSent || before === after || isEqual(now, base[key] ?? null) ? [] : [[key, now]]
  })
  return Object.fromEntries(changes)
}

// Writes a report: a source and its records with quotes. Existing people, organizations and topics are matched.
import { z } from 'zod'
import { bodyProblem } from '../../core/body-problem.ts'
import { Problem, withPointer } from '../../core/problems.ts'
import { contradicts, namesakes, namesOf, preferExact, recognise } from '../../records/read/matching.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import { fieldOf } from '../../records/schema/fields.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Resource } from '../../records/schema/resource.ts'
import { createRecord } from '../../records/write/operations.ts'
import type { Records } from '../../records/write/records.ts'
import { attachChild } from '../records/attach.ts'

/** The sections of a report in the order of writing: each may refer to earlier ones. */
export const SECTIONS = {
  topics: 'topic',
  organizations: 'organization',
  speakers: 'speaker',
  meetings: 'meeting',
  agreements: 'agreement',
  proposals: 'proposal',
  statements: 'statement',
} as const satisfies Record<string, Kind>

export type Section = keyof typeof SECTIONS

/** Kinds that are matched with existing records by name. */
const NAMED: readonly Kind[] = ['topic', 'organization', 'speaker']

type Fields = Record<string, unknown>

export interface Item extends Fields {
  key?: string
  evidence?: Fields[]
}

export type Report = { source: Item } & { [Name in Section]?: Item[] }

export interface Outcome {
  section: keyof Sections
  key: string | null
  kind: Kind
  id: string
  path: string
  outcome: 'created' | 'matched'
}

/** `=key`: a reference to the record of the report with this key. */
export const KEY = /^=([\w.-]{1,100})$/

/** Records by section; each may refer by key to earlier ones. */
export type Sections = { [Name in Section | 'states' | 'source']?: Item[] }

/** Called with the key of each record, or of each of its quotes, before it is written. */
type Naming = (key: string) => void

/**
 * Writes a report.
 * @param idsByKey ids of records that were written before; those of the report are added
 * @throws Problem with pointers into the report; `ambiguous-match` if a name matches several records
 */
export async function writeReport(
  records: Records,
  tx: WriteTransaction,
  { source, topics = [], organizations = [], ...rest }: Report,
  idsByKey: Map<string, string> = new Map(),
  naming?: Naming,
): Promise<Outcome[]> {
  // The publisher of a source may be an organization of the report.
  const before = await writeSections(records, tx, { topics, organizations }, idsByKey, naming)
  const [sourceOutcome] = await writeSections(records, tx, { source: [source] }, idsByKey, naming)
  if (!sourceOutcome) throw new Error('A report has a source.')
  const after = await writeSections(records, tx, rest, idsByKey, naming)
  await writeParts(
    records,
    tx,
    sourceOutcome.id,
    { topics, organizations, source: [source], ...rest },
    [...before, sourceOutcome, ...after],
    idsByKey,
    naming,
  )
  return [...before, sourceOutcome, ...after]
}

/** Parts that are written after all records, since they may refer to any of them. */
const LATER: readonly string[] = ['memberships', 'positions', 'relations', 'evidence']

/** Writes records that may refer to each other by key, without the parts in LATER. */
export async function writeSections(
  records: Records,
  tx: WriteTransaction,
  sections: Sections,
  idsByKey: Map<string, string>,
  naming?: Naming,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const [section, items] of Object.entries(sections) as [keyof Sections, Item[]][]) {
    const kind = kindOf(section)
    const resource = records.catalogue.resource(kind)
    for (const [index, item] of items.entries()) {
      const { key = null, ...all } = item
      const fields = Object.fromEntries(Object.entries(all).filter(([name]) => !LATER.includes(name)))
      await withPointer(pointerTo(section, index), async () => {
        naming?.(key ?? '')
        const parsed = resource.create.safeParse(resolveKeys(resource.create, fields, idsByKey))
        if (!parsed.success) throw bodyProblem(parsed.error)
        if (key !== null && idsByKey.has(key)) {
          throw new Problem('invalid-body', `The key ${key} is used twice.`, {
            errors: [{ pointer: '/key', detail: 'Used twice.' }],
          })
        }
        const matched = await match(records, tx, resource, parsed.data)
        const id = matched ?? (await createRecord(tx, resource, parsed.data)).id
        if (key !== null) idsByKey.set(key, id)
        const path = `/v1/${resource.path}/${id}`
        outcomes.push({ section, key, kind, id, path, outcome: matched ? 'matched' : 'created' })
      })
    }
  }
  return outcomes
}

/**
 * Writes the parts of records that were written before.
 * @param outcomes of the items, in their order
 * @param sourceId of the source that is quoted; null: the items have no evidence
 */
export async function writeParts(
  records: Records,
  tx: WriteTransaction,
  sourceId: string | null,
  sections: Sections,
  outcomes: readonly Outcome[],
  idsByKey: ReadonlyMap<string, string>,
  naming?: Naming,
): Promise<void> {
  const next = outcomes.values()
  for (const [section, items] of Object.entries(sections) as [keyof Sections, Item[]][]) {
    for (const [index, item] of items.entries()) {
      const outcome = next.next().value
      if (!outcome) throw new Error('Every item has an outcome.')
      const resource = records.catalogue.resource(outcome.kind)
      for (const path of LATER) {
        const child = records.catalogue.children.find((candidate) => candidate.path === path)
        for (const [position, part] of ((item[path] ?? []) as Fields[]).entries()) {
          await withPointer(`${pointerTo(section, index)}/${path}/${position}`, async () => {
            if (!child) throw new Error(`Unknown parts: ${path}.`)
            naming?.(`${outcome.key}/${child.kind === 'evidence' ? '' : `${path}/`}${position}`)
            const doc = parse(await loadRecord(tx, resource, outcome.id))
            const input =
              child.kind === 'evidence'
                ? { motivation: 'quote', sourceId, ...part }
                : (resolveKeys(child.createShape(resource), part, idsByKey) as Fields)
            const fresh = outcome.outcome === 'created'
            await attachChild(tx, child, { entity: resource, doc }, input, { fresh })
          })
        }
      }
    }
  }
}

const kindOf = (section: keyof Sections): Kind =>
  section === 'source' ? 'source' : section === 'states' ? 'state' : SECTIONS[section]

const pointerTo = (section: string, index: number) =>
  section === 'source' ? '/source' : `/${section}/${index}`

/** Replaces keys by ids in references; elsewhere `=key` is ordinary text. */
function resolveKeys(schema: z.ZodType, value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (fieldOf(schema)?.kinds) {
    const key = typeof value === 'string' ? KEY.exec(value)?.[1] : undefined
    return key === undefined ? value : (ids.get(key) ?? value)
  }
  if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const shape = schema.shape as Record<string, z.ZodType | undefined>
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const field = Object.hasOwn(shape, name) ? shape[name] : undefined
        return [name, field ? resolveKeys(field, inner, ids) : inner]
      }),
    )
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => resolveKeys(schema.element as z.ZodType, item, ids))
  }
  if (
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  ) {
    return resolveKeys(schema.unwrap() as z.ZodType, value, ids)
  }
  return value
}

/** The id of the existing record: by a unique value, or by normalised name in any of its names. */
async function match(
  records: Records,
  tx: WriteTransaction,
  resource: Resource,
  fields: Fields,
): Promise<string | null> {
  const existing = await recognise(tx, resource, fields)
  if (existing || !NAMED.includes(resource.kind)) return existing
  const matches = new Map<string, Doc>()
  for (const name of new Set(namesOf(resource, fields))) {
    for (const doc of await namesakes(records.engine, tx, resource, name))
      if (!contradicts(resource, doc, fields)) matches.set(doc.id, doc)
  }
  const name = String(fields[resource.titleField])
  const exact = preferExact(resource, [...matches.values()], name)
  if (exact.length === 1) return exact[0]?.id ?? null
  const [only] = matches.keys()
  if (matches.size <= 1) return only ?? null
  const { titleField } = resource
  throw new Problem(
    'ambiguous-match',
    `${matches.size} records are called ${JSON.stringify(fields[titleField])}.`,
    {
      errors: [
        {
          pointer: `/${titleField}`,
          detail: 'Several records have this name; refer to one of them by its id.',
        },
      ],
      extra: {
        matches: [...matches.values()].map((doc) => ({
          id: doc.id,
          name: String(doc[titleField]),
          path: `/v1/${resource.path}/${doc.id}`,
        })),
      },
    },
  )
}

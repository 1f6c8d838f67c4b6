// Lineage: how proposals and agreements follow from one another.

import { z } from 'zod'
import { inconsistent, Problem } from '../../core/problems.ts'
import { columnNamed } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { anyId, type Kind, mayGrow, named, PREFIXES, ref, text } from '../../records/schema/fields.ts'
import { type Doc, defineEntity, type Entity } from '../../records/schema/resource.ts'
import {
  type Attachment,
  parse,
  type Records,
  type Stored,
  type WriteTransaction,
} from '../../records/write/records.ts'
import { relations as table } from './table.ts'

export const TYPES = ['restates', 'elaborates', 'supersedes', 'merged-into', 'became'] as const

/** Along these no record may come back to itself. */
const ACYCLIC = new Set(['supersedes', 'merged-into'])

export const relations = defineEntity({
  kind: 'relation',
  about: 'How one proposal or agreement follows from another.',
  table,
  fields: {
    recordKind: z
      .enum(['proposal', 'agreement'])
      .meta({ description: 'What kind of record it starts from.' }),
    recordId: anyId('The record it starts from.'),
    type: named('RelationType', z.enum(TYPES).meta(mayGrow)).meta({
      description:
        'What the one does to the other: it `restates`, `elaborates` or `supersedes` it, was `merged-into` it, or (a proposal) `became` an agreement.',
    }),
    targetId: ref(['proposal', 'agreement'], 'The record it leads to.'),
    note: text(5000, 'What a reader should know about it.').nullable(),
  },
  required: ['recordKind', 'recordId', 'type', 'targetId'],
  rules: (doc) => {
    const target = kindOf(String(doc['targetId']))
    if (doc['recordId'] === doc['targetId'])
      return [{ pointer: '/targetId', detail: 'A record does not relate to itself.' }]
    if (doc['type'] === 'became') {
      return doc['recordKind'] === 'proposal' && target === 'agreement'
        ? []
        : [
            {
              pointer: '/targetId',
              detail: 'A proposal becomes an agreement; nothing else becomes anything.',
            },
          ]
    }
    return target === doc['recordKind']
      ? []
      : [{ pointer: '/targetId', detail: `A relation of this type leads to another ${doc['recordKind']}.` }]
  },
  example: { type: 'elaborates', targetId: 'prp_01gb6jc400ezz8kdnweefcy4dk' },
})

export const relationCreate = relations.writable.omit({ recordKind: true, recordId: true }).meta({
  id: 'RelationCreate',
  description: 'How the record follows from, or leads to, another.',
  examples: [{ type: 'elaborates', targetId: 'prp_01gb6jc400ezz8kdnweefcy4dk' }],
})

const kindOf = (id: string) =>
  Object.entries(PREFIXES).find(([, prefix]) => id.startsWith(`${prefix}_`))?.[0] as Kind | undefined

/** @throws Problem `duplicate` when it stands already, `inconsistent` when it would close a circle */
export async function addRelation(
  records: Records,
  tx: WriteTransaction,
  holder: Entity,
  record: Doc,
  input: Record<string, unknown>,
  id?: string,
): Promise<Doc> {
  const type = String(input['type'])
  const targetId = String(input['targetId'])
  const existing = await sameRelation(tx, record, input)
  if (existing) {
    throw new Problem('duplicate', `The relation ${existing.id} says this already.`, {
      extra: { existingId: existing.id },
    })
  }
  if (ACYCLIC.has(type) && (await leadsTo(tx, targetId, record.id, type))) {
    throw inconsistent([
      { pointer: '/targetId', detail: `Following ${type} from ${targetId} leads back to ${record.id}.` },
    ])
  }
  return records.create(tx, relations, input, { recordKind: holder.kind, recordId: record.id }, id)
}

const sameRelation = (reader: Reader, record: Doc, { type, targetId }: Record<string, unknown>) =>
  reader.get<Stored>(SAME, { recordId: record.id, type, targetId })

export const relationAttachment: Attachment = {
  kind: 'relation',
  shape: ({ kind }) => (kind === 'proposal' || kind === 'agreement' ? relationCreate : null),
  add: addRelation,
  async same(_records, reader, record, input) {
    const found = await sameRelation(reader, record, input)
    return found && parse(found)
  },
}

async function leadsTo(reader: Reader, from: string, to: string, type: string): Promise<boolean> {
  const found = await reader.get(
    sql`with recursive chain(id) as (select cast(${from} as text) collate "binary" union select ${table.targetId} from ${table} join chain on ${table.recordId} = chain.id where ${table.type} = ${type}) select 1 from chain where id = ${to} limit 1`,
  )
  return found !== undefined
}

/** The relations of a record, from both ends, oldest first. */
export const relationsOf = (reader: Reader, id: string) => reader.all<Stored>(BOTH_ENDS, { id })

export interface Edge {
  type: string
  sourceId: string
  targetId: string
  /** Null for what follows from a field of the proposal. */
  relationId: string | null
}

export interface LineageNode {
  id: string
  kind: 'proposal' | 'agreement'
  title: string
  status: string
  /** When its life began, as far as that is known. */
  date: string | null
}

/** How many records a lineage holds at most. */
export const MAX_IN_A_LINEAGE = 500

/** Everything that a record is connected with by relations and by `agreementId`, in order of date. */
export async function lineageOf(
  records: Records,
  reader: Reader,
  id: string,
): Promise<{ nodes: LineageNode[]; edges: Edge[] }> {
  const proposals = records.catalogue.entity('proposal').table
  const agreementId = columnNamed(proposals, 'agreementId')
  const seen = new Set([id])
  const edges = new Map<string, Edge>()
  let frontier = [id]
  while (frontier.length > 0 && seen.size < MAX_IN_A_LINEAGE) {
    const found = await reader.all<Edge>(
      sql`select ${table.type} as type, ${table.recordId} as "sourceId", ${table.targetId} as "targetId", ${table.id} as "relationId" from ${table} where ${table.recordId} in ${frontier} or ${table.targetId} in ${frontier}
        union all select 'laid-down-in', ${proposals.id}, ${agreementId}, null from ${proposals} where ${agreementId} is not null and (${proposals.id} in ${frontier} or ${agreementId} in ${frontier})`,
    )
    frontier = []
    for (const edge of found) {
      edges.set(`${edge.type} ${edge.sourceId} ${edge.targetId}`, edge)
      for (const end of [edge.sourceId, edge.targetId]) {
        if (seen.has(end) || seen.size >= MAX_IN_A_LINEAGE) continue
        seen.add(end)
        frontier.push(end)
      }
    }
  }
  const events = records.catalogue.entity('event').table
  const recordId = columnNamed(events, 'recordId')
  const starts = await reader.all<{ id: string; date: string | null }>(
    sql`select ${recordId} as id, min(${columnNamed(events, 'occurredOn')}) as date from ${events} where ${recordId} in ${[...seen]} group by ${recordId}`,
  )
  const begun = new Map(starts.map(({ id: of, date }) => [of, date]))
  const nodes: LineageNode[] = []
  for (const kind of ['proposal', 'agreement'] as const) {
    const { table: from } = records.catalogue.entity(kind)
    const docs = await reader.all<Stored>(
      sql`select ${from.id} as id, ${from.version} as version, ${from.doc} as doc from ${from} where ${from.id} in ${[...seen]}`,
    )
    for (const doc of docs.map(parse)) {
      nodes.push({
        id: doc.id,
        kind,
        title: String(doc['title']),
        status: String(doc['status']),
        date: begun.get(doc.id) ?? null,
      })
    }
  }
  nodes.sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1))
  const index = new Map(nodes.map((node, at) => [node.id, at]))
  const from = (edge: Edge) => index.get(edge.sourceId) ?? 0
  const to = (edge: Edge) => index.get(edge.targetId) ?? 0
  return {
    nodes,
    edges: [...edges.values()]
      .filter((edge) => seen.has(edge.sourceId) && seen.has(edge.targetId))
      .sort((a, b) => from(a) - from(b) || to(a) - to(b) || (a.type < b.type ? -1 : 1)),
  }
}

/** By date, 2022 before 2022-08; of one day first what was proposed, then what was agreed. */
const placeOf = ({ date, kind, id }: LineageNode) => `${date ?? '~'} ${kind === 'proposal' ? 0 : 1} ${id}`

const SAME = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.recordId} = ${sql.placeholder('recordId')} and ${table.type} = ${sql.placeholder('type')} and ${table.targetId} = ${sql.placeholder('targetId')}`

const BOTH_ENDS = sql`select ${table.id} as id, ${table.version} as version, ${table.doc} as doc from ${table} where ${table.recordId} = ${sql.placeholder('id')} or ${table.targetId} = ${sql.placeholder('id')} order by ${table.firstSeq}`

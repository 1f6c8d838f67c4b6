// Relations: how proposals and agreements follow from one another.
import { z } from 'zod'
import { inconsistent, Problem } from '../../core/problems.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { childrenOf } from '../../records/read/record.ts'
import { type Child, defineChild, withoutParent } from '../../records/schema/child.ts'
import { choice, recordId, ref, text } from '../../records/schema/fields.ts'
import { kindOfId } from '../../records/schema/kinds.ts'

export const TYPES = ['restates', 'elaborates', 'supersedes', 'merged-into', 'became'] as const

/** Types along which no record may lead back to itself. */
const ACYCLIC: readonly unknown[] = ['supersedes', 'merged-into']

const example = { type: 'elaborates', targetId: 'prp_01gb6jc400ezz8kdnweefcy4dk' }

export const relations: Child = defineChild({
  kind: 'relation',
  path: 'relations',
  noun: 'a relation',
  about: 'How one proposal or agreement follows from another.',
  of: ['proposal', 'agreement'],
  fields: {
    recordKind: z
      .enum(['proposal', 'agreement'])
      .meta({ description: 'What kind of record it starts from.' }),
    recordId: recordId('The record it starts from.'),
    type: choice(
      'RelationType',
      TYPES,
      'What the one does to the other: it `restates`, `elaborates` or `supersedes` it, was `merged-into` it, or (a proposal) `became` an agreement.',
      { required: true, mayGrow: true, column: true },
    ),
    targetId: ref(['proposal', 'agreement'], 'The record it leads to.', { required: true }),
    note: text(5000, 'What a reader should know about it.'),
  },
  rules: ({ recordKind, recordId, type, targetId }) => {
    const fault = (detail: string) => [{ pointer: '/targetId', detail }]
    if (recordId === targetId) return fault('A record does not relate to itself.')
    const target = kindOfId(targetId)
    if (type === 'became')
      return recordKind === 'proposal' && target === 'agreement'
        ? []
        : fault('A proposal becomes an agreement; nothing else becomes anything.')
    return target === recordKind ? [] : fault(`A relation of this type leads to another ${recordKind}.`)
  },
  sameBy: ['type', 'targetId'],
  createShape: () => relationCreate,
  // The list is in routes.ts: it shows relations from both ends.
  operations: {
    create: 'Along `supersedes` and `merged-into` no record may lead back to itself.',
    get: 'It is read where it starts.',
    delete: 'A relation is deleted where it starts.',
  },
  createProblems: ['duplicate'],
  async beforeCreate(tx, { doc }, input) {
    const { type, targetId } = input
    const existing = (await childrenOf(tx, relations, doc.id)).find(
      (relation) => relation['type'] === type && relation['targetId'] === targetId,
    )
    if (existing)
      throw new Problem('duplicate', `The relation ${existing.id} says this already.`, {
        extra: { existingId: existing.id },
      })
    if (ACYCLIC.includes(type) && (await leadsTo(tx, String(targetId), doc.id, String(type))))
      throw inconsistent([
        { pointer: '/targetId', detail: `Following ${type} from ${targetId} leads back to ${doc.id}.` },
      ])
    return input
  },
  example,
})

const { table } = relations

const relationCreate = withoutParent(relations).meta({
  id: 'RelationCreate',
  description: 'How the record follows from, or leads to, another.',
  examples: [example],
})

async function leadsTo(reader: Reader, from: string, to: string, type: string): Promise<boolean> {
  const duplicate = await reader.get(
    sql`with recursive chain(id) as (select cast(${from} as text) collate "binary" union select ${table.targetId} from ${table} join chain on ${table.recordId} = chain.id where ${table.type} = ${type}) select 1 from chain where id = ${to} limit 1`,
  )
  return duplicate !== undefined
}

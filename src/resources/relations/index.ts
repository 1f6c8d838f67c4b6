// Relations between proposals and agreements.
import { inconsistent, Problem } from '../../core/problems.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { childrenOf } from '../../records/read/record.ts'
import {
  type Child,
  defineChild,
  type Parent,
  type WriteTransaction,
  withoutParent,
} from '../../records/schema/catalogue.ts'
import { choice, ref, text } from '../../records/schema/fields.ts'
import { kindOfId } from '../../records/schema/kinds.ts'

export const TYPES = ['restates', 'elaborates', 'supersedes', 'merged-into', 'became'] as const

/** Types of relations that must not form cycles. */
const ACYCLIC: readonly unknown[] = ['supersedes', 'merged-into']

const example = { type: 'elaborates', targetId: 'prp_01gb6jc400ezz8kdnweefcy4dk' }

export const relations: Child = defineChild({
  kind: 'relation',
  path: 'relations',
  about: 'A relation from one proposal or agreement to another.',
  of: ['proposal', 'agreement'],
  fields: {
    type: choice(
      'RelationType',
      TYPES,
      'The type: the record `restates`, `elaborates` or `supersedes` the target, was `merged-into` it, or (a proposal) `became` an agreement.',
      { required: true, mayGrow: true, filter: true },
    ),
    targetId: ref(['proposal', 'agreement'], 'The record at the end of the relation.', {
      required: true,
      filter: 'target',
    }),
    note: text(5000, 'Remarks about the relation.'),
  },
  rules: ({ recordKind, recordId, type, targetId }) => {
    const fault = (detail: string) => [{ pointer: '/targetId', detail }]
    if (recordId === targetId) return fault('A record cannot have a relation to itself.')
    const target = kindOfId(targetId)
    if (type === 'became')
      return recordKind === 'proposal' && target === 'agreement'
        ? []
        : fault('`became` requires a proposal as record and an agreement as target.')
    return target === recordKind ? [] : fault(`The target of this type must be another ${recordKind}.`)
  },
  sameBy: ['type', 'targetId'],
  defaultSort: 'createdAt',
  createShape: () => relationCreate,
  // The list is in routes.ts: it includes incoming relations.
  operations: {
    create: '`supersedes` and `merged-into` must not form cycles.',
    get: 'Available under the record at the start of the relation.',
    update: 'Available under the record at the start of the relation.',
    delete: 'Available under the record at the start of the relation.',
  },
  createProblems: ['duplicate'],
  async beforeCreate(tx, parent, input) {
    await checkRelation(tx, parent, input)
    return input
  },
  beforeUpdate: (tx, parent, _before, after) => checkRelation(tx, parent, after),
  example,
})

/** @throws Problem `duplicate`, or `inconsistent` for a cycle */
async function checkRelation(
  tx: WriteTransaction,
  { doc }: Parent,
  { id, type, targetId }: Record<string, unknown>,
): Promise<void> {
  const existing = (await childrenOf(tx, relations, doc.id)).find(
    (relation) => relation.id !== id && relation['type'] === type && relation['targetId'] === targetId,
  )
  if (existing)
    throw new Problem('duplicate', `The relation ${existing.id} already has this type and target.`, {
      extra: { existingId: existing.id },
    })
  if (ACYCLIC.includes(type) && (await isReachable(tx, String(targetId), doc.id, String(type))))
    throw inconsistent([
      { pointer: '/targetId', detail: `${type} from ${targetId} forms a cycle back to ${doc.id}.` },
    ])
}

const { table } = relations

const relationCreate = withoutParent(relations).meta({
  id: 'RelationCreate',
  description: 'A relation from the record to another.',
  examples: [example],
})

async function isReachable(reader: Reader, from: string, to: string, type: string): Promise<boolean> {
  const row = await reader.get(
    sql`with recursive chain(id) as (
        select cast(${from} as text) collate "binary"
        union select ${table.targetId} from ${table} join chain on ${table.recordId} = chain.id
        where ${table.type} = ${type}
      ) select 1 from chain where id = ${to} limit 1`,
  )
  return row !== undefined
}

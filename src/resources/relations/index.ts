// Relations between records: of proposals, agreements, meetings and organizations, and of sources among themselves.

import { type Fault, inconsistent, Problem } from '../../core/problems.ts'
import { isAcyclic, relationTargets, relationTypesFrom } from '../../core/relation-types.ts'
import { columnSql } from '../../db/columns.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { childrenOf, findRecord, parse } from '../../records/read/record.ts'
import {
  type Child,
  defineChild,
  type Parent,
  type WriteTransaction,
} from '../../records/schema/catalogue.ts'
import { kindOfId, withArticle } from '../../records/schema/kinds.ts'
import { trust } from '../../records/schema/resource.ts'
import { recountCitations, renewStanding } from '../../records/write/support.ts'
import { RELATED, relationCreate, relationFields } from './fields.ts'

export const relations: Child = defineChild({
  kind: 'relation',
  path: 'relations',
  about: 'A relation from one record to another.',
  of: RELATED,
  fields: {
    ...relationFields,
  },
  derived: trust,
  rules: ({ recordKind, recordId, type, targetId }) => endFaults(recordKind, recordId, type, targetId),
  pointsToItself: ({ recordId, targetId }) => recordId === targetId,
  sameBy: ['type', 'targetId'],
  defaultSort: 'createdAt',
  createShape: ({ kind }) => relationCreate(kind),
  // The list is in routes.ts: it includes incoming relations.
  operations: {
    create:
      '`supersedes`, `incorporated-into`, `amends`, `annexed-to` and all types between sources must not form cycles. `translation-of` requires sources in different languages.',
    get: 'Available under the record at the start of the relation.',
    update: 'Available under the record at the start of the relation.',
    delete: 'Available under the record at the start of the relation.',
  },
  createProblems: ['duplicate'],
  async beforeCreate(tx, parent, input) {
    await check(tx, parent, input)
    return input
  },
  beforeUpdate: (tx, parent, _before, after) => check(tx, parent, after),
  async beforeMerge(tx, { kind }, loser, into) {
    for (const type of relationTypesFrom(kind)) {
      if (!isAcyclic(type, kind)) continue
      for (const [from, to] of [
        [loser.id, into.id],
        [into.id, loser.id],
      ] as const) {
        const others = (await targetsOf(tx, from, type)).filter((id) => id !== to)
        for (const other of others)
          if (await isReachable(tx, other, to, type))
            throw inconsistent([
              {
                pointer: '/into',
                detail: `${type} leads from ${from} to ${to} through ${other}: it would form a cycle.`,
              },
            ])
      }
    }
  },
  async beforeParentUpdate(tx, { kind }, before, after) {
    if (kind !== 'source' || before['language'] === after['language']) return
    for (const translation of await translationsOf(tx, after.id))
      if (translation.language === after['language'])
        throw inconsistent([
          {
            pointer: '/language',
            detail: `The source is a translation of ${translation.id}, or the other way round, which is in this language.`,
          },
        ])
  },
  async afterChange(tx, before, after) {
    const ends = [before, after].flatMap((relation) =>
      relation?.['recordKind'] === 'source'
        ? [String(relation['recordId']), String(relation['targetId'])]
        : [],
    )
    const isSame = ['type', 'recordId', 'targetId'].every((field) => before?.[field] === after?.[field])
    if (ends.length === 0 || isSame) return
    for (const id of new Set(ends)) await renewStanding(tx, id)
    await recountCitations(tx, ends)
  },
  example: { type: 'elaborates', targetId: 'prp_01gb6jc400ezz8kdnweefcy4dk' },
})

const { table } = relations

/** The faults of the kinds of the ends. */
function endFaults(kind: string, id: string, type: string, targetId: string): Fault[] {
  if (id === targetId) return [{ pointer: '/targetId', detail: 'A record cannot have a relation to itself.' }]
  const legal = relationTargets(kind, type)
  const target = kindOfId(targetId)
  if (legal.length === 0)
    return [{ pointer: '/type', detail: `${withArticle(kind)} cannot have a relation ${type}.` }]
  return target && legal.includes(target)
    ? []
    : [
        {
          pointer: '/targetId',
          detail: `The target of ${type} must be ${legal.map(withArticle).join(' or ')}.`,
        },
      ]
}

/** @throws Problem `duplicate`, or `inconsistent` for a cycle or a translation into the same language */
async function check(
  tx: WriteTransaction,
  { entity, doc }: Parent,
  { id, ...relation }: Record<string, unknown>,
): Promise<void> {
  const type = String(relation['type'])
  const targetId = String(relation['targetId'])
  const existing = (await childrenOf(tx, relations, doc.id)).find(
    (one) => one.id !== id && one['type'] === type && one['targetId'] === targetId,
  )
  if (existing) {
    const detail = 'Another relation of the record already has this type and target.'
    throw new Problem('duplicate', detail, {
      errors: [{ pointer: '/targetId', detail }],
      extra: { existingId: existing.id },
    })
  }
  const refuse = (detail: string) => inconsistent([{ pointer: '/targetId', detail }])
  const [fault] = endFaults(entity.kind, doc.id, type, targetId)
  if (fault) throw inconsistent([fault])
  if (isAcyclic(type, entity.kind) && (await isReachable(tx, targetId, doc.id, type)))
    throw refuse(`${type} from ${targetId} forms a cycle back to ${doc.id}.`)
  if (type !== 'translation-of') return
  const original = await findRecord(tx, tx.catalogue.entity('source'), targetId)
  if (original && parse(original)['language'] === doc['language'])
    throw refuse(`A translation has another language than ${targetId}, which is also in ${doc['language']}.`)
}

/** The targets of the relations of a type from a record. */
const targetsOf = (reader: Reader, id: string, type: string) =>
  reader.pluck<string>(
    sql`select ${table.targetId} from ${table} where ${table.recordId} = ${id} and ${table.type} = ${type}`,
  )

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

/** The translations of a source, and the sources of which it is a translation, with their languages. */
function translationsOf(tx: WriteTransaction, id: string): Promise<{ id: string; language: string }[]> {
  const sources = tx.catalogue.entity('source').table
  const between = (start: SQL, end: SQL) =>
    sql`select ${sources.id} as id, ${columnSql(sources, 'language')} as language
      from ${table} join ${sources} on ${sources.id} = ${end}
      where ${start} = ${id} and ${table.type} = 'translation-of'`
  const [recordId, targetId] = [sql`${table.recordId}`, sql`${table.targetId}`]
  return tx.all(sql`${between(recordId, targetId)} union all ${between(targetId, recordId)}`)
}

// The fields of a relation, by the kind of the record at its start.
import { z } from 'zod'
import {
  RELATION_TYPES,
  type RelationType,
  relationTargets,
  relationTypesFrom,
} from '../../core/relation-types.ts'
import { capitalised } from '../../core/text.ts'
import { choice, ref, text, whenWritten } from '../../records/schema/fields.ts'
import { exampleId, type Kind, withArticle } from '../../records/schema/kinds.ts'

/** The kinds of records that can have relations. */
export const RELATED = [
  'meeting',
  'proposal',
  'agreement',
  'organization',
  'source',
] as const satisfies Kind[]

const TARGETS = [...new Set(RELATED.flatMap((kind) => relationTargets(kind)))] as [Kind, ...Kind[]]

/** The fields of the relations of all kinds of records. */
export const relationFields = fieldsOf('RelationType', RELATION_TYPES, TARGETS)

function fieldsOf(
  name: string,
  types: readonly [RelationType, ...RelationType[]],
  targets: [Kind, ...Kind[]],
) {
  return {
    type: choice(name, types, 'How the record is related to the target.', {
      required: true,
      mayGrow: true,
      filter: true,
    }),
    targetId: ref(targets, 'The record at the end of the relation.', {
      required: true,
      filter: 'target',
    }),
    note: text(5000, 'Remarks about the relation.'),
  }
}

/** The bodies of new relations, by the kind of the record at their start. */
const CREATE = new Map(
  RELATED.map((kind) => {
    const name = capitalised(kind)
    const types = relationTypesFrom(kind) as [RelationType, ...RelationType[]]
    const targets = relationTargets(kind) as [Kind, ...Kind[]]
    return [
      kind as Kind,
      z.strictObject(whenWritten(fieldsOf(`${name}RelationType`, types, targets))).meta({
        id: `${name}RelationCreate`,
        description: `A relation from ${withArticle(kind)} to another record.`,
        examples: [{ type: types[0], targetId: exampleId(targets[0]) }],
      }),
    ]
  }),
)

/** The body of a new relation of a kind of record. @throws Error if it can have none */
export function relationCreate(kind: Kind): z.ZodObject {
  const schema = CREATE.get(kind)
  if (!schema) throw new Error(`A ${kind} has no relations.`)
  return schema
}

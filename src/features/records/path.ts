// The paths of single records: those of resources, and those of children below the record that they belong to.
import { z } from 'zod'
import { notFound } from '../../core/problems.ts'
import type { Reader } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { changes } from '../../db/system-tables.ts'
import { partParam, recordParam } from '../../http/describe.ts'
import { findRecord, loadRecord, parse, type Stored } from '../../records/read/record.ts'
import type { Child } from '../../records/schema/catalogue.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'

export type Params = Record<string, string>

/** The path of one record, a resource or a child, and how to find it. */
export interface RecordPath {
  entity: Entity
  /** `/v1/proposals/:id` */
  path: string
  tag: string
  /** In operation ids: `Proposal`, `ProposalPosition`. */
  name: string
  params: z.ZodObject
  /** Whether its routes are not in the OpenAPI document. */
  hidden?: boolean
  /** @throws Problem `not-found` or `gone` */
  load: (reader: Reader, params: Params) => Promise<Stored>
  /** Its id, also if it was deleted. @throws Problem `not-found` if a child never was below the record */
  idOf: (reader: Reader, params: Params) => Promise<string>
}

export const recordPath = (resource: Resource): RecordPath => ({
  entity: resource,
  path: `/v1/${resource.path}/:id`,
  tag: resource.path,
  name: resource.name,
  params: recordParam(resource),
  load: (reader, { id = '' }) => loadRecord(reader, resource, id),
  idOf: async (reader, { id = '' }) => (await findRecord(reader, resource, id))?.id ?? id,
})

/** The path of a child by its id alone, under which it is documented. */
export const flatPath = (child: Child): RecordPath => ({
  entity: child,
  path: `/v1/${child.path}/:id`,
  tag: child.path,
  name: child.name,
  params: z.object({ id: partParam(child.prefix ?? '', `The id of the ${child.kind}.`) }),
  load: (reader, { id = '' }) => loadRecord(reader, child, id),
  idOf: async (_reader, { id = '' }) => id,
})

/** The path of a child below its record: another address of the same routes, which is not documented. */
export function pathUnder(parent: RecordPath, child: Child): RecordPath {
  const { kind, path, prefix } = child
  const param = `${kind}Id`
  return {
    entity: child,
    path: `${parent.path}/${path}/:${param}`,
    tag: parent.tag,
    name: `${parent.name}${child.name}`,
    hidden: true,
    params: parent.params.extend({ [param]: partParam(prefix ?? '', `The id of the ${kind}.`) }),
    async load(reader, params) {
      const record = await parent.load(reader, params)
      const stored = await loadRecord(reader, child, params[param] ?? '')
      if (parse(stored)['recordId'] !== record.id) throw notFound(kind, stored.id)
      return stored
    },
    async idOf(reader, params) {
      const id = params[param] ?? ''
      const parentId = await parent.idOf(reader, params)
      if (await reader.get(CREATED_UNDER, { id, kind, parentId })) return id
      throw notFound(kind, id)
    },
  }
}

const CREATED_UNDER = sql`select 1
  from ${changes}
  where ${changes.recordId} = ${sql.placeholder('id')}
    and ${changes.version} = 1
    and ${changes.kind} = ${sql.placeholder('kind')}
    and ${changes.parentId} = ${sql.placeholder('parentId')}`

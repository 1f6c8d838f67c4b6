// Files of the import page: stored until they were imported, so that they can be checked, mended and checked again.
import { newId } from '../core/ids.ts'
import type { Reader, Writer } from './engine.ts'
import { sql } from './sql.ts'
import { insertInto } from './statements.ts'
import { uploads } from './system-tables.ts'

export interface Upload {
  id: string
  keyId: string
  name: string
  /** Null if each row contains it. */
  kind: string | null
  format: string
  content: string
  /** The last import of it: a dry run, or the one that wrote it. */
  importId: string
  createdAt: string
  updatedAt: string
}

/** An upload in a list. */
export type ListedUpload = Omit<Upload, 'content'>

const RETENTION_MS = 30 * 86_400_000

/** How many files of one owner are stored; older ones are deleted. */
const MAX_OF_OWNER = 20

/** Stores a file. @returns its id */
export async function insertUpload(
  writer: Writer,
  upload: Omit<Upload, 'id' | 'createdAt' | 'updatedAt'>,
  at: string,
): Promise<string> {
  const id = newId('upl')
  await writer.run(INSERT, { ...upload, id, createdAt: at, updatedAt: at })
  await writer.run(DELETE_EXPIRED, { before: new Date(Date.parse(at) - RETENTION_MS).toISOString() })
  await writer.run(DELETE_OLDER, { keyId: upload.keyId })
  return id
}

/** Stores another state of a file if `importId` is still the one that it was read with. @returns whether it was */
export async function updateUpload(
  writer: Writer,
  { importId: former, ...stored }: Upload,
  changed: Partial<Pick<Upload, 'kind' | 'content'>> & Pick<Upload, 'importId'>,
  at: string,
): Promise<boolean> {
  const { id, kind, content, importId } = { ...stored, ...changed }
  const row = await writer.get(UPDATE, { id, kind, content, importId, former, at })
  return row !== undefined
}

/** A file of an owner. */
export const findUpload = (reader: Reader, keyId: string, id: string): Promise<Upload | undefined> =>
  reader.get<Upload>(FIND, { keyId, id })

/** The files of an owner, the last changed first. */
export const listUploads = (reader: Reader, keyId: string): Promise<ListedUpload[]> =>
  reader.all<ListedUpload>(LIST, { keyId })

export const deleteUpload = (writer: Writer, keyId: string, id: string): Promise<void> =>
  writer.run(DELETE, { keyId, id })

const columns = sql`${uploads.id}, ${uploads.keyId}, ${uploads.name}, ${uploads.kind}, ${uploads.format},
  ${uploads.importId}, ${uploads.createdAt}, ${uploads.updatedAt}`

const isOwn = sql`${uploads.keyId} = ${sql.placeholder('keyId')}`
const isThis = sql`${uploads.id} = ${sql.placeholder('id')}`

const FIND = sql`select ${columns}, ${uploads.content} from ${uploads} where ${isOwn} and ${isThis}`

const LIST = sql`select ${columns} from ${uploads} where ${isOwn} order by ${uploads.updatedAt} desc`

const INSERT = insertInto(uploads)

const UPDATE = sql`update ${uploads} set "kind" = ${sql.placeholder('kind')}, "content" = ${sql.placeholder('content')},
    "importId" = ${sql.placeholder('importId')}, "updatedAt" = ${sql.placeholder('at')}
  where ${isThis} and ${uploads.importId} = ${sql.placeholder('former')} returning 1 as one`

const DELETE = sql`delete from ${uploads} where ${isOwn} and ${isThis}`

const DELETE_EXPIRED = sql`delete from ${uploads} where ${uploads.updatedAt} < ${sql.placeholder('before')}`

const DELETE_OLDER = sql`delete from ${uploads} where ${isOwn} and ${uploads.id} not in (
  select ${uploads.id} from ${uploads} where ${isOwn} order by ${uploads.updatedAt} desc, ${uploads.id} desc limit ${sql.raw(String(MAX_OF_OWNER))})`

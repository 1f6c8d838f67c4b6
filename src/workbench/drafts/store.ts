// Stores drafts. They belong to a key and have no versions; a revision keeps two windows from overwriting each other.

import { newId } from '../../core/ids.ts'
import type { Engine, Reader, Writer } from '../../db/engine.ts'
import { sql } from '../../db/sql.ts'
import { insertInto, updateById } from '../../db/statements.ts'
import { drafts } from '../../db/system-tables.ts'
import { type DraftContent, parseContent } from './model.ts'

export interface DraftRow {
  id: string
  /** The owner. */
  keyId: string
  title: string
  /** The stored source that it is about. */
  sourceId: string | null
  /** When its report was written; null: it was not. */
  savedAt: string | null
  revision: number
  createdAt: string
  updatedAt: string
}

export interface Draft extends DraftRow {
  content: DraftContent
}

/** The draft has changed since it was read. */
export class StaleDraft extends Error {
  readonly current: Draft

  constructor(current: Draft) {
    super('The draft has changed.')
    this.current = current
  }
}

const MAX_TITLE = 500

/** The title of the source; without one, the first line of its text. */
const titleOf = ({ source, text }: DraftContent) => {
  const { title } = source.fields
  const [firstLine = ''] = text.trim().split('\n', 1)
  return (typeof title === 'string' && title !== '' ? title : firstLine).slice(0, MAX_TITLE)
}

export async function createDraft(
  engine: Engine,
  keyId: string,
  content: DraftContent,
  now: Date,
): Promise<string> {
  const id = newId('drf')
  const at = now.toISOString()
  await engine.write((writer) =>
    writer.run(INSERT, {
      id,
      keyId,
      title: titleOf(content),
      sourceId: content.source.id,
      content: JSON.stringify(content),
      revision: 1,
      createdAt: at,
      updatedAt: at,
    }),
  )
  return id
}

/** A draft of an owner; undefined for those of others. */
export async function findDraft(reader: Reader, keyId: string, id: string): Promise<Draft | undefined> {
  const row = await reader.get<DraftRow & { content: string }>(FIND, { id, keyId })
  return row && { ...row, content: parseContent(row.content) }
}

/** The drafts of an owner, without their contents, the last changed first. */
export const listDrafts = (reader: Reader, keyId: string): Promise<DraftRow[]> =>
  reader.all<DraftRow>(LIST, { keyId })

/**
 * Changes a draft.
 * @param revision the one that the change is based on; null: whatever it is
 * @param change gets the content, and returns the new one
 * @throws StaleDraft if another window has changed it since
 * @returns the draft, or undefined if the owner has none of this id
 */
export async function updateDraft(
  writer: Writer,
  { keyId, id, revision, at }: { keyId: string; id: string; revision: number | null; at: string },
  change: (draft: Draft) => Promise<DraftContent> | DraftContent,
): Promise<Draft | undefined> {
  const draft = await findDraft(writer, keyId, id)
  if (!draft) return undefined
  if (revision !== null && draft.revision !== revision) throw new StaleDraft(draft)
  const content = await change(draft)
  if (content === draft.content) return draft
  const changed = {
    title: titleOf(content),
    sourceId: content.source.id,
    revision: draft.revision + 1,
    updatedAt: at,
  }
  await writer.run(UPDATE, { id, ...changed, content: JSON.stringify(content) })
  return { ...draft, ...changed, savedAt: content.saved?.at ?? null, content }
}

export const deleteDraft = (engine: Engine, keyId: string, id: string): Promise<void> =>
  engine.write((writer) => writer.run(DELETE, { id, keyId }))

const row = sql`${drafts.id}, ${drafts.keyId}, ${drafts.title}, ${drafts.sourceId}, ${drafts.revision}, ${drafts.createdAt}, ${drafts.updatedAt},
  json(${drafts.content}) -> 'saved' ->> 'at' as ${sql.identifier('savedAt')}`

const isOwn = sql`${drafts.id} = ${sql.placeholder('id')} and ${drafts.keyId} = ${sql.placeholder('keyId')}`

const INSERT = insertInto(drafts)

const FIND = sql`select ${row}, ${drafts.content} from ${drafts} where ${isOwn}`

const LIST = sql`select ${row} from ${drafts} where ${drafts.keyId} = ${sql.placeholder('keyId')} order by ${drafts.updatedAt} desc`

const UPDATE = updateById(drafts, ['title', 'sourceId', 'content', 'revision', 'updatedAt'])

const DELETE = sql`delete from ${drafts} where ${isOwn}`

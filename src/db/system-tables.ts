// The tables other than records: change log, links, identifiers, keys, stored responses, imports, search and webhooks.

import { sql } from 'drizzle-orm/sql/sql'
import { integer } from 'drizzle-orm/sqlite-core/columns/integer'
import { text } from 'drizzle-orm/sqlite-core/columns/text'
import { index, uniqueIndex } from 'drizzle-orm/sqlite-core/indexes'
import { primaryKey } from 'drizzle-orm/sqlite-core/primary-keys'
import { sqliteTable } from 'drizzle-orm/sqlite-core/table'

/** The change log: every write in order. The document before a change is that of the previous version. */
export const changes = sqliteTable(
  'changes',
  {
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    recordId: text('recordId').notNull(),
    /** The parent record of a child; null for other records. */
    parentId: text('parentId'),
    version: integer('version').notNull(),
    op: text('op').notNull(),
    at: text('at').notNull(),
    actorId: text('actorId').notNull(),
    actorName: text('actorName').notNull(),
    requestId: text('requestId'),
    /** Why the author changed the record; null: not said. */
    reason: text('reason'),
    /** The record that it was merged into; null unless `op` is `merge`. */
    mergedInto: text('mergedInto'),
    /** The document after the change; null for a deletion and a merge. */
    doc: text('doc'),
    /** JSON: the columns that are derived from the document, by name; null if there are none. */
    derived: text('derived'),
  },
  (table) => [
    uniqueIndex('changes_record').on(table.recordId, table.version),
    index('changes_kind').on(table.kind, table.seq),
    index('changes_parent').on(table.parentId, table.seq),
    index('changes_at').on(table.at),
    index('changes_actor').on(table.actorId, table.seq),
    index('changes_merged').on(table.kind, table.mergedInto).where(sql`${table.mergedInto} is not null`),
  ],
)

/** References inside lists (topics, participants, contributors …). Other references are columns of the record tables. */
export const links = sqliteTable(
  'links',
  {
    fromKind: text('fromKind').notNull(),
    fromId: text('fromId').notNull(),
    /** The path in the document, without list positions: `topicIds`, `participants.stateCode`. */
    field: text('field').notNull(),
    toId: text('toId').notNull(),
    /** The value by which lists of the kind are sorted unless the client says otherwise. */
    sortKey: text('sortKey'),
  },
  (table) => [
    primaryKey({ columns: [table.fromId, table.field, table.toId] }),
    // In the order of the list, so that a list of the records that refer to one is a range of it.
    index('links_to').on(table.toId, table.fromKind, table.field, table.sortKey, table.fromId),
  ],
)

/** Identifiers of records in other systems (Popolo), unique per kind and scheme. */
export const identifiers = sqliteTable(
  'identifiers',
  {
    kind: text('kind').notNull(),
    scheme: text('scheme').notNull(),
    identifier: text('identifier').notNull(),
    recordId: text('recordId').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.scheme, table.identifier] }),
    index('identifiers_record').on(table.recordId),
  ],
)

/** The names of records, as hashes of the form in which they are compared. */
export const names = sqliteTable(
  'names',
  {
    kind: text('kind').notNull(),
    hash: text('hash').notNull(),
    recordId: text('recordId').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.hash, table.recordId] }),
    index('names_record').on(table.recordId),
  ],
)

/** API keys, stored as hashes. */
export const keys = sqliteTable('keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  role: text('role').notNull(),
  hash: text('hash').notNull(),
  createdAt: text('createdAt').notNull(),
  expiresAt: text('expiresAt'),
  revokedAt: text('revokedAt'),
})

/** Sessions of people who signed in to the workbench with a key. Deleted some time after they ended. */
export const sessions = sqliteTable(
  'sessions',
  {
    /** The SHA-256 of the secret in the cookie. */
    id: text('id').primaryKey(),
    keyId: text('keyId').notNull(),
    createdAt: text('createdAt').notNull(),
    lastSeenAt: text('lastSeenAt').notNull(),
    expiresAt: text('expiresAt').notNull(),
    /** Null until the session is ended by hand. */
    endedAt: text('endedAt'),
    /** Where it was begun: the address and the browser. */
    address: text('address').notNull(),
    userAgent: text('userAgent').notNull(),
  },
  (table) => [
    index('sessions_key').on(table.keyId, table.createdAt),
    index('sessions_expires').on(table.expiresAt),
  ],
)

/** Reports that are being written in the workbench. They are no records and have no versions. */
export const drafts = sqliteTable(
  'drafts',
  {
    id: text('id').primaryKey(),
    /** The owner. */
    keyId: text('keyId').notNull(),
    title: text('title').notNull(),
    /** The stored source that it is about; null if the source is a part of the draft. */
    sourceId: text('sourceId'),
    /** JSON. */
    content: text('content').notNull(),
    /** Grows with every save, so that two windows do not overwrite each other. */
    revision: integer('revision').notNull(),
    createdAt: text('createdAt').notNull(),
    updatedAt: text('updatedAt').notNull(),
  },
  (table) => [index('drafts_owner').on(table.keyId, table.updatedAt)],
)

/** Files of the import page, stored for 30 days. */
export const uploads = sqliteTable(
  'uploads',
  {
    id: text('id').primaryKey(),
    /** The owner. */
    keyId: text('keyId').notNull(),
    name: text('name').notNull(),
    /** The kind of the rows; null if each row contains it. */
    kind: text('kind'),
    format: text('format').notNull(),
    content: text('content').notNull(),
    /** The last import of it: a dry run, or the one that wrote it. */
    importId: text('importId').notNull(),
    createdAt: text('createdAt').notNull(),
    updatedAt: text('updatedAt').notNull(),
  },
  (table) => [
    index('uploads_owner').on(table.keyId, table.updatedAt),
    index('uploads_updated').on(table.updatedAt),
  ],
)

/** Responses to POSTs with an Idempotency-Key: stored in the transaction of the write, for 24 hours. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    actorId: text('actorId').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the method, path and body of the request. */
    fingerprint: text('fingerprint').notNull(),
    createdAt: text('createdAt').notNull(),
    status: integer('status').notNull(),
    /** JSON. */
    headers: text('headers').notNull(),
    body: text('body').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.actorId, table.key] }),
    index('idempotency_created').on(table.createdAt),
  ],
)

/** Imports and their results, stored for 30 days. */
export const imports = sqliteTable(
  'imports',
  {
    id: text('id').primaryKey(),
    createdAt: text('createdAt').notNull(),
    /** Null until it has finished. */
    finishedAt: text('finishedAt'),
    /** JSON. */
    doc: text('doc').notNull(),
  },
  (table) => [index('imports_created').on(table.createdAt), index('imports_finished').on(table.finishedAt)],
)

/** Internal settings, such as the secret that signs cursors. */
export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

/** Searchable records. `docId` is the row number in the full-text index. */
export const searchDocs = sqliteTable(
  'searchDocs',
  {
    docId: integer('docId').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    recordId: text('recordId').notNull(),
    /** The date of the search result, if the record has one. */
    date: text('date'),
  },
  (table) => [
    uniqueIndex('searchDocs_record').on(table.recordId),
    index('searchDocs_kind').on(table.kind, table.docId),
  ],
)

/** Webhooks. Their API representation is in `features/webhooks/shapes.ts`. */
export const webhooks = sqliteTable('webhooks', {
  id: text('id').primaryKey(),
  version: integer('version').notNull(),
  createdAt: text('createdAt').notNull(),
  updatedAt: text('updatedAt').notNull(),
  url: text('url').notNull(),
  /** JSON: kinds of records; empty for all. */
  kinds: text('kinds').notNull(),
  /** JSON. */
  filters: text('filters').notNull(),
  description: text('description'),
  status: text('status').notNull(),
  disabledBecause: text('disabledBecause'),
  /** The signing secret, in plain text since signing needs it. Null if the webhook is deleted. */
  secret: text('secret'),
  /** The previous secret, which also signs until `previousUntil`. */
  previousSecret: text('previousSecret'),
  previousUntil: text('previousUntil'),
  /** The last change that has a delivery or was excluded by the filters. */
  seq: integer('seq').notNull(),
  /** The first failure since the last success. */
  failingSince: text('failingSince'),
  /** The end of a pause that the receiver requested (Retry-After). */
  holdUntil: text('holdUntil'),
  /** The process with the exclusive right to send for it until `leasedUntil`. */
  leasedBy: text('leasedBy'),
  leasedUntil: text('leasedUntil'),
  /** Set if it is deleted; the row remains, for 410 responses. */
  deletedAt: text('deletedAt'),
})

/** Deliveries: one row per change and webhook. Changes after the position of the webhook have none yet. */
export const webhookDeliveries = sqliteTable(
  'webhookDeliveries',
  {
    /** Also the `webhook-id` of every attempt. */
    id: text('id').primaryKey(),
    webhookId: text('webhookId').notNull(),
    /** The change; null for a ping. */
    seq: integer('seq'),
    type: text('type').notNull(),
    status: text('status').notNull(),
    /** Attempts since creation or the last replay. */
    tries: integer('tries').notNull(),
    /** JSON: the last 20 attempts. */
    attempts: text('attempts').notNull(),
    /** Null unless pending. */
    nextAttemptAt: text('nextAttemptAt'),
    createdAt: text('createdAt').notNull(),
    updatedAt: text('updatedAt').notNull(),
  },
  (table) => [
    uniqueIndex('webhookDeliveries_change').on(table.webhookId, table.seq),
    index('webhookDeliveries_list').on(table.webhookId, table.id),
    index('webhookDeliveries_status').on(table.webhookId, table.status, table.id),
    index('webhookDeliveries_updated').on(table.updatedAt),
  ],
)

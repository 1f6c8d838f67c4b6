// The tables that are no records: the change log, links, identifiers, keys, and what the service remembers of itself.
import { integer } from 'drizzle-orm/sqlite-core/columns/integer'
import { text } from 'drizzle-orm/sqlite-core/columns/text'
import { index, uniqueIndex } from 'drizzle-orm/sqlite-core/indexes'
import { primaryKey } from 'drizzle-orm/sqlite-core/primary-keys'
import { sqliteTable } from 'drizzle-orm/sqlite-core/table'

/** Every write in order. A document before a change is the one of the version before it. */
export const changes = sqliteTable(
  'changes',
  {
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    recordId: text('recordId').notNull(),
    /** The record under which it lives; null for what stands on its own. */
    parentId: text('parentId'),
    version: integer('version').notNull(),
    op: text('op').notNull(),
    at: text('at').notNull(),
    actorId: text('actorId').notNull(),
    actorName: text('actorName').notNull(),
    requestId: text('requestId'),
    /** The document after the change; null when it was deleted. */
    doc: text('doc'),
  },
  (table) => [
    uniqueIndex('changes_record').on(table.recordId, table.version),
    index('changes_kind').on(table.kind, table.seq),
    index('changes_parent').on(table.parentId, table.seq),
    index('changes_at').on(table.at),
  ],
)

/** References from inside lists (topics, participants, posts …). Single references are columns of their tables. */
export const links = sqliteTable(
  'links',
  {
    fromKind: text('fromKind').notNull(),
    fromId: text('fromId').notNull(),
    /** Where in the document, without positions: `topicIds`, `participants.stateCode`. */
    field: text('field').notNull(),
    toId: text('toId').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.toId, table.field, table.fromId] }),
    index('links_from').on(table.fromId),
  ],
)

/** Identifiers that other systems gave to a record (Popolo), unique per kind and scheme. */
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

/** Keys that may write. Only a hash of the secret is kept. */
export const keys = sqliteTable('keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  role: text('role').notNull(),
  hash: text('hash').notNull(),
  createdAt: text('createdAt').notNull(),
  expiresAt: text('expiresAt'),
  revokedAt: text('revokedAt'),
})

/** Answers to POSTs with an Idempotency-Key, kept for a day in the transaction of the write itself. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    actorId: text('actorId').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the method, path and body that came with the key. */
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

/** Imports that were sent, and what became of them; kept for a month. */
export const imports = sqliteTable(
  'imports',
  {
    id: text('id').primaryKey(),
    createdAt: text('createdAt').notNull(),
    /** Null while it is not done. */
    finishedAt: text('finishedAt'),
    /** JSON. */
    doc: text('doc').notNull(),
  },
  (table) => [index('imports_created').on(table.createdAt), index('imports_finished').on(table.finishedAt)],
)

/** What the service remembers of itself, such as the secret that signs cursors. */
export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

/** What can be searched: one row a record, whose number is that of its row in the full-text index. */
export const searchDocs = sqliteTable(
  'searchDocs',
  {
    docId: integer('docId').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    recordId: text('recordId').notNull(),
    /** A date to show and to sort by, where the record has one. */
    date: text('date'),
  },
  (table) => [
    uniqueIndex('searchDocs_record').on(table.recordId),
    index('searchDocs_kind').on(table.kind, table.docId),
  ],
)

/** Who is told of changes. What a client may see of a row is drawn from it in `features/webhooks/`. */
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
  /** Signs, so it is kept as it is. Null once the webhook is deleted. */
  secret: text('secret'),
  /** The one before, which also signs until `previousUntil`. */
  previousSecret: text('previousSecret'),
  previousUntil: text('previousUntil'),
  /** The last change that was taken up, or that it does not ask for. */
  seq: integer('seq').notNull(),
  /** Since when there was nothing but failures. */
  failingSince: text('failingSince'),
  /** Nothing is sent before: the receiver asked for a pause. */
  holdUntil: text('holdUntil'),
  /** The process that sends for it, and until when nobody else does. */
  leasedBy: text('leasedBy'),
  leasedUntil: text('leasedUntil'),
  /** A deleted webhook stays as a tombstone. */
  deletedAt: text('deletedAt'),
})

/** What was sent, or is to be sent: one row for a change and a webhook. What is not taken up yet has none. */
export const webhookDeliveries = sqliteTable(
  'webhookDeliveries',
  {
    /** Also the `webhook-id` of every try. */
    id: text('id').primaryKey(),
    webhookId: text('webhookId').notNull(),
    /** The change; null for a ping. */
    seq: integer('seq'),
    type: text('type').notNull(),
    status: text('status').notNull(),
    /** Since it was made, or last replayed. */
    tries: integer('tries').notNull(),
    /** JSON: what became of each try, the last few of them. */
    attempts: text('attempts').notNull(),
    /** While it is pending. */
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

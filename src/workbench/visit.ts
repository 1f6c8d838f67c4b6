// What a route of the workbench gets: the request of a person who has signed in, and the page to answer it with.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Key } from '../db/keys.ts'
import type { Session } from '../db/sessions.ts'
import type { ImportJobs } from '../features/imports/jobs.ts'
import type { ReadSnapshot } from '../records/read/context.ts'
import type { Author, Catalogue } from '../records/schema/catalogue.ts'
import type { Records } from '../records/write/records.ts'
import type { Page } from '../web/page.ts'
import { pageOf } from '../web/respond.ts'
import type { Extractor } from './ingest/extractor.ts'
import type { FetchOptions } from './ingest/fetch.ts'
import { type Messages, messagesOf } from './languages.ts'

export interface WorkbenchDeps {
  records: Records
  catalogue: Catalogue
  readSnapshot: ReadSnapshot
  imports: ImportJobs
  /** How pages are fetched. */
  fetching: FetchOptions
  /** Takes texts out of pages and files. */
  extractor: Extractor
}

/** A request for a page of the workbench, by whomever. */
export interface PageRequest {
  request: FastifyRequest
  reply: FastifyReply
  /** As on the pages for readers. `names` is empty: `{ ...page, names }` with those that a page shows. */
  page: Page
  words: Messages
  /** The fields of the form that was sent; empty for a GET and an upload. Line ends are CR LF, as browsers send them. */
  form: URLSearchParams
  /** The variable parts of the path. */
  params: Readonly<Record<string, string>>
}

/** A request with a session. */
export interface Visit extends PageRequest {
  session: Session
  /** The key of the session, also in `request.key`. */
  key: Key
  /** Whether the form was sent without a session and its sender has signed in since: show it again with `form`, save nothing. */
  resumed: boolean
}

/** Answers a request. */
export type Handler = (visit: Visit) => Promise<FastifyReply> | FastifyReply

export interface RouteOptions {
  /** The role that the key needs; default: any. */
  role?: 'admin'
  /** Whether the body is a file (multipart/form-data), which `submit` reads from `visit.request`. */
  upload?: boolean
}

/** Registers the routes of an area below `/edit`, in every language. */
export interface Routes {
  /** A page by GET. */
  page(path: string, show: Handler, options?: RouteOptions): void
  /**
   * A form by GET and POST. `show` gets the fields that were sent if `visit.resumed`, otherwise none. `submit` answers with a
   * redirect, or with the form again and what is wrong with it.
   */
  form(path: string, handlers: { show: Handler; submit: Handler }, options?: RouteOptions): void
}

export type RouteModule = (routes: Routes, deps: WorkbenchDeps) => void

export function requestOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { catalogue, records }: Pick<WorkbenchDeps, 'catalogue' | 'records'>,
): PageRequest {
  const now = records.now()
  const asked = pageOf(request, catalogue, now).with(new Map())
  // It shows the present only.
  const page = { ...asked, clocks: { asOf: null, knownAt: null }, day: now.toISOString().slice(0, 10) }
  return {
    request,
    reply,
    page,
    words: messagesOf(page.language),
    form: request.body instanceof URLSearchParams ? request.body : new URLSearchParams(),
    params: (request.params ?? {}) as Record<string, string>,
  }
}

/** The author of what a person writes. @param reason why, from a form; empty counts as none */
export const authorOf = ({ key, request }: Visit, reason?: string | null): Author => ({
  actor: { id: key.id, name: key.name },
  requestId: request.id,
  reason: reason?.trim() || undefined,
})

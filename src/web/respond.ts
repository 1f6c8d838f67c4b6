// Sends pages, and reads what a request for one asks for.
import type { FastifyReply, FastifyRequest, preValidationAsyncHookHandler } from 'fastify'
import { sendRepresentation } from '../http/conditional.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { DATE_PARAMETER, isoDate } from './date-input.ts'
import type { Html } from './html.ts'
import { messagesOf } from './languages.ts'
import type { Names } from './names.ts'
import { type Clocks, dayOf, type Page, type Query, queryText, splitPath } from './page.ts'

/** Pages load nothing from other hosts, run no scripts, and cannot be framed. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'strict-origin-when-cross-origin',
}

export const HTML_TYPE = 'text/html; charset=utf-8'

export const sendPage = (reply: FastifyReply, page: Html): FastifyReply =>
  sendRepresentation(reply, { body: page.text, type: HTML_TYPE, headers: PAGE_HEADERS })

/** A page without its names, which the data brings. */
export function pageOf(
  request: FastifyRequest,
  catalogue: Catalogue,
  now: Date,
): Omit<Page, 'names'> & { with: (names: Names) => Page } {
  const { language, path } = splitPath(request.url.split('?')[0] ?? '/')
  const query = queryOf(request.url)
  const clocks = clocksIn(request)
  const page = {
    language,
    messages: messagesOf(language),
    catalogue,
    base: request.server.basePath,
    origin: `${request.protocol}://${request.host}`,
    path,
    query,
    clocks,
    day: dayOf(clocks, now),
  }
  return { ...page, with: (names) => ({ ...page, names }) }
}

/** The clocks of a validated request. */
export function clocksIn({ query }: FastifyRequest): Clocks {
  const { asOf, knownAt } = (query ?? {}) as { asOf?: string; knownAt?: string }
  return { asOf: asOf ?? null, knownAt: knownAt ?? null }
}

/** The parameters of an address as they were written. Repeated ones are one, with commas. */
function queryOf(url: string): Query {
  const query: Record<string, string> = {}
  for (const [name, value] of new URL(url, 'http://localhost').searchParams)
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value
  return query
}

/** Sends a page that says what is wrong with its address, with the status of a problem. */
export const sendFaultyPage = (reply: FastifyReply, status: number, page: Html): FastifyReply =>
  reply
    .code(status)
    .headers({ 'content-type': HTML_TYPE, 'cache-control': 'no-store', ...PAGE_HEADERS })
    .send(page.text)

/**
 * Forms send fields that are empty, dates as people write them, and times without a zone. The browser is redirected to the address
 * without empty fields, with dates in ISO 8601 and times in UTC, so that what it shows is a permanent link.
 */
export const tidyAddress: preValidationAsyncHookHandler = async (request, reply) => {
  const { searchParams, pathname } = new URL(request.url, 'http://localhost')
  const tidy = new URLSearchParams(
    [...searchParams]
      .filter(([, value]) => value.trim() !== '')
      .map(([name, value]) => [name, inIso(name, value)]),
  )
  if (tidy.size === searchParams.size && tidy.toString() === searchParams.toString()) return
  await reply.redirect(`${pathname}${queryText(queryOf(`/?${tidy}`))}`, 302)
}

/** What completes a minute and a second to their end, by the length of the text. */
const END_OF: Record<number, string> = { 16: ':59.999Z', 19: '.999Z' }

/** A date in ISO 8601. An instant without a zone is in UTC. A day, a minute and a second stand for their end. */
function inIso(name: string, value: string): string {
  if (DATE_PARAMETER.test(name)) return isoDate(value) ?? value
  if (name !== 'knownAt') return value
  const day = isoDate(value)
  if (day?.length === 10) return `${day}T23:59:59.999Z`
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(value)
    ? `${value}${END_OF[value.length] ?? 'Z'}`
    : value
}

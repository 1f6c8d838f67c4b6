// A thin client of the SCO tracker. Its types are generated from the OpenAPI document.
import { type Call, type CallOptions, type ClientOptions, Http } from './http.ts'
import { Imports } from './imports.ts'
import type { QueryOf } from './kinds.ts'
import { type LiveOptions, live } from './live.ts'
import { Items, Listing, type PostOptions, post, Records, type WithParts, withParts } from './records.ts'
import type * as schema from './schema.ts'
import { Webhooks } from './webhooks.ts'

export { ConnectionError, ProblemError, TimeoutError } from './errors.ts'
export type { Call, CallOptions, ClientOptions, RequestOptions, WithResponse } from './http.ts'
export { type FinishedImport, ImportError, type ImportFile, type ImportOptions } from './imports.ts'
export type { LiveOptions } from './live.ts'
export type {
  Items,
  Listing,
  Page as ListPage,
  Parts,
  PostOptions,
  Records,
  WriteOptions,
} from './records.ts'
export type * from './schema.ts'
export { type VerifyOptions, verifyWebhook, type WebhookEvent, WebhookVerificationError } from './verify.ts'

/** The statistics by what they count. */
interface StatsQueries {
  meetings: QueryOf<'statsMeetings'>
  proposals: QueryOf<'statsProposals'>
  agreements: QueryOf<'statsAgreements'>
  statements: QueryOf<'statsStatements'>
}

export class TrackerClient {
  readonly http: Http
  readonly meetings: WithParts<'meetings', Records<'meetings'>>
  readonly speakers: WithParts<'speakers', Records<'speakers'>>
  readonly proposals: WithParts<'proposals', Records<'proposals'>>
  readonly agreements: WithParts<'agreements', Records<'agreements'>>
  readonly statements: WithParts<'statements', Records<'statements'>>
  readonly organizations: WithParts<'organizations', Records<'organizations'>>
  readonly states: WithParts<'states', Records<'states'>>
  readonly topics: WithParts<'topics', Records<'topics'>>
  readonly sources: WithParts<'sources', Records<'sources'>>
  readonly events: WithParts<'events', Items<'events'>>
  readonly positions: WithParts<'positions', Items<'positions'>>
  readonly memberships: WithParts<'memberships', Items<'memberships'>>
  readonly relations: WithParts<'relations', Items<'relations'>>
  readonly evidence: Items<'evidence'>
  readonly reports: Reports
  readonly imports: Imports
  readonly webhooks: Webhooks

  constructor(options: ClientOptions) {
    const http = new Http(options)
    this.http = http
    this.meetings = withParts(http, 'meetings', new Records(http, 'meetings'))
    this.speakers = withParts(http, 'speakers', new Records(http, 'speakers'))
    this.proposals = withParts(http, 'proposals', new Records(http, 'proposals'))
    this.agreements = withParts(http, 'agreements', new Records(http, 'agreements'))
    this.statements = withParts(http, 'statements', new Records(http, 'statements'))
    this.organizations = withParts(http, 'organizations', new Records(http, 'organizations'))
    this.states = withParts(http, 'states', new Records(http, 'states'))
    this.topics = withParts(http, 'topics', new Records(http, 'topics'))
    this.sources = withParts(http, 'sources', new Records(http, 'sources'))
    this.events = withParts(http, 'events', new Items(http, 'events'))
    this.positions = withParts(http, 'positions', new Items(http, 'positions'))
    this.memberships = withParts(http, 'memberships', new Items(http, 'memberships'))
    this.relations = withParts(http, 'relations', new Items(http, 'relations'))
    this.evidence = new Items(http, 'evidence')
    this.reports = new Reports(http)
    this.imports = new Imports(http)
    this.webhooks = new Webhooks(http)
  }

  /** Searches all resources: the best hits first, at most a thousand. */
  search(
    q: string,
    query: Omit<QueryOf<'search'>, 'q' | 'cursor'> = {},
    options?: CallOptions,
  ): Listing<schema.SearchHit> {
    return new Listing(this.http, '/v1/search', { ...query, q }, options)
  }

  /** Counts for a chart. */
  stats<Of extends keyof StatsQueries>(
    of: Of,
    query: StatsQueries[Of],
    options?: CallOptions,
  ): Call<schema.Stats> {
    return this.http.call('GET', `/v1/stats/${of}`, { ...options, query })
  }

  /** The changes so far, page by page; continue later after `page.nextAfter` of the last page, with its `page.feed`. */
  async *changes(
    query: QueryOf<'listChanges'> = {},
    options?: CallOptions,
  ): AsyncGenerator<schema.ChangePage> {
    let { after, feed } = query
    for (let more = true; more; ) {
      const found: schema.ChangePage = await this.http.call('GET', '/v1/changes', {
        ...options,
        query: { ...query, after, feed },
      })
      yield found
      after = found.page.nextAfter
      feed = found.page.feed
      more = found.page.hasMore
    }
  }

  /** Every change as it is committed, without end; reconnects by itself. @throws ProblemError */
  live(options: LiveOptions = {}): AsyncGenerator<schema.Change> {
    return live(this.http, options)
  }
}

class Reports {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /**
   * Creates a source and everything drawn from it, all or nothing.
   * @param options with `dryRun`, nothing is written
   * @throws ProblemError `possible-duplicate` or `quote-absent`, with `problem.candidates`
   */
  create(
    body: schema.ReportCreate,
    { dryRun, ...options }: PostOptions & { dryRun?: boolean } = {},
  ): Call<schema.ReportResult> {
    return post(this.#http, '/v1/reports', body, options, { dryRun })
  }
}

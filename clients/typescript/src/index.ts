// A thin client of the SCO tracker. Its types are generated from the OpenAPI document.
import { type ClientOptions, Http, type RequestOptions } from './http.ts'
import { type LiveOptions, live } from './live.ts'
import type * as schema from './schema.ts'

export { type ClientOptions, ProblemError, type RequestOptions } from './http.ts'
export type { LiveOptions } from './live.ts'
export type * from './schema.ts'

type Operations = schema.operations
type QueryOf<Id extends keyof Operations> = NonNullable<Operations[Id]['parameters']['query']>

/** The parameters of a list, without paging and formats, which the client handles. */
type ListQuery<Id extends keyof Operations> = Omit<QueryOf<Id>, 'cursor' | 'format'>

interface Kinds {
  meetings: Of<schema.Meeting, schema.MeetingCreate, schema.MeetingPatch, 'listMeetings', 'getMeeting'>
  speakers: Of<schema.Speaker, schema.SpeakerCreate, schema.SpeakerPatch, 'listSpeakers', 'getSpeaker'>
  proposals: Of<schema.Proposal, schema.ProposalCreate, schema.ProposalPatch, 'listProposals', 'getProposal'>
  agreements: Of<
    schema.Agreement,
    schema.AgreementCreate,
    schema.AgreementPatch,
    'listAgreements',
    'getAgreement'
  >
  statements: Of<
    schema.Statement,
    schema.StatementCreate,
    schema.StatementPatch,
    'listStatements',
    'getStatement'
  >
  organizations: Of<
    schema.Organization,
    schema.OrganizationCreate,
    schema.OrganizationPatch,
    'listOrganizations',
    'getOrganization'
  >
  states: Of<schema.State, schema.StateCreate, schema.StatePatch, 'listStates', 'getState'>
  topics: Of<schema.Topic, schema.TopicCreate, schema.TopicPatch, 'listTopics', 'getTopic'>
  sources: Of<schema.Source, schema.SourceCreate, schema.SourcePatch, 'listSources', 'getSource'>
}

/** Parts of records: their lists contain those of all records. */
interface PartKinds {
  events: { record: schema.Event; list: ListQuery<'listEvents'> }
  positions: { record: schema.Position; list: ListQuery<'listPositions'> }
  memberships: { record: schema.Membership; list: ListQuery<'listMemberships'> }
  relations: { record: schema.Relation; list: ListQuery<'listRelations'> }
  evidence: { record: schema.Evidence; list: ListQuery<'listEvidence'> }
}

interface Of<Read, Create, Patch, List extends keyof Operations, Get extends keyof Operations> {
  record: Read
  create: Create
  patch: Patch
  list: ListQuery<List>
  read: QueryOf<Get>
}

interface Page<Item> {
  data: Item[]
  page: schema.Page
}

/** A list: `for await` yields its items, page after page. A page is only requested when it is needed. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #page: (cursor: string | undefined) => Promise<Page<Item>>

  constructor(page: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#page = page
  }

  /** The pages, all of the same state of the list. */
  async *pages(): AsyncGenerator<Page<Item>> {
    let cursor: string | null | undefined
    do {
      const page = await this.#page(cursor ?? undefined)
      yield page
      cursor = page.page.nextCursor
    } while (cursor !== null)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for await (const { data } of this.pages()) yield* data
  }

  /** All items at once, at most `limit`. */
  async toArray(limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = []
    if (limit <= 0) return items
    for await (const item of this) if (items.push(item) >= limit) break
    return items
  }
}

/** The version that a write is based on. */
interface Version {
  id: string
  version: number
}

interface WriteOptions extends Pick<RequestOptions, 'signal'> {
  /** Overwrite any version. */
  overwrite?: boolean
  /** Why, for the history. */
  reason?: string
}

interface PostOptions extends Pick<RequestOptions, 'signal'> {
  idempotencyKey?: string
  /** Why, for the history. */
  reason?: string
}

/** The ETag of a record begins with its version, and `If-Match` compares only that (docs/stability.md). */
const ifMatch = ({ version }: Version, { overwrite }: WriteOptions) => ({
  'if-match': overwrite ? '*' : `"${version}."`,
})

/** The parts of one kind, of all records. `record` narrows a list to those of one record. */
export class Parts<Kind extends keyof PartKinds> {
  readonly #http: Http
  readonly #path: string

  constructor(http: Http, kind: Kind) {
    this.#http = http
    this.#path = `/v1/${kind}`
  }

  list(query: PartKinds[Kind]['list'] = {}, { signal }: Pick<RequestOptions, 'signal'> = {}) {
    return new Listing<PartKinds[Kind]['record']>((cursor) =>
      this.#http.json('GET', this.#path, { query: { ...query, cursor }, signal }),
    )
  }
}

/** The records of one kind. */
export class Collection<Kind extends keyof Kinds> {
  readonly #http: Http
  readonly #path: string

  constructor(http: Http, kind: Kind) {
    this.#http = http
    this.#path = `/v1/${kind}`
  }

  #item(id: string, rest = ''): string {
    return `${this.#path}/${encodeURIComponent(id)}${rest}`
  }

  list(query: Kinds[Kind]['list'] = {}, { signal }: Pick<RequestOptions, 'signal'> = {}) {
    return new Listing<Kinds[Kind]['record']>((cursor) =>
      this.#http.json('GET', this.#path, { query: { ...query, cursor }, signal }),
    )
  }

  /** @param id or the slug of a topic, the code of a state. @throws ProblemError `not-found`, `gone` */
  get(id: string, query: Kinds[Kind]['read'] = {}, { signal }: Pick<RequestOptions, 'signal'> = {}) {
    return this.#http.json<Kinds[Kind]['record']>('GET', this.#item(id), { query, signal })
  }

  /** @throws ProblemError `invalid-body`, `unknown-reference`, `inconsistent`, `duplicate` */
  create(body: Kinds[Kind]['create'], options: PostOptions = {}) {
    return this.#http.json<Kinds[Kind]['record']>('POST', this.#path, postOptions(body, options))
  }

  /**
   * Updates the version that was read: what `patch` omits is kept, null clears.
   * @throws ProblemError `precondition-failed` if somebody else changed it since
   */
  update(record: Version, patch: Kinds[Kind]['patch'], options: WriteOptions = {}) {
    return this.#http.json<Kinds[Kind]['record']>('PATCH', this.#item(record.id), {
      query: { reason: options.reason },
      body: patch,
      headers: ifMatch(record, options),
      signal: options.signal,
    })
  }

  /** Needs an admin's key. @throws ProblemError `precondition-failed`, `referenced` */
  async delete(record: Version, options: WriteOptions & { reason: string }): Promise<void> {
    await this.#http.json('DELETE', this.#item(record.id), {
      query: { reason: options.reason },
      headers: ifMatch(record, options),
      signal: options.signal,
    })
  }

  /** The evidence of a record, oldest first. */
  async evidence(id: string): Promise<schema.Evidence[]> {
    return (await this.#http.json<schema.EvidenceList>('GET', this.#item(id, '/evidence'))).data
  }

  /** @throws ProblemError `quote-absent`, `quote-ambiguous`, with `problem.candidates` */
  addEvidence(id: string, body: schema.EvidenceCreate, options: PostOptions = {}) {
    return this.#http.json<schema.Evidence>('POST', this.#item(id, '/evidence'), postOptions(body, options))
  }

  /** The versions of a record, the newest first. */
  async *history(id: string): AsyncGenerator<schema.Version> {
    let before: number | null | undefined
    do {
      const found: schema.History = await this.#http.json('GET', this.#item(id, '/history'), {
        query: { before },
      })
      yield* found.data
      before = found.page.nextBefore
    } while (before !== null)
  }
}

/** Records whose status is changed by events. */
export class LifecycleCollection<Kind extends 'proposals' | 'agreements'> extends Collection<Kind> {
  readonly #http: Http
  readonly #path: string

  constructor(http: Http, kind: Kind) {
    super(http, kind)
    this.#http = http
    this.#path = `/v1/${kind}`
  }

  /** The events, in order of date. */
  async events(id: string): Promise<schema.Event[]> {
    const path = `${this.#path}/${encodeURIComponent(id)}/events`
    return (await this.#http.json<schema.EventList>('GET', path)).data
  }

  /** Changes the status. @throws ProblemError `illegal-transition`, with `problem.legal` */
  addEvent(
    id: string,
    body: Kind extends 'proposals' ? schema.ProposalEventCreate : schema.AgreementEventCreate,
    options: PostOptions = {},
  ) {
    const path = `${this.#path}/${encodeURIComponent(id)}/events`
    return this.#http.json<schema.Event>('POST', path, postOptions(body, options))
  }
}

const postOptions = (body: unknown, { idempotencyKey, reason, signal }: PostOptions) => ({
  query: { reason },
  body,
  ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
  signal,
})

export class TrackerClient {
  readonly http: Http
  readonly meetings: Collection<'meetings'>
  readonly speakers: Collection<'speakers'>
  readonly proposals: LifecycleCollection<'proposals'>
  readonly agreements: LifecycleCollection<'agreements'>
  readonly statements: Collection<'statements'>
  readonly organizations: Collection<'organizations'>
  readonly states: Collection<'states'>
  readonly topics: Collection<'topics'>
  readonly sources: Collection<'sources'>
  readonly events: Parts<'events'>
  readonly positions: Parts<'positions'>
  readonly memberships: Parts<'memberships'>
  readonly relations: Parts<'relations'>
  readonly evidence: Parts<'evidence'>

  constructor(options: ClientOptions) {
    this.http = new Http(options)
    this.meetings = new Collection(this.http, 'meetings')
    this.speakers = new Collection(this.http, 'speakers')
    this.proposals = new LifecycleCollection(this.http, 'proposals')
    this.agreements = new LifecycleCollection(this.http, 'agreements')
    this.statements = new Collection(this.http, 'statements')
    this.organizations = new Collection(this.http, 'organizations')
    this.states = new Collection(this.http, 'states')
    this.topics = new Collection(this.http, 'topics')
    this.sources = new Collection(this.http, 'sources')
    this.events = new Parts(this.http, 'events')
    this.positions = new Parts(this.http, 'positions')
    this.memberships = new Parts(this.http, 'memberships')
    this.relations = new Parts(this.http, 'relations')
    this.evidence = new Parts(this.http, 'evidence')
  }

  /** Searches all resources: the best hits first, at most a thousand. */
  search(q: string, query: Omit<QueryOf<'search'>, 'q' | 'cursor'> = {}) {
    return new Listing<schema.SearchHit>((cursor) =>
      this.http.json('GET', '/v1/search', { query: { ...query, q, cursor } }),
    )
  }

  /** Counts for a chart. */
  stats(of: 'proposals', query: QueryOf<'statsProposals'>): Promise<schema.Stats>
  stats(of: 'agreements', query: QueryOf<'statsAgreements'>): Promise<schema.Stats>
  stats(of: 'meetings', query: QueryOf<'statsMeetings'>): Promise<schema.Stats>
  stats(of: string, query: object): Promise<schema.Stats> {
    return this.http.json('GET', `/v1/stats/${of}`, { query })
  }

  /** Creates a source and everything drawn from it, all or nothing. */
  createReport(body: schema.ReportCreate, options: PostOptions = {}) {
    return this.http.json<schema.ReportResult>('POST', '/v1/reports', postOptions(body, options))
  }

  /** The changes so far, page by page; continue later after `page.nextAfter` of the last page. */
  async *changes(query: QueryOf<'listChanges'> = {}): AsyncGenerator<schema.ChangePage> {
    let { after } = query
    for (let more = true; more; ) {
      const page: schema.ChangePage = await this.http.json('GET', '/v1/changes', {
        query: { ...query, after },
      })
      yield page
      after = page.page.nextAfter
      more = page.page.hasMore
    }
  }

  /** Every change as it is committed, without end; reconnects by itself. @throws ProblemError */
  live(options: LiveOptions = {}): AsyncGenerator<schema.Change> {
    return live(this.http, options)
  }
}

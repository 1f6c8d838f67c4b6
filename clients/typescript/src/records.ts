// Records and their parts: iterated, read, created, updated, deleted, merged.
import type { Call, CallOptions, Http } from './http.ts'
import type {
  Create,
  CreateOwned,
  Include,
  Item,
  KindName,
  ListedPart,
  ListQuery,
  Merge,
  Owned,
  PartName,
  PartQuery,
  Patch,
  ReadQuery,
  RecordName,
  With,
} from './kinds.ts'
import type * as schema from './schema.ts'

export interface Page<Item> {
  data: Item[]
  page: schema.Page
}

/** A list: `for await` yields its items, page after page. A page is only requested when it is needed. */
export class Listing<Item> implements AsyncIterable<Item> {
  /** One page, by the `nextCursor` of the one before it. */
  readonly page: (cursor?: string | null) => Call<Page<Item>>
  readonly #signal: AbortSignal | undefined

  constructor(http: Http, path: string, query: object, options: CallOptions = {}) {
    this.page = (cursor) => http.call('GET', path, { ...options, query: { ...query, cursor } })
    this.#signal = options.signal
  }

  /** The pages, all of the same state of the list. */
  async *pages(): AsyncGenerator<Page<Item>> {
    let cursor: string | null | undefined
    do {
      const page = await this.page(cursor)
      yield page
      cursor = page.page.nextCursor
    } while (cursor !== null)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for await (const { data } of this.pages())
      for (const item of data) {
        this.#signal?.throwIfAborted()
        yield item
      }
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
export interface Version {
  id: string
  version: number
}

export interface PostOptions extends CallOptions {
  /** Default: a new one for each call. */
  idempotencyKey?: string
  /** Why, for the history. */
  reason?: string
}

export interface WriteOptions extends CallOptions {
  /** Overwrite any version. */
  overwrite?: boolean
  /** Why, for the history. */
  reason?: string
}

export const itemPath = (path: string, id: string, rest = ''): string =>
  `${path}/${encodeURIComponent(id)}${rest}`

export const post = <Body>(
  http: Http,
  path: string,
  body: unknown,
  { idempotencyKey, reason, ...options }: PostOptions = {},
  query: object = {},
): Call<Body> =>
  http.call('POST', path, {
    ...options,
    query: { ...query, reason },
    body,
    headers: {
      ...options.headers,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
  })

/** The ETag of a record begins with its version, and `If-Match` compares only that (docs/stability.md). */
export const write = <Body>(
  http: Http,
  method: string,
  path: string,
  { version }: Version,
  body: unknown,
  { overwrite, reason, ...options }: WriteOptions = {},
  query: object = {},
): Call<Body> =>
  http.call(method, path, {
    ...options,
    query: { ...query, reason },
    body,
    headers: { ...options.headers, 'if-match': overwrite ? '*' : `"${version}."` },
  })

/** The items of one kind, records or parts. */
export class Items<Kind extends KindName> {
  protected readonly http: Http
  protected readonly path: string

  constructor(http: Http, kind: Kind) {
    this.http = http
    this.path = `/v1/${kind}`
  }

  /** A list by filters. What `include` names is embedded, and present in the type. */
  list<const Paths extends readonly Include<Kind>[] = []>(
    query: ListQuery<Kind, Paths> = {} as ListQuery<Kind, Paths>,
    options?: CallOptions,
  ): Listing<With<Item<Kind>, Paths>> {
    return new Listing(this.http, this.path, query, options)
  }

  /** @param id or the slug of a topic, the code of a state. @throws ProblemError `not-found`, `gone` */
  get<const Paths extends readonly Include<Kind>[] = []>(
    id: string,
    query: ReadQuery<Kind, Paths> = {} as ReadQuery<Kind, Paths>,
    options?: CallOptions,
  ): Call<With<Item<Kind>, Paths>> {
    return this.http.call('GET', itemPath(this.path, id), { ...options, query })
  }

  /**
   * Updates the version that was read: what `patch` omits stays, null clears.
   * @throws ProblemError `precondition-failed` if somebody else changed it since
   */
  update(item: Version, patch: Patch<Kind>, options?: WriteOptions): Call<Item<Kind>> {
    return write(this.http, 'PATCH', itemPath(this.path, item.id), item, patch, options)
  }

  /** Records need an admin's key. @throws ProblemError `precondition-failed`, `referenced` */
  delete(item: Version, options: WriteOptions & { reason: string }): Call<undefined> {
    return write(this.http, 'DELETE', itemPath(this.path, item.id), item, undefined, options)
  }

  /** The versions, the newest first. */
  async *history(id: string, options?: CallOptions): AsyncGenerator<schema.Version> {
    let before: number | null | undefined
    do {
      const found: schema.History = await this.http.call('GET', itemPath(this.path, id, '/history'), {
        ...options,
        query: { before },
      })
      yield* found.data
      before = found.page.nextBefore
    } while (before !== null)
  }
}

/** The records of one kind. */
export class Records<Kind extends RecordName> extends Items<Kind> {
  /** @throws ProblemError `invalid-body`, `unknown-reference`, `inconsistent`, `duplicate`, `possible-duplicate` */
  create(body: Create<Kind>, options?: PostOptions): Call<Item<Kind>> {
    return post(this.http, this.path, body, options)
  }

  /**
   * Merges a record that was entered twice into another. States cannot be merged.
   * @param options with `dryRun`, nothing is written
   * @throws ProblemError `precondition-failed`, `distinct`, `merged`
   */
  merge(
    record: Version,
    body: Merge<Kind>,
    { dryRun, ...options }: WriteOptions & { reason: string; dryRun?: boolean },
  ): Call<schema.MergeResult> {
    return write(this.http, 'POST', itemPath(this.path, record.id, '/merge'), record, body, options, {
      dryRun,
    })
  }
}

/** One kind of parts of the records of one kind. */
export class Parts<Owner extends KindName, Part extends PartName> {
  readonly #http: Http
  readonly #owner: string
  readonly #part: Part
  readonly #items: Items<Part>

  constructor(http: Http, owner: Owner, part: Part) {
    this.#http = http
    this.#owner = `/v1/${owner}`
    this.#part = part
    this.#items = new Items(http, part)
  }

  /** All parts of one record. Positions are listed with the states that have none. */
  list(ownerId: string, query: PartQuery<Owner, Part> = {} as PartQuery<Owner, Part>, options?: CallOptions) {
    return this.#http.call<{ data: ListedPart<Owner, Part>[] }, ListedPart<Owner, Part>[]>(
      'GET',
      itemPath(this.#owner, ownerId, `/${this.#part}`),
      { ...options, query },
      ({ data }) => data,
    )
  }

  /** @throws ProblemError `illegal-transition` with `problem.legal`; `quote-absent`, `quote-ambiguous` with `problem.candidates` */
  add(ownerId: string, body: CreateOwned<Owner, Part>, options?: PostOptions): Call<Item<Part>> {
    return post(this.#http, itemPath(this.#owner, ownerId, `/${this.#part}`), body, options)
  }

  /** @throws ProblemError `precondition-failed` */
  update(part: Version, patch: Patch<Part>, options?: WriteOptions): Call<Item<Part>> {
    return this.#items.update(part, patch, options)
  }

  /** @throws ProblemError `precondition-failed` */
  delete(part: Version, options: WriteOptions & { reason: string }): Call<undefined> {
    return this.#items.delete(part, options)
  }
}

/** The kinds of parts of each kind. */
export const OWNED: { [Kind in KindName]: readonly Owned<Kind>[] } = {
  meetings: ['relations', 'evidence'],
  speakers: ['memberships', 'evidence'],
  proposals: ['events', 'positions', 'relations', 'evidence'],
  agreements: ['events', 'positions', 'relations', 'evidence'],
  statements: ['positions', 'evidence'],
  organizations: ['memberships', 'relations', 'evidence'],
  states: ['memberships', 'evidence'],
  topics: ['evidence'],
  sources: ['relations', 'evidence'],
  events: ['evidence'],
  positions: ['evidence'],
  memberships: ['evidence'],
  relations: ['evidence'],
  evidence: [],
}

/** The items of a kind with their parts: `proposals.events`. */
export type WithParts<Kind extends KindName, Base> = Base & {
  readonly [Part in Owned<Kind>]: Parts<Kind, Part>
}

export function withParts<Kind extends KindName, Base extends object>(
  http: Http,
  kind: Kind,
  items: Base,
): WithParts<Kind, Base> {
  const parts = OWNED[kind].map((part: Owned<Kind>) => [part, new Parts(http, kind, part)])
  return Object.assign(items, Object.fromEntries(parts) as { [Part in Owned<Kind>]: Parts<Kind, Part> })
}

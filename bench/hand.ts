// The limits that the service is measured against: a bare Fastify that sends constant bodies, and handlers written by hand
// over the same SQLite file that send byte for byte what the service sends, and do nothing else: no logs, no ETags, no
// metrics, no limits, no checks.
//
// `rows` is what one writes who has a table with columns: one prepared statement, rows, JSON.stringify. `docs` is the least
// that can be done with this file: documents that are JSON text already, one behind the other.
//
// With `HAND_ALL_ON` they send it with what the service has on: a log, ETags, request ids and metrics, as whoever writes by hand
// gets them from the libraries.
import cluster from 'node:cluster'
import { hash, randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import pino from 'pino'
import { Histogram, Registry } from 'prom-client'
import { signCursor } from '../src/core/cursor.ts'

/** Tables with columns, as `rows` needs them, drawn from the documents. */
export function makePlainTables(file: string): void {
  const database = new Database(file)
  database.pragma('synchronous = OFF')
  if (database.prepare(`select 1 from sqlite_schema where name = 'plainProposals'`).get()) return
  const columns = (names: string[]) => names.map((name) => `doc ->> '${name}' as "${name}"`).join(', ')
  database.exec(`
    create table plainProposals as select ${columns(PROPOSAL)}, doc -> 'topicIds' as topicIds, doc -> 'identifiers' as identifiers, doc -> 'sources' as sources, doc ->> '$.onBehalfOf.stateCode' as stateCode, doc ->> '$.onBehalfOf.organizationId' as organizationId from proposals;
    create unique index plainProposals_id on plainProposals (id);
    create index plainProposals_status on plainProposals (status, proposedOn, id);
    create index plainProposals_speakerId on plainProposals (speakerId, proposedOn, id);
    create table plainMeetings as select ${columns(MEETING)}, doc -> 'agenda' as agenda, doc -> 'participants' as participants, doc -> 'identifiers' as identifiers, doc -> 'sources' as sources from meetings;
    create unique index plainMeetings_id on plainMeetings (id);
    pragma wal_checkpoint(TRUNCATE);
  `)
  database.close()
}

const PROPOSAL = [
  'id',
  'title',
  'summary',
  'meetingId',
  'speakerId',
  'addresseeId',
  'proposedOn',
  'parentId',
  'agreementId',
  'status',
  'statusSince',
  'support',
  'createdAt',
  'updatedAt',
  'version',
]

const MEETING = [
  'id',
  'name',
  'ordinal',
  'organizationId',
  'format',
  'status',
  'startDate',
  'endDate',
  'city',
  'countryCode',
  'summary',
  'support',
  'createdAt',
  'updatedAt',
  'version',
]

type Row = Record<string, string>

const list = (text: string | undefined) => (text === '[]' ? [] : JSON.parse(text ?? '[]'))

const proposalOf = (row: Row) => ({
  id: row['id'],
  title: row['title'],
  summary: row['summary'],
  meetingId: row['meetingId'],
  speakerId: row['speakerId'],
  onBehalfOf: { stateCode: row['stateCode'], organizationId: row['organizationId'] },
  addresseeId: row['addresseeId'],
  proposedOn: row['proposedOn'],
  topicIds: list(row['topicIds']),
  parentId: row['parentId'],
  agreementId: row['agreementId'],
  identifiers: list(row['identifiers']),
  sources: list(row['sources']),
  status: row['status'],
  statusSince: row['statusSince'],
  support: row['support'],
  createdAt: row['createdAt'],
  updatedAt: row['updatedAt'],
  version: row['version'],
})

const meetingOf = (row: Row) => ({
  id: row['m_id'],
  name: row['m_name'],
  ordinal: row['m_ordinal'],
  organizationId: row['m_organizationId'],
  format: row['m_format'],
  status: row['m_status'],
  startDate: row['m_startDate'],
  endDate: row['m_endDate'],
  city: row['m_city'],
  countryCode: row['m_countryCode'],
  summary: row['m_summary'],
  agenda: list(row['m_agenda']),
  participants: list(row['m_participants']),
  identifiers: list(row['m_identifiers']),
  sources: list(row['m_sources']),
  support: row['m_support'],
  createdAt: row['m_createdAt'],
  updatedAt: row['m_updatedAt'],
  version: row['m_version'],
})

/** In how many processes it listens. */
const WORKERS = Number(process.env['HAND_WORKERS'] ?? 1)

if (import.meta.main) {
  if (WORKERS > 1 && cluster.isPrimary) for (let worker = 0; worker < WORKERS; worker++) cluster.fork()
  else await serve()
}

/** One line of the log, a request id, an ETag and a measurement for each answer. */
function withAllOn(): FastifyInstance {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [new Registry()],
  })
  const app = Fastify({
    loggerInstance: pino(pino.destination({ sync: false })) as FastifyBaseLogger,
    disableRequestLogging: true,
    genReqId: () => randomUUID(),
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const etag = `"${hash('sha1', payload as string, 'base64url')}"`
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'public, no-cache', etag })
    if (request.headers['if-none-match'] !== etag) return payload
    reply.code(304)
    return ''
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const labels = { method, route: routeOptions.url ?? '', status: reply.statusCode }
    durations.observe(labels, reply.elapsedTime / 1000)
    request.log.info({ req: request, res: reply, responseTime: reply.elapsedTime }, 'request completed')
  })
  return app
}

async function serve(): Promise<void> {
  const database = new Database(process.env['HAND_FILE'] ?? '', { readonly: true })
  database.pragma('cache_size = -8000')
  const app = process.env['HAND_ALL_ON'] ? withAllOn() : Fastify()
  app.get('/readyz', async () => ({ status: 'ok' }))

  const bodies = new Map<string, string>()
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.put('/constant/:name', { bodyLimit: 1e8 }, async (request) => {
    bodies.set((request.params as { name: string }).name, request.body as string)
    return { ok: true }
  })
  app.get('/constant/:name', (request, reply) => {
    reply
      .type('application/json; charset=utf-8')
      .send(bodies.get((request.params as { name: string }).name) ?? '')
  })

  const secret = Buffer.from(
    database.prepare(`select value from settings where name = 'cursorSecret'`).pluck().get() as string,
    'base64',
  )
  const snapshot = database
    .prepare(`select max(seq) from changes where kind = 'proposal'`)
    .pluck()
    .get() as number
  const pageOf = (filters: Record<string, string[]>, last: Row | undefined, limit: number) => {
    const scope = () =>
      JSON.stringify(['proposals', filters, [{ column: 'proposedOn', descending: true }], null, null])
    const after = last && [last['proposedOn'] ?? null, last['id'] ?? null]
    return { nextCursor: after ? signCursor(secret, scope(), { after, snapshot }) : null, limit }
  }

  const byId = database.prepare('select doc from proposals where id = +?').pluck()
  app.get('/docs/v1/proposals/:id', (request, reply) => {
    reply
      .type('application/json; charset=utf-8')
      .send(byId.get((request.params as { id: string }).id) as string)
  })
  const plainById = database.prepare('select * from plainProposals where id = +?')
  app.get('/rows/v1/proposals/:id', (request, reply) => {
    const row = plainById.get((request.params as { id: string }).id) as Row
    reply.type('application/json; charset=utf-8').send(JSON.stringify(proposalOf(row)))
  })

  const order = 'order by proposedOn desc, id desc limit ? + 0'
  const found =
    'id in (select recordId from searchDocs where docId in (select rowid from searchWords where searchWords match +?))'
  const docs = {
    status: database.prepare(
      `select id, proposedOn, doc from proposals where status = +? and proposedOn <= +? ${order}`,
    ),
    speaker: database.prepare(
      `select p.id, p.proposedOn, p.doc, m.doc as meeting from proposals p left join meetings m on m.id = p.meetingId where p.speakerId = +? and p.proposedOn <= +? order by p.proposedOn desc, p.id desc limit ? + 0`,
    ),
    q: database.prepare(
      `select id, proposedOn, doc from proposals where ${found} and proposedOn >= +? ${order}`,
    ),
  }
  const plain = {
    status: database.prepare(`select * from plainProposals where status = +? and proposedOn <= +? ${order}`),
    speaker: database.prepare(
      `select p.*, ${[...MEETING, 'agenda', 'participants', 'identifiers', 'sources'].map((name) => `m."${name}" as "m_${name}"`).join(', ')} from plainProposals p left join plainMeetings m on m.id = p.meetingId where p.speakerId = +? and p.proposedOn <= +? order by p.proposedOn desc, p.id desc limit ? + 0`,
    ),
    q: database.prepare(`select * from plainProposals where ${found} and proposedOn >= +? ${order}`),
  }
  interface Asked {
    status?: string
    speaker?: string
    q?: string
    proposedFrom?: string
    proposedTo: string
    limit: string
  }
  /** Rows, one more than asked for, and the page that they make. */
  const ask = (statements: typeof docs, query: Asked) => {
    const { status, speaker, q, proposedFrom = '', proposedTo } = query
    const limit = Number(query.limit)
    const to = `${proposedTo}~`
    const [rows, filters] =
      q !== undefined
        ? [statements.q.all(`"${q}"`, proposedFrom, limit + 1), { proposedFrom: [proposedFrom], q: [q] }]
        : speaker !== undefined
          ? [statements.speaker.all(speaker, to, limit + 1), { proposedTo: [proposedTo], speaker: [speaker] }]
          : [
              statements.status.all(status, to, limit + 1),
              { status: [status ?? ''], proposedTo: [proposedTo] },
            ]
    const more = rows.length > limit
    if (more) rows.pop()
    return { rows: rows as Row[], page: pageOf(filters, more ? (rows.at(-1) as Row) : undefined, limit) }
  }
  app.get('/docs/v1/proposals', (request, reply) => {
    const { rows, page } = ask(docs, request.query as Asked)
    const data = rows.map(({ doc, meeting }) =>
      meeting === undefined ? doc : `${doc?.slice(0, -1)},"meeting":${meeting}}`,
    )
    reply
      .type('application/json; charset=utf-8')
      .send(`{"data":[${data.join(',')}],"page":${JSON.stringify(page)}}`)
  })
  app.get('/rows/v1/proposals', (request, reply) => {
    const { rows, page } = ask(plain, request.query as Asked)
    const data = rows.map((row) =>
      'm_id' in row ? { ...proposalOf(row), meeting: meetingOf(row) } : proposalOf(row),
    )
    reply.type('application/json; charset=utf-8').send(JSON.stringify({ data, page }))
  })
  // One statement, and an answer once it is on disk.
  const writing = new Database(process.env['HAND_FILE'] ?? '')
  writing.pragma('synchronous = FULL')
  const insert = writing.prepare(
    `insert into plainProposals (${PROPOSAL.join(', ')}, topicIds, identifiers, sources) values (${PROPOSAL.map(() => '?').join(', ')}, '[]', '[]', '[]')`,
  )
  app.post('/rows/v1/proposals', (request, reply) => {
    const { title, summary, proposedOn } = request.body as Row
    const at = new Date().toISOString()
    const stamps = { createdAt: at, updatedAt: at, version: '1' }
    const state = { status: 'proposed', statusSince: proposedOn, support: 'unsupported' }
    const row = { id: `prp_${randomUUID()}`, title, summary, proposedOn, ...state, ...stamps } as Row
    insert.run(PROPOSAL.map((name) => row[name] ?? null))
    reply.code(201).send(proposalOf({ ...row, topicIds: '[]', identifiers: '[]', sources: '[]' }))
  })

  process.once('SIGTERM', () => process.exit(0))
  await app.listen({ port: Number(process.env['PORT']) })
}

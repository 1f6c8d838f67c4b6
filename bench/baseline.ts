// The baseline: the comparable part of this service built with plain Fastify, pino, prom-client and better-sqlite3.
// It returns constants, and rows of prepared statements. It validates neither parameters nor keys.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import etag from '@fastify/etag'
import Database from 'better-sqlite3'
import Fastify from 'fastify'
import { collectDefaultMetrics, Histogram, register } from 'prom-client'

type Row = Record<string, string>

const { CONSTANTS_FILE = '', DATABASE_FILE = '', PORT } = process.env
const constants: Row = JSON.parse(readFileSync(CONSTANTS_FILE, 'utf8'))
const database = new Database(DATABASE_FILE, { readonly: true })

const app = Fastify({ logger: true, requestIdHeader: 'x-request-id', genReqId: () => randomUUID() })
await app.register(etag)

collectDefaultMetrics()
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests.',
  labelNames: ['method', 'route', 'status'],
})
app.addHook('onRequest', async (request, reply) => {
  reply.header('x-request-id', request.id)
})
app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
  durations.observe({ method, route: routeOptions.url ?? '', status: statusCode }, elapsedTime / 1000)
})

app.get('/metrics', async (_request, reply) =>
  reply.type(register.contentType).send(await register.metrics()),
)
app.get('/readyz', async () => ({ status: 'ok' }))
app.get<{ Params: { name: string } }>('/constants/:name', async ({ params }, reply) =>
  reply.type('application/json; charset=utf-8').send(constants[params.name]),
)

const byId = database.prepare<[string], Row>('select * from proposals where id = ?')
const byStatus = database.prepare<[string, string, number], Row>(
  'select * from proposals where status = ? and proposedOn <= ? order by proposedOn desc, id desc limit ?',
)
const byWord = database.prepare<[string, string, number], Row>(
  'select * from proposals where rowid in (select rowid from words where words match ?) and proposedOn >= ? order by proposedOn desc, id desc limit ?',
)
const MEETING_COLUMNS =
  `id name otherNames classification ordinal parentId organizationId format status startDate endDate previousStartDates
  venue city countryCode summary agenda participants identifiers distinctFrom sources support origins disputed
  createdAt updatedAt version`.split(/\s+/)
const bySpeaker = database.prepare<[string, string, number], Row>(
  `select p.*, ${MEETING_COLUMNS.map((name) => `m.${name} as meeting_${name}`).join(', ')}
   from contributors c join proposals p on p.id = c.proposalId left join meetings m on m.id = p.meetingId
   where c.speakerId = ? and c.proposedOn <= ? order by c.proposedOn desc, c.proposalId desc limit ?`,
)

app.get<{ Params: { id: string } }>('/v1/proposals/:id', async ({ params }, reply) => {
  const row = byId.get(params.id)
  return row ? toProposal(row) : reply.code(404).send({ error: 'Not found' })
})

app.get<{ Querystring: Row }>('/v1/proposals', async ({ query }) => {
  const { status = '', speaker, q, proposedFrom = '', proposedTo = '' } = query
  const limit = Number(query['limit'])
  let data: ReturnType<typeof toProposal>[]
  if (q) data = byWord.all(`"${q}"`, proposedFrom, limit + 1).map(toProposal)
  else if (speaker)
    data = bySpeaker
      .all(speaker, proposedTo, limit + 1)
      .map((row) => ({ ...toProposal(row), meeting: toMeeting(row) }))
  else data = byStatus.all(status, proposedTo, limit + 1).map(toProposal)
  const more = data.length > limit
  if (more) data.pop()
  const last = data.at(-1)
  const nextCursor =
    more && last ? Buffer.from(JSON.stringify([last.proposedOn, last.id])).toString('base64url') : null
  return { data, page: { nextCursor, limit } }
})

const toProposal = (row: Row) => ({
  id: row['id'],
  title: row['title'],
  otherNames: JSON.parse(row['otherNames'] ?? ''),
  summary: row['summary'],
  contributors: JSON.parse(row['contributors'] ?? ''),
  meetingId: row['meetingId'],
  addresseeId: row['addresseeId'],
  proposedOn: row['proposedOn'],
  topicIds: JSON.parse(row['topicIds'] ?? ''),
  parentId: row['parentId'],
  identifiers: JSON.parse(row['identifiers'] ?? ''),
  distinctFrom: JSON.parse(row['distinctFrom'] ?? ''),
  sources: JSON.parse(row['sources'] ?? ''),
  status: row['status'],
  statusSince: row['statusSince'],
  support: row['support'],
  origins: row['origins'],
  disputed: JSON.parse(row['disputed'] ?? ''),
  createdAt: row['createdAt'],
  updatedAt: row['updatedAt'],
  version: row['version'],
})

const toMeeting = (row: Row) => ({
  id: row['meeting_id'],
  name: row['meeting_name'],
  otherNames: JSON.parse(row['meeting_otherNames'] ?? ''),
  classification: row['meeting_classification'],
  ordinal: row['meeting_ordinal'],
  parentId: row['meeting_parentId'],
  organizationId: row['meeting_organizationId'],
  format: row['meeting_format'],
  status: row['meeting_status'],
  startDate: row['meeting_startDate'],
  endDate: row['meeting_endDate'],
  previousStartDates: JSON.parse(row['meeting_previousStartDates'] ?? ''),
  venue: row['meeting_venue'],
  city: row['meeting_city'],
  countryCode: row['meeting_countryCode'],
  summary: row['meeting_summary'],
  agenda: JSON.parse(row['meeting_agenda'] ?? ''),
  participants: JSON.parse(row['meeting_participants'] ?? ''),
  identifiers: JSON.parse(row['meeting_identifiers'] ?? ''),
  distinctFrom: JSON.parse(row['meeting_distinctFrom'] ?? ''),
  sources: JSON.parse(row['meeting_sources'] ?? ''),
  support: row['meeting_support'],
  origins: row['meeting_origins'],
  disputed: JSON.parse(row['meeting_disputed'] ?? ''),
  createdAt: row['meeting_createdAt'],
  updatedAt: row['meeting_updatedAt'],
  version: row['meeting_version'],
})

process.once('SIGTERM', () => process.exit(0))
await app.listen({ port: Number(PORT) })

// swagger-client, the part of Swagger UI that sends requests, reads the document when it runs. That in 3.1 takes it a minute.
import SwaggerClient from 'swagger-client'

const { BASE = '', KEY = '', SERVICE = '' } = process.env
const client = await SwaggerClient({ url: `${SERVICE}/openapi-3.0.json`, authorizations: { key: KEY } })
const { proposals } = client.apis
const server = { server: BASE }

const listed = []
let cursor
do {
  const { body } = await proposals.listProposals(
    { topic: ['counter-uav', 'military-cooperation'], limit: 3, ...(cursor && { cursor }) },
    server,
  )
  listed.push(...body.data.map(({ title }) => title))
  cursor = body.page.nextCursor
} while (cursor)

const { body: page } = await proposals.listProposals({ topic: ['counter-uav'], limit: 1 }, server)
const { body: read } = await proposals.getProposal(
  { id: page.data[0].id, include: ['speakers', 'evidence'] },
  server,
)

const { body: made, status: created } = await proposals.createProposal(
  {},
  {
    ...server,
    requestBody: {
      title: 'By swagger-client',
      events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
    },
  },
)

const problem = await proposals
  .updateProposal({ id: made.id, 'If-Match': '"0.stale"' }, { ...server, requestBody: { title: 'Too late' } })
  .catch(({ response }) => response.body ?? JSON.parse(response.text))
const stale = problem.type === '/problems/precondition-failed' ? problem.status : null

console.log(
  JSON.stringify({
    listed: listed.length,
    speaker: read.speakers[0].name,
    quotes: read.evidence.length,
    status: made.status,
    created,
    stale,
  }),
)

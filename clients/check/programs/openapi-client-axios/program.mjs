// openapi-client-axios reads the document when it runs, and generates nothing.
import { OpenAPIClientAxios } from 'openapi-client-axios'

const { BASE = '', KEY = '', SERVICE = '' } = process.env
const api = new OpenAPIClientAxios({
  definition: `${SERVICE}/openapi.json`,
  withServer: { url: BASE },
  axiosConfigDefaults: {
    headers: { Authorization: `Bearer ${KEY}` },
    paramsSerializer: { indexes: null },
    validateStatus: () => true,
  },
})
const client = await api.init()

const listed = []
let cursor
do {
  const { data } = await client.listProposals({
    topic: ['counter-uav', 'military-cooperation'],
    limit: 3,
    ...(cursor && { cursor }),
  })
  listed.push(...data.data.map(({ title }) => title))
  cursor = data.page.nextCursor
} while (cursor)

const { data: page } = await client.listProposals({ topic: ['counter-uav'], limit: 1 })
const { data: read } = await client.getProposal({ id: page.data[0].id, include: ['speakers', 'evidence'] })

const { data: made, status: created } = await client.createProposal(null, {
  title: 'By openapi-client-axios',
  events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
})

const { data: problem } = await client.updateProposal(
  { id: made.id, 'If-Match': '"0.stale"' },
  { title: 'Too late' },
)
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

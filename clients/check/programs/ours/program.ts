// Our own client, from its package: iteration instead of cursors, problems as one class.
import { ProblemError, type ProposalCreate, TrackerClient } from 'sco-tracker-client'
import { request } from 'sco-tracker-client/operations'

const { BASE = '', KEY = '' } = process.env
const client = new TrackerClient({ baseUrl: BASE, key: KEY })

let listed = 0
for await (const _ of client.proposals.list({ topic: ['counter-uav', 'military-cooperation'], limit: 3 }))
  listed++

const [first] = await client.proposals.list({ topic: ['counter-uav'] }).toArray(1)
const read = await client.proposals.get(first?.id ?? '', { include: ['speakers', 'evidence'] })
const speaker: string | undefined = read.speakers[0]?.name
const quotes: number = read.evidence.length

const body: ProposalCreate = {
  title: 'By our own client',
  events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
}
const { data: made, response } = await client.proposals.create(body).withResponse()
await request(client, 'updateProposal', {
  path: { id: made.id },
  headers: { 'If-Match': response.headers.get('etag') ?? '' },
  body: { title: 'In time' },
})

let stale: number | null = null
try {
  await client.proposals.update(made, { title: 'Too late' })
} catch (error) {
  if (!(error instanceof ProblemError) || !error.is('precondition-failed')) throw error
  stale = error.status
}

console.log(JSON.stringify({ listed, speaker, quotes, status: made.status, created: response.status, stale }))

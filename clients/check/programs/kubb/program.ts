// kubb generates one file per operation, and another for its types.
import { setConfig } from './client/.kubb/fetch.ts'
import {
  createProposal,
  getProposal,
  listProposals,
  type Problem,
  type ProposalCreate,
  updateProposal,
} from './client/index.ts'

const { BASE = '', KEY = '' } = process.env
setConfig({
  baseURL: BASE,
  headers: { authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
})

async function main() {
  const listed: string[] = []
  let cursor: string | null | undefined
  do {
    const { data } = await listProposals({
      topic: ['counter-uav', 'military-cooperation'],
      limit: 3,
      ...(cursor && { cursor }),
    })
    listed.push(...data.data.map(({ title }) => title))
    cursor = data.page.nextCursor
  } while (cursor)

  const page = await listProposals({ topic: ['counter-uav'], limit: 1 })
  const { data: read } = await getProposal(page.data.data[0]?.id ?? '', { include: ['speakers', 'evidence'] })
  const speaker: string | undefined = read.speakers?.[0]?.name
  const quotes: number | undefined = read.evidence?.length

  const body: ProposalCreate = { title: 'By kubb', events: [{ type: 'proposed', occurredOn: '2022-08-24' }] }
  const made = await createProposal(body)

  // The client does not throw: the status tells the type of the body.
  const late = await updateProposal(made.data.id, { title: 'Too late' }, { 'If-Match': '"0.stale"' })
  const problem = late.status === 412 ? (late.data as unknown as Problem) : undefined
  const stale = problem?.type === '/problems/precondition-failed' ? problem.status : null

  console.log(
    JSON.stringify({
      listed: listed.length,
      speaker,
      quotes,
      status: made.data.status,
      created: made.status,
      stale,
    }),
  )
}

main()

// swagger-typescript-api generates one class. Errors are thrown, with the problem as `error`.
import { Api, type HttpResponse, type Problem, type Proposal, type ProposalCreate } from './client.ts'

const { BASE = '', KEY = '' } = process.env
const api = new Api({
  baseUrl: BASE,
  securityWorker: () => ({ headers: { authorization: `Bearer ${KEY}` } }),
})

async function main() {
  const listed: string[] = []
  let cursor: string | null | undefined
  do {
    const { data } = await api.v1.listProposals({
      topic: ['counter-uav', 'military-cooperation'],
      limit: 3,
      ...(cursor && { cursor }),
    })
    listed.push(...data.data.map(({ title }) => title))
    cursor = data.page.nextCursor
  } while (cursor)

  const page = await api.v1.listProposals({ topic: ['counter-uav'], limit: 1 })
  const { data: read } = await api.v1.getProposal(page.data.data[0]?.id ?? '', {
    include: ['speakers', 'evidence'],
  })
  const speaker: string | undefined = read.speakers?.[0]?.name
  const quotes: number | undefined = read.evidence?.length

  const body: ProposalCreate = {
    title: 'By swagger-typescript-api',
    events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
  }
  const made = await api.v1.createProposal(body)

  let stale: number | null = null
  try {
    await api.v1.updateProposal(
      made.data.id,
      { title: 'Too late' },
      {},
      { headers: { 'If-Match': '"0.stale"' } },
    )
  } catch (thrown) {
    const { error } = thrown as HttpResponse<Proposal, Problem>
    if (error.type === '/problems/precondition-failed') stale = error.status
  }

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

// @hey-api/openapi-ts generates one function per operation.

import { client } from './client/client.gen.ts'
import type { Problem, ProposalCreate } from './client/index.ts'
import { createProposal, getProposal, listProposals, updateProposal } from './client/index.ts'

const { BASE = '', KEY = '' } = process.env
client.setConfig({ baseUrl: BASE, auth: KEY })

async function main() {
  const listed: string[] = []
  let cursor: string | null | undefined
  do {
    const { data, error } = await listProposals({
      query: { topic: ['counter-uav', 'military-cooperation'], limit: 3, ...(cursor && { cursor }) },
    })
    if (!data) throw new Error(error?.detail)
    listed.push(...data.data.map(({ title }) => title))
    cursor = data.page.nextCursor
  } while (cursor)

  const { data: page } = await listProposals({ query: { topic: ['counter-uav'], limit: 1 } })
  const { data: read } = await getProposal({
    path: { id: page?.data[0]?.id ?? '' },
    query: { include: ['speakers', 'evidence'] },
  })
  const speaker: string | undefined = read?.speakers?.[0]?.name
  const quotes: number | undefined = read?.evidence?.length

  const body: ProposalCreate = {
    title: 'By hey-api',
    events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
  }
  const { data: made, response } = await createProposal({ body })
  if (!made) throw new Error('Nothing was made.')

  const { error } = await updateProposal({
    path: { id: made.id },
    headers: { 'If-Match': '"0.stale"' },
    body: { title: 'Too late' },
  })
  const problem: Problem | undefined = error
  const stale = problem?.type === '/problems/precondition-failed' ? problem.status : null

  console.log(
    JSON.stringify({
      listed: listed.length,
      speaker,
      quotes,
      status: made.status,
      created: response?.status,
      stale,
    }),
  )
}

main()

// orval generates one function per operation, which returns a union distinguished by status.
import { createProposal, getProposal, listProposals, type ProposalCreate, updateProposal } from './client.ts'

async function main() {
  const listed: string[] = []
  let cursor: string | null | undefined
  do {
    const answer = await listProposals({
      topic: ['counter-uav', 'military-cooperation'],
      limit: 3,
      ...(cursor && { cursor }),
    })
    if (answer.status !== 200) throw new Error(String(answer.status))
    listed.push(...answer.data.data.map(({ title }) => title))
    cursor = answer.data.page.nextCursor
  } while (cursor)

  const page = await listProposals({ topic: ['counter-uav'], limit: 1 })
  const id = page.status === 200 ? (page.data.data[0]?.id ?? '') : ''
  const read = await getProposal(id, { include: ['speakers', 'evidence'] })
  if (read.status !== 200) throw new Error(String(read.status))
  const speaker: string | undefined = read.data.speakers?.[0]?.name
  const quotes: number | undefined = read.data.evidence?.length

  const body: ProposalCreate = { title: 'By orval', events: [{ type: 'proposed', occurredOn: '2022-08-24' }] }
  const made = await createProposal(body)
  if (made.status !== 201) throw new Error(made.data.detail)

  const late = await updateProposal(made.data.id, { title: 'Too late' }, { 'If-Match': '"0.stale"' })
  const stale =
    late.status === 412 && late.data.type === '/problems/precondition-failed' ? late.data.status : null

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

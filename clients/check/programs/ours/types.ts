// What the types of our client promise. It is only compiled: each `@ts-expect-error` fails if there is no error under it.
import { type ProposalInclude, TrackerClient, verifyWebhook } from 'sco-tracker-client'
import { request } from 'sco-tracker-client/operations'

const client = new TrackerClient({ baseUrl: '' })

export async function included(id: string, include: ProposalInclude[], more: boolean): Promise<void> {
  const plain = await client.proposals.get(id)
  // @ts-expect-error It was not included.
  plain.speakers.length
  plain.speakers?.length

  const one = await client.proposals.get(id, { include: ['speakers', 'meeting.organization'] })
  one.speakers.map(({ name }) => name.length)
  // @ts-expect-error A proposal without a meeting has null.
  one.meeting.organization
  // What is inside is present too.
  one.meeting?.organization?.name.length
  one.meeting?.organization satisfies object | null | undefined
  if (one.meeting) one.meeting.organization satisfies object | null
  // @ts-expect-error Only the path inside of the meeting was included.
  one.meeting?.topics.length
  // @ts-expect-error It was not included.
  one.topics.length
  // @ts-expect-error There is no such path.
  client.proposals.get(id, { include: ['speaker'] })

  for await (const proposal of client.proposals.list({
    topic: ['drones'],
    include: ['speakers.memberships'],
  })) {
    for (const speaker of proposal.speakers) speaker.memberships.map(({ role }) => role.length)
    // @ts-expect-error It was not included.
    proposal.evidence.length
  }
  const [listed] = await client.proposals.list({ include: ['evidence'] }).toArray()
  listed?.evidence.map(({ exact }) => exact.length)

  // Paths that are only known at run time promise nothing.
  // @ts-expect-error
  ;(await client.proposals.get(id, { include })).speakers.length
  const either = await client.proposals.get(id, { include: more ? ['speakers'] : ['topics'] })
  // @ts-expect-error
  either.speakers.length
}

export async function parts(id: string): Promise<void> {
  await client.proposals.events.add(id, { type: 'proposed' })
  // @ts-expect-error Proposals are not signed.
  client.proposals.events.add(id, { type: 'signed' })
  // @ts-expect-error Topics have no events.
  client.topics.events
  // @ts-expect-error States are not merged.
  client.states.merge({ id, version: 1 }, { into: id }, { reason: 'Entered twice.' })
  // @ts-expect-error A deletion has a reason.
  client.topics.delete({ id, version: 1 }, {})
  const { data, response, requestId } = await client.topics.get(id).withResponse()
  data.prefLabel satisfies string
  response.status satisfies number
  requestId satisfies string
}

export async function requests(id: string): Promise<void> {
  const proposal = await request(client, 'getProposal', { path: { id } })
  proposal.title satisfies string
  // @ts-expect-error The path has an id.
  request(client, 'getProposal')
  // @ts-expect-error There is no such operation.
  request(client, 'getNothing')
  // @ts-expect-error There is no such parameter.
  request(client, 'listProposals', { query: { colour: 'red' } })
  // @ts-expect-error A PATCH names the version that was read.
  request(client, 'updateTopic', { path: { id }, body: { prefLabel: 'One' } })
  // @ts-expect-error There is no such field.
  request(client, 'updateTopic', { path: { id }, body: { colour: 'red' }, headers: { 'If-Match': '*' } })
  // @ts-expect-error The type of the file is missing.
  request(client, 'createImport', { query: { mode: 'dry-run' }, body: 'slug' })
  const csv = await request(client, 'listTopicsAsCsv')
  csv satisfies string
  // @ts-expect-error The live feed does not end.
  request(client, 'followChanges')
}

export async function webhook(body: string, headers: Headers): Promise<void> {
  const event = await verifyWebhook(body, headers, ['whsec_', 'whsec_'])
  if (event.type === 'webhook.ping') event.data.webhookId satisfies string
  else event.data.seq satisfies number
  // @ts-expect-error There is no such type.
  event.type === 'proposal.removed'
}

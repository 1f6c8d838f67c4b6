// openapi-typescript generates types, with which openapi-fetch calls by path.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.ts'

const { BASE = '', KEY = '' } = process.env
const client = createClient<paths, 'application/json' | 'application/problem+json'>({
  baseUrl: BASE,
  headers: { authorization: `Bearer ${KEY}` },
})

const listed: string[] = []
let cursor: string | null | undefined
do {
  const { data, error } = await client.GET('/v1/proposals', {
    params: {
      query: { topic: ['counter-uav', 'military-cooperation'], limit: 3, ...(cursor && { cursor }) },
    },
  })
  if (error) throw new Error(error.detail)
  listed.push(...data.data.map(({ title }) => title))
  cursor = data.page.nextCursor
} while (cursor)

const [first] =
  (await client.GET('/v1/proposals', { params: { query: { topic: ['counter-uav'], limit: 1 } } })).data
    ?.data ?? []
const { data: read } = await client.GET('/v1/proposals/{id}', {
  params: { path: { id: first?.id ?? '' }, query: { include: ['speakers', 'evidence'] } },
})
const speaker: string | undefined = read?.speakers?.[0]?.name
const quotes: number | undefined = read?.evidence?.length

const body: components['schemas']['ProposalCreate'] = {
  title: 'By openapi-fetch',
  events: [{ type: 'proposed', occurredOn: '2022-08-24' }],
}
const { data: made, response } = await client.POST('/v1/proposals', { body })
if (!made) throw new Error('Nothing was made.')

const { error } = await client.PATCH('/v1/proposals/{id}', {
  params: { path: { id: made.id }, header: { 'If-Match': '"0.stale"' } },
  body: { title: 'Too late' },
})
const stale = error?.type === '/problems/precondition-failed' ? error.status : null

console.log(
  JSON.stringify({
    listed: listed.length,
    speaker,
    quotes,
    status: made.status,
    created: response.status,
    stale,
  }),
)

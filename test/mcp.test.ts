// The endpoint of the Model Context Protocol, with the official client over HTTP.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'

const PROPOSAL = 'prp_01gb6jc400egbsbzx9etj88v69'
const SOURCE = 'src_01gb6jc400fycan90mth81g8js'

interface Answer {
  isError?: boolean
  content: { type: string; text: string }[]
}

/** Starts a service and connects a client to it. */
async function connected(options: Parameters<typeof service>[0] = {}, headers: Record<string, string> = {}) {
  const s = await service({ seed: true, own: true, ...options })
  const url = new URL('/mcp', await s.app.listen({ port: 0, host: '127.0.0.1' }))
  const client = new Client({ name: 'test', version: '1' })
  // Its types do not allow for exactOptionalPropertyTypes.
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as never
  onTestFinished(() => client.close())
  const call = async (name: string, given: Record<string, unknown>) => {
    const { isError = false, content } = (await client.callTool({
      name,
      arguments: given,
    })) as unknown as Answer
    return { isError, body: JSON.parse(content[0]?.text ?? '') }
  }
  return { ...s, url, client, call, connect: () => client.connect(transport) }
}

describe('the tools', () => {
  test('are about ten, described, read-only, and few tokens', async () => {
    const { client, connect } = await connected()
    await connect()
    const { tools } = await client.listTools()
    expect(tools.length).toBeGreaterThanOrEqual(10)
    expect(tools.length).toBeLessThanOrEqual(12)
    for (const { name, description, annotations, inputSchema } of tools) {
      expect([name, annotations?.readOnlyHint]).toEqual([name, true])
      expect([name, (description ?? '').length > 50]).toEqual([name, true])
      for (const [key, property] of Object.entries(inputSchema.properties ?? {}))
        expect([name, key, (property as { description?: string }).description]).toEqual([
          name,
          key,
          expect.any(String),
        ])
    }
    // About four characters a token.
    expect(JSON.stringify(tools).length).toBeLessThan(16_000)
  })

  test('find, read and explain a proposal with its quotes', async () => {
    const { call, connect } = await connected()
    await connect()
    const found = await call('search', { q: 'information exchange' })
    expect(found.body.data.map(({ id }: { id: string }) => id)).toContain(PROPOSAL)
    const { body: list } = await call('find_proposals', { state: 'RU', from: '2022', limit: 3 })
    expect(list.data).toHaveLength(3)
    expect(list.data[0]).toMatchObject({ speakers: [{ name: 'Sergei Shoigu' }], status: 'proposed' })
    const next = await call('find_proposals', {
      state: 'RU',
      from: '2022',
      limit: 3,
      cursor: list.page.nextCursor,
    })
    expect(next.body.data[0].id).not.toBe(list.data[0].id)
    const { body: record } = await call('read_record', { kind: 'proposals', id: PROPOSAL })
    expect(record.evidence[0]).toMatchObject({
      exact: expect.any(String),
      source: { title: expect.any(String) },
    })
    expect(record.evidence[0].source.text).toBeUndefined()
    const { body: claims } = await call('explain_facts', { kind: 'proposals', id: PROPOSAL })
    expect(claims.data.find(({ field }: { field: string }) => field === '/title').evidenceIds).not.toEqual([])
    const { body: positions } = await call('who_stands_where', { kind: 'proposals', id: PROPOSAL })
    expect(
      positions.data.find(({ stateCode }: { stateCode: string }) => stateCode === 'CN').position,
    ).toBeNull()
    const { body: source } = await call('read_source', { id: SOURCE })
    expect(source.text).toContain(source.citations[0].exact)
  })

  test('answer for every kind, and with every filter', async () => {
    const { call, client, connect, get } = await connected()
    await connect()
    for (const { path } of catalogue.resources) {
      const { body } = await get(`/v1/${path}?limit=1`)
      const { isError, body: record } = await call('read_record', {
        kind: path,
        id: body['data'][0].id ?? body['data'][0].code,
      })
      expect([path, isError, record.evidence]).toEqual([path, false, expect.any(Array)])
    }
    const samples: Record<string, string> = {
      state: 'RU',
      signedBy: 'RU',
      awaiting: 'RU',
      country: 'UZ',
      topic: 'security',
      q: 'security',
      from: '2022',
      to: '2022-12',
      status: 'proposed',
      kind: 'agreement',
      type: 'proposed',
      speaker: 'spk_01gb6jc400f3jvw4vjq1313fg2',
      meeting: 'mtg_01gb6jc400e2etq4tax4jyms25',
      organization: 'org_01gb6jc400f7na45p200v7zp9m',
      record: PROPOSAL,
    }
    const { tools } = await client.listTools()
    for (const { name, inputSchema } of tools.filter(({ name }) => /^(find_|what_)/.test(name))) {
      for (const key of Object.keys(inputSchema.properties ?? {})) {
        if (['limit', 'cursor'].includes(key)) continue
        const value = name === 'find_documents' && key === 'status' ? 'drafted' : samples[key]
        const { isError, body } = await call(name, { [key]: value })
        expect([name, key, isError, body.data]).toEqual([name, key, false, expect.any(Array)])
      }
    }
    for (const kind of ['states', 'topics', 'organizations', 'speakers'])
      expect((await call('list_vocabulary', { kind })).body.data.length).toBeGreaterThan(0)
  })

  test('report what is wrong, as problems of the API', async () => {
    const { call, connect } = await connected()
    await connect()
    const unknown = await call('read_record', { kind: 'proposals', id: '../states/RU?x=' })
    expect(unknown).toMatchObject({ isError: true, body: { status: 404 } })
    const filter = await call('find_proposals', { state: 'Atlantis' })
    expect(filter).toMatchObject({ isError: true, body: { status: 400 } })
  })
})

test('reads need a key where the service asks for one, also through tools', async () => {
  const strangers = await connected({ requireKeyForReads: true })
  await expect(strangers.connect()).rejects.toThrow(/401|key/i)
  const headers = { authorization: `Bearer ${strangers.keys.analyst}` }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StreamableHTTPClientTransport(strangers.url, { requestInit: { headers } }) as never,
  )
  onTestFinished(() => client.close())
  const answer = (await client.callTool({
    name: 'find_proposals',
    arguments: { state: 'RU' },
  })) as unknown as Answer
  expect(answer.isError).toBe(false)
})

test.each<[string, unknown, Record<string, string>]>([
  ['no JSON-RPC', { hello: 1 }, {}],
  ['a list of numbers', [1, 2], {}],
  ['no type that answers', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, { accept: 'text/html' }],
])('refuses %s', async (_, body, headers) => {
  const { app } = await service({ seed: true })
  const answer = await app.inject({
    method: 'POST',
    url: '/mcp',
    payload: body as object,
    headers: { accept: 'application/json, text/event-stream', ...headers },
  })
  expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  expect(answer.statusCode).toBeLessThan(500)
  expect(answer.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } })
})

test('answers no other method', async () => {
  const { app } = await service({ seed: true })
  for (const method of ['GET', 'DELETE'] as const)
    expect((await app.inject({ method, url: '/mcp' })).statusCode).toBe(405)
})

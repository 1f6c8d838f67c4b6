// Answers leave together: none earlier than the others, none lost, none kept longer than a moment.
import { createServer, type ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { post } from '../src/http/outbox.ts'
import { service } from './helpers/app.ts'
import { ENGINE } from './helpers/database.ts'

/** A response that only notes when it was sent. */
function noting(sent: string[], name: string, fails = false): ServerResponse {
  const response = {
    writeHead: () => {
      if (fails) throw new Error('no')
      return response
    },
    end: () => sent.push(name),
    destroy: () => sent.push(`${name} destroyed`),
  }
  return response as unknown as ServerResponse
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what is ready waits for the end of the turn, and then leaves in order; what cannot leave keeps nobody', async () => {
  const sent: string[] = []
  post(noting(sent, 'a'), 200, {})
  post(noting(sent, 'b', true), 200, {})
  post(noting(sent, 'c'), 200, {})
  expect(sent).toEqual([])
  await turn()
  expect(sent).toEqual(['a', 'b destroyed', 'c'])
})

test('a turn that takes long does not keep what is ready', async () => {
  const sent: string[] = []
  post(noting(sent, 'a'), 200, {})
  const until = performance.now() + 10
  while (performance.now() < until);
  post(noting(sent, 'b'), 200, {})
  expect(sent).toEqual(['a', 'b'])
  await turn()
  expect(sent).toEqual(['a', 'b'])
})

test('a client that is gone before its answer does no harm', async () => {
  const server = createServer((_request, response) => {
    response.socket?.destroy()
    post(response, 200, { 'content-length': '2' }, '{}')
  })
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})

test('over sockets, kept answers are those that were made, whoever asks and from where', async () => {
  const s = await service({ seed: true, corsOrigins: ['https://here.example'] })
  const base = await s.app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${base}/v1/proposals?limit=2`, { headers })
    const { date: _, 'x-request-id': id, ...own } = Object.fromEntries(response.headers)
    return { status: response.status, own, text: await response.text(), id }
  }
  const made = await ask()
  await ask()
  s.queries()
  const kept = await ask()
  // On PostgreSQL nothing is kept; what is sent is the same.
  if (ENGINE === 'sqlite') expect(s.queries()).toEqual([])
  expect({ ...kept, id: 0 }).toEqual({ ...made, id: 0 })
  expect(kept.id).not.toBe(made.id)
  expect((await ask({ 'x-request-id': 'mine' })).id).toBe('mine')
  const allowed = await ask({ origin: 'https://here.example' })
  expect(allowed.own['access-control-allow-origin']).toBe('https://here.example')
  expect((await ask({ origin: 'https://there.example' })).own['access-control-allow-origin']).toBeUndefined()
  expect(allowed.own['vary']).toBe('Origin, Accept')
  expect((await ask({ 'if-none-match': made.own['etag'] ?? '' })).status).toBe(304)
  const { text } = await s.get('/metrics')
  expect(text).toMatch(
    /http_request_duration_seconds_count\{[^}]*route="\/v1\/proposals",status="304"[^}]*\} 1/,
  )
})

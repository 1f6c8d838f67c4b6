// What a request may cost: bytes, steps and event-loop ticks are bounded, whatever is requested and whatever is stored.
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import zlib from 'node:zlib'
import accepts from '@fastify/accepts'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ASSET_ROUTE, assetHandler } from '../src/http/asset.ts'
import { MAX_RUNNING, MAX_WAITING, pipelining } from '../src/http/pipelining.ts'
import { service } from './helpers/app.ts'
import { eventually } from './helpers/wait.ts'

async function listen(app: FastifyInstance): Promise<number> {
  onTestFinished(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

describe('assets', () => {
  test('are built, hashed and compressed once: every response is the same buffer', async () => {
    const app = Fastify()
    const bodies: unknown[] = []
    let builds = 0
    await app.register(accepts)
    app.addHook('onSend', async (_request, _reply, body) => void bodies.push(body))
    const build = () => ({ body: 'x'.repeat(100_000 + builds++), type: 'text/plain' })
    app.get('/asset', ASSET_ROUTE, assetHandler(build))
    for (const encoding of ['identity', 'gzip', 'br'])
      for (let n = 0; n < 3; n++)
        await app.inject({ url: '/asset', headers: { 'accept-encoding': encoding } })
    expect([builds, bodies.length, new Set(bodies).size]).toEqual([1, 9, 3])
  })

  test.each(['/docs/', '/docs/js/scalar.js', '/openapi.json', '/openapi-3.0.json', '/openapi.yaml'])(
    '%s is sent in each encoding with its own ETag, and HEAD and 304 without a body',
    async (url) => {
      const { app } = await service()
      const plain = await app.inject({ url, headers: { 'accept-encoding': 'identity' } })
      for (const encoding of ['br', 'gzip'] as const) {
        const headers = { 'accept-encoding': encoding }
        const response = await app.inject({ url, headers })
        const decompress = encoding === 'br' ? zlib.brotliDecompressSync : zlib.gunzipSync
        expect(decompress(response.rawPayload).equals(plain.rawPayload)).toBe(true)
        expect(response.headers.etag).toBe(`${String(plain.headers.etag).slice(0, -1)}-${encoding}"`)
        const length = Number(response.headers['content-length'])
        expect(length).toBe(response.rawPayload.length)
        const head = await app.inject({ method: 'HEAD', url, headers })
        expect([head.rawPayload.length, Number(head.headers['content-length'])]).toEqual([0, length])
        const etag = String(response.headers.etag)
        const same = await app.inject({ url, headers: { ...headers, 'if-none-match': etag } })
        expect([same.statusCode, same.rawPayload.length]).toEqual([304, 0])
      }
    },
  )
})

describe('pipelining', () => {
  async function slowService() {
    const app = Fastify()
    await app.register(pipelining)
    let running = 0
    const seen = { started: 0, most: 0 }
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    app.get('/', async () => {
      seen.started++
      running++
      seen.most = Math.max(seen.most, running)
      await released
      running--
      return 'done\n'
    })
    return { port: await listen(app), seen, release }
  }
  const pipelined = (count: number) => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count)

  test('of the requests of a connection a few run at a time, and all are answered in order', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.write(pipelined(50))
    await eventually(() => expect(seen.started).toBe(MAX_RUNNING))
    release()
    await eventually(() => expect(text.match(/done/g)?.length).toBe(50))
    expect(seen).toEqual({ started: 50, most: MAX_RUNNING })
    socket.destroy()
  })

  test('too many close the connection, and none of those that waited runs', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(pipelined(MAX_RUNNING + MAX_WAITING + 1))
    await once(socket, 'close')
    release()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.started).toBe(MAX_RUNNING)
  })

  test('what a client that has gone was waiting for never runs', async () => {
    const { port, seen, release } = await slowService()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write(pipelined(50))
    await eventually(() => expect(seen.started).toBe(MAX_RUNNING))
    socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    release()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.started).toBe(MAX_RUNNING)
  })
})

// The log: JSON lines that never contain keys.
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { makeLogger } from '../src/logger.ts'
import { service } from './helpers/app.ts'

function memoryLog() {
  const text: string[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text.push(String(chunk))
      done()
    },
  })
  const lines = () =>
    text
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  return { stream, text: () => text.join(''), lines }
}

test('any thrown value can be logged, without keys in it', () => {
  const log = memoryLog()
  const logger = makeLogger('info', log.stream)
  const secret = `sco_${'0'.repeat(26)}_${'x'.repeat(43)}`
  for (const err of [new Error(secret), secret, { code: 1, secret }, undefined, null, 7])
    logger.error({ err }, 'failed')
  const lines = log.lines()
  expect(lines).toHaveLength(6)
  for (const line of lines) expect(line).toMatchObject({ level: 50, msg: 'failed' })
  expect(log.text()).not.toContain('xxx')
  expect(lines[2].err.message).toContain('code: 1')
})

test('each response is logged as one line, with its request id and without keys in its URL', async () => {
  const log = memoryLog()
  const s = await service({ logger: makeLogger('info', log.stream) })
  const secret = 'x'.repeat(43)
  const url = `/v1/speakers?name=sco_${'0'.repeat(26)}_${secret}`
  await s.app.inject({ url, headers: { 'x-request-id': 'mine' } })
  await s.app.inject({ url: '/none', headers: { 'x-request-id': 'missing' } })
  const lines = log.lines()
  expect(lines.map(({ reqId }) => reqId)).toEqual(['mine', 'missing'])
  expect(lines[0]).toMatchObject({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    req: {
      method: 'GET',
      url: expect.stringMatching(/^\/v1\/speakers\?name=sco_0+_\[redacted\]$/),
      ip: '127.0.0.1',
    },
    res: { statusCode: 200 },
    responseTime: expect.any(Number),
    msg: 'request completed',
  })
  expect(lines[1].res).toEqual({ statusCode: 404 })
  expect(log.text()).not.toContain(secret)
})

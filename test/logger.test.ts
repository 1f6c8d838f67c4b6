// Lines of the log reach where they go: whole, in order, and also when the process ends in the same turn.
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { byTurns, makeLogger } from '../src/logger.ts'

function sink() {
  const writes: string[] = []
  return {
    writes,
    flushed: 0,
    write: (lines: string) => writes.push(lines),
    flushSync() {
      this.flushed += 1
    },
  }
}

test('the lines of a turn are written together, in order', async () => {
  const to = sink()
  const logger = makeLogger('info', byTurns(to))
  for (const n of [1, 2, 3]) logger.info({ n }, 'said')
  expect(to.writes).toEqual([])
  await setImmediate()
  logger.info({ n: 4 }, 'said')
  await setImmediate()
  expect(to.writes).toHaveLength(2)
  const lines = to.writes.join('').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).n)).toEqual([1, 2, 3, 4])
})

test('what is held is written when the process ends, once', async () => {
  const to = sink()
  const stream = byTurns(to)
  stream.write('last words\n')
  stream.flushSync()
  expect(to).toMatchObject({ writes: ['last words\n'], flushed: 1 })
  await setImmediate()
  stream.flushSync()
  expect(to).toMatchObject({ writes: ['last words\n'], flushed: 2 })
})

test('whatever was thrown is logged, with no key in it, and throws nothing itself', async () => {
  const to = sink()
  const logger = makeLogger('info', byTurns(to))
  const secret = `sco_${'0'.repeat(26)}_${'x'.repeat(43)}`
  for (const err of [new Error(secret), secret, { code: 1, secret }, undefined, null, 7])
    logger.error({ err }, 'failed')
  await setImmediate()
  const lines = to.writes.join('').trimEnd().split('\n')
  expect(lines).toHaveLength(6)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 50, msg: 'failed' })
  expect(lines.join()).not.toContain('xxx')
  expect(JSON.parse(lines[2] ?? '').err.message).toContain('code: 1')
})

// Noticing that the clock of the machine was set.
import { expect, test } from 'vitest'
import { jumpDetector } from '../src/core/clock.ts'

test('a jump of the clock is noticed once, in both directions; drift is not', () => {
  let [wall, steady] = [1_000_000, 0]
  const jump = jumpDetector(
    5000,
    () => wall,
    () => steady,
  )
  const pass = (wallMs: number, steadyMs: number) => {
    wall += wallMs
    steady += steadyMs
    return jump()
  }
  expect(pass(10_000, 10_000)).toBe(0)
  expect(pass(10_400, 10_000)).toBe(0)
  expect(pass(-86_400_000, 10_000)).toBe(-86_410_000)
  expect(pass(10_000, 10_000)).toBe(0)
  expect(pass(96_400_000, 10_000)).toBe(96_390_000)
})

// The record does not depend on the order in which reports, their items and the parts of these arrive, nor on how often.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Body } from '../helpers/bodies.ts'
import { type Base, base, list } from '../helpers/documents.ts'
import { floodAlarm } from './flood-alarm.ts'
import { agenda, agendaNews, ratification, ratificationNews } from './more.ts'
import { riverIce } from './river-ice.ts'
import { secondAgency } from './second-agency.ts'

type Reports = readonly ((base: Base) => Body)[]

const MINISTERS: Reports = [floodAlarm, secondAgency, riverIce]

const TREATY: Reports = [agenda, agendaNews, ratification, ratificationNews]

/** The first report that gives a date decides, so the others differ from it. */
const DECIDED_BY_FIRST: Record<string, readonly string[]> = {
  'Twelfth meeting of the Council of Water Ministers': ['startDate', 'disputed'],
}

const STAMPS = ['id', 'version', 'createdAt', 'updatedAt', 'place', 'direction', 'eventIds']

const PATHS = [
  'organizations',
  'speakers',
  'meetings',
  'proposals',
  'agreements',
  'statements',
  'sources',
  'memberships',
  'events',
  'positions',
  'relations',
  'evidence',
]

/** All records and parts with names instead of ids, without versions and times, in an order of their own. */
async function recordOf(s: Base): Promise<unknown> {
  const lists = await Promise.all(PATHS.map((path) => list(s, path)))
  const names = new Map<string, string>()
  for (const one of lists.flat())
    names.set(one['id'], String(one['name'] ?? one['title'] ?? one['text'] ?? ''))
  // Parts are named after their record, the record of a quote may be a part.
  for (const one of lists.flat())
    if (names.get(one['id']) === '')
      names.set(
        one['id'],
        [names.get(one['recordId']), one['type'], one['role'], one['stateCode'], one['position']].join(' '),
      )
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value
    if (Array.isArray(value)) return sorted(value.map(named))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner)]))
  }
  return PATHS.map((path, index) => [
    path,
    sorted(
      (lists[index] ?? []).map((one) => {
        const without = [...STAMPS, ...(DECIDED_BY_FIRST[one['name']] ?? [])]
        return named(Object.fromEntries(Object.entries(one).filter(([key]) => !without.includes(key))))
      }),
    ),
  ])
}

const sorted = (values: unknown[]) =>
  values.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))

/** Puts the entries of all lists of a report into another order, and repeats some parts of items. */
function shuffled(value: unknown, random: () => number, list = ''): unknown {
  if (Array.isArray(value))
    return (
      REPEATED.includes(list)
        ? value.flatMap((one) => (random() < 0.3 && one.key === undefined ? [one, one] : [one]))
        : value
    )
      .map((inner) => ({ inner: shuffled(inner, random), by: random() }))
      .toSorted((one, other) => one.by - other.by)
      .map(({ inner }) => inner)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shuffled(inner, random, key)]))
}

const REPEATED = ['events', 'positions', 'memberships', 'relations', 'evidence']

/** A generator of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function recordAfter(
  reports: Reports,
  indices: readonly number[],
  seed: number | null,
): Promise<unknown> {
  const s = await base()
  const random = seed === null ? null : randomFrom(seed)
  for (const index of indices) {
    const report = reports[index]?.(s)
    const sent = random ? (shuffled(report, random) as Body) : report
    const { status, text } = await s.post('/v1/reports', sent)
    expect([200, 201], `${indices}: ${text}`).toContain(status)
  }
  return recordOf(s)
}

/** Each report at least once, in any order, and a seed for the order of what is in them. */
const orders = (reports: Reports) =>
  fc.sample(
    fc.tuple(
      fc
        .tuple(
          fc.shuffledSubarray([...reports.keys()], { minLength: reports.length }),
          fc.array(fc.integer({ min: 0, max: reports.length - 1 }), { maxLength: 3 }),
        )
        .map(([once, again]) => [...once, ...again]),
      fc.integer(),
    ),
    { numRuns: 9, seed: 22 },
  )

/** The record after each report was sent once, in order. */
const expected = new Map<Reports, unknown>()

// A test for each order, which releases its database.
describe.each<[string, Reports, [number[], number][]]>([
  [
    'of ministers',
    MINISTERS,
    [
      [[1, 2, 0], 1],
      [[2, 1, 0], 2],
      [[2, 0, 1], 3],
    ],
  ],
  [
    'of an agenda and a treaty',
    TREATY,
    [
      [[1, 0, 3, 2], 1],
      [[3, 2, 1, 0], 3],
    ],
  ],
])('the reports %s', (_, reports, examples) => {
  test.each([...examples, ...orders(reports)])(
    'in the order %j, shuffled with the seed %d, lead to the same record',
    async (indices, seed) => {
      if (!expected.has(reports)) expected.set(reports, await recordAfter(reports, [...reports.keys()], null))
      expect(await recordAfter(reports, indices, seed)).toEqual(expected.get(reports))
    },
  )
})

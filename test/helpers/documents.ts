// Documents that are worked in as reports: the base that they start from, what every case expects, and short forms for its data.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type Service, service } from './app.ts'
import type { Body } from './bodies.ts'
import { create, get } from './requests.ts'

/** The exact text of a document. */
export const textOf = (name: string) =>
  readFileSync(new URL(`../documents/texts/${name}.txt`, import.meta.url), 'utf8')

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const codePoints = (text: string) => [...text].length

export const words = (text: string) => text.split(/\s+/).filter(Boolean).length

/** A quote for the whole record; with fields, one quote for each of them, by pointer. `''` is the whole; null: no value is sent. */
export const quotes = (exact: string, fields: Record<string, unknown> = { '': null }): Body[] =>
  Object.entries(fields).map(([field, value]) => ({
    exact,
    ...(field !== '' && { field }),
    ...(value !== null && { value }),
  }))

const BODIES = {
  irc: {
    name: 'Inland Rivers Council',
    abbreviation: 'IRC',
    classification: 'intergovernmental-organization',
    otherNames: [
      { name: 'Совет по внутренним рекам', language: 'ru', type: 'official' },
      { name: '内陆河流理事会', language: 'zh-Hans', type: 'official' },
    ],
  },
  cwm: { name: 'Council of Water Ministers of the IRC', classification: 'organ' },
  chs: { name: 'Council of Heads of State of the IRC', classification: 'organ' },
  sec: { name: 'Secretariat of the IRC', classification: 'organ', seat: 'Almaty', countryCode: 'KZ' },
}

const MEMBERS = {
  CN: 'China',
  KG: 'Kyrgyzstan',
  KZ: 'Kazakhstan',
  MN: 'Mongolia',
  RU: 'Russia',
  TJ: 'Tajikistan',
  UZ: 'Uzbekistan',
}

export interface Base extends Service {
  /** The Inland Rivers Council, its councils and its secretariat. */
  bodies: Record<keyof typeof BODIES, string>
}

/** A service with the council of the documents, its bodies, seven member states and an observer. */
export async function base(options: Parameters<typeof service>[0] = {}): Promise<Base> {
  const s = await service(options)
  const bodies = {} as Base['bodies']
  const state = (code: string, name: string, role: string, startDate: string) =>
    create(s, '/v1/states', {
      code,
      name,
      ...(bodies.irc && { memberships: [{ organizationId: bodies.irc, role, startDate }] }),
    })
  // The secretariat has its seat in a state that is a member of its organization.
  const { countryCode, ...secretariat } = BODIES.sec
  bodies.irc = (await create(s, '/v1/organizations', BODIES.irc))['id']
  for (const [code, name] of Object.entries(MEMBERS)) await state(code, name, 'member', '2006-05-18')
  await state('IR', 'Iran', 'observer', '2019-04-02')
  for (const [key, body] of Object.entries({
    cwm: BODIES.cwm,
    chs: BODIES.chs,
    sec: { ...secretariat, countryCode },
  }))
    bodies[key as keyof typeof BODIES] = (
      await create(s, '/v1/organizations', { ...body, parentId: bodies.irc })
    )['id']
  return { ...s, bodies }
}

/** A report that was accepted. */
export interface Told {
  report: Body
  sourceId: string
  data: Body[]
  /** The ids of records and parts by key. */
  ids: Record<string, string>
  /** The outcome of the item with a key. */
  of: (key: string) => Body
}

const PARTS = ['events', 'positions', 'memberships', 'relations'] as const

/** The items of a report by section, in the order of the answer. */
const itemsOf = ({ source, ...sections }: Body): [section: string, item: Body][] => [
  ['source', source],
  ...Object.entries(sections).flatMap(([section, items]) =>
    (items as Body[]).map((item): [string, Body] => [section, item]),
  ),
]

const REPORTS = '/v1/reports'

const result = (report: Body, { sourceId, data }: Body): Told => {
  const of = (key: string) => {
    const outcome = (data as Body[]).find((one) => one['key'] === key)
    if (!outcome) throw new Error(`No item has the key ${key}.`)
    return outcome
  }
  const ids = Object.fromEntries(
    (data as Body[]).flatMap(({ key, id }) => (key === null ? [] : [[key, id]])),
  ) as Record<string, string>
  return { report, sourceId, data, of, ids }
}

/** Sends a report that writes something, and checks what every first sending does: G1, G4 and G5. */
export async function tell(s: Service, report: Body, query = ''): Promise<Told> {
  const response = await s.post(REPORTS + query, report)
  expect(response.status, response.text).toBe(201)
  const told = result(report, response.body)
  // An outcome for each item, in order.
  for (const section of ['source', ...Object.keys(report)]) {
    const sent = itemsOf(report).filter(([of]) => of === section)
    const answered = told.data.filter((one) => one['section'] === section)
    expect(answered.map(({ key }) => key)).toEqual(sent.map(([, { key = null }]) => key))
    expect(answered.map(({ parts }) => parts.length)).toEqual(
      sent.map(([, item]) => PARTS.reduce((sum, list) => sum + (item[list]?.length ?? 0), 0)),
    )
  }
  await expectQuotes(s, told)
  return told
}

/** Each quote of a report is an annotation of its source, once for a record and a field, and cuts its words out of the text. */
async function expectQuotes(s: Service, { report, sourceId, data }: Told) {
  const source = await get(s, `/v1/sources/${sourceId}`)
  const text = report['source']['text'] as string
  expect(source).toMatchObject({ text, sha256: sha256(text) })
  const expected = itemsOf(report).flatMap(([section, item]) => {
    const index = itemsOf(report)
      .filter(([of]) => of === section)
      .findIndex(([, one]) => one === item)
    const outcome = data.filter((one) => one['section'] === section)[index] as Body
    const own = ((item['evidence'] ?? []) as Body[]).map((quote) => placeOf(outcome['id'], quote))
    const ofParts = PARTS.flatMap((list) =>
      ((item[list] ?? []) as Body[]).flatMap((part, at) => {
        const { id } = (outcome['parts'] as Body[]).find(
          (one) => one['list'] === list && one['index'] === at,
        ) as Body
        return ((part['evidence'] ?? []) as Body[]).map((quote) => placeOf(id, quote))
      }),
    )
    return [...own, ...ofParts]
  })
  const stored = (await list(s, `evidence?source=${sourceId}`)) as Body[]
  const places = stored.map((evidence) => placeOf(evidence['recordId'], evidence))
  expect(places.length).toBe(new Set(places).size)
  for (const place of expected) expect(places).toContain(place)
  const { items } = await get(s, `/v1/sources/${sourceId}/annotations`)
  expect(items.map(({ id }: Body) => String(id).split('/').at(-1)).sort()).toEqual(
    stored.map(({ id }) => id).sort(),
  )
  const points = [...text]
  for (const { exact, start, end } of stored) expect(points.slice(start, end).join('')).toBe(exact)
}

const placeOf = (recordId: string, { field = '', value = null, exact }: Body) =>
  [recordId, field, field === '/participants' ? JSON.stringify(value) : '', exact].join(' ')

/** Sends a report again, which changes nothing (G2). @param named what items name nevertheless, by key */
export async function tellAgain(
  s: Service,
  { report, data }: Pick<Told, 'report' | 'data'>,
  named: Record<string, Body> = {},
) {
  const before = await snapshot(s)
  const { status, body, text } = await s.post(REPORTS, report)
  expect(status, text).toBe(200)
  expect(
    body['data'].map(({ key, id, outcome, filled, added, differences, parts }: Body) => ({
      key,
      id,
      outcome,
      filled,
      added,
      differences,
      parts: parts.map((part: Body) => [part['id'], part['outcome'], part['filled'], part['differences']]),
    })),
  ).toEqual(
    data.map(({ key, id, parts }) => ({
      key,
      id,
      outcome: 'matched',
      filled: [],
      added: {},
      differences: [],
      parts: parts.map((part: Body) => [part['id'], 'matched', [], []]),
      ...named[key],
    })),
  )
  expect(await snapshot(s)).toEqual(before)
}

/** Sends a report that is refused, and writes nothing. @returns the problem */
export async function refused(s: Service, report: Body, status: number, code: string): Promise<Body> {
  const before = await snapshot(s)
  const response = await s.post(REPORTS, report)
  expect([response.status, response.body['type']], response.text).toEqual([status, `/problems/${code}`])
  expect(await snapshot(s)).toEqual(before)
  return response.body
}

const KINDS = [
  'sources',
  'organizations',
  'speakers',
  'meetings',
  'proposals',
  'agreements',
  'statements',
] as const

/** All records and parts of a list. */
export async function list(s: Service, path: string): Promise<Body[]> {
  const { data } = await get(s, `/v1/${path}${path.includes('?') ? '&' : '?'}limit=200`)
  return data
}

/** The ids of a list. */
export const idsOf = async (s: Service, path: string) => (await list(s, path)).map(({ id }) => id as string)

/** How many records and parts there are; states are not counted. */
export async function counts(s: Service): Promise<Record<string, number>> {
  const all = [...KINDS, 'events', 'positions', 'relations']
  return Object.fromEntries(await Promise.all(all.map(async (path) => [path, (await list(s, path)).length])))
}

/** All that a write could change: every record and part with its version and ETag, and the end of the change log. */
async function snapshot(s: Service) {
  const paths = [...KINDS, 'states', ...PARTS, 'evidence']
  const lists = await Promise.all(paths.map((path) => list(s, path)))
  const head = await get(s, '/v1/changes/head')
  return { lists, head }
}

export interface Trust {
  support: 'unsupported' | 'single-source' | 'corroborated'
  origins: number
  disputed: string[]
}

/** What a quoted record has, unless a case says otherwise. */
export const SINGLE: Trust = { support: 'single-source', origins: 1, disputed: [] }

const UNSUPPORTED: Trust = { support: 'unsupported', origins: 0, disputed: [] }

export const CORROBORATED: Trust = { support: 'corroborated', origins: 2, disputed: [] }

export const trustOf = ({ support, origins, disputed }: Body) => ({ support, origins, disputed })

/** What is quoted has a single source, what is not has none (G7). @param others records and parts by id that have something else */
export async function expectTrust(s: Service, others: Record<string, Trust> = {}) {
  const quoted = new Set((await list(s, 'evidence')).map(({ recordId }) => recordId))
  const found: Record<string, unknown> = {}
  const expected: Record<string, unknown> = {}
  for (const path of [...KINDS, 'states', ...PARTS])
    for (const one of await list(s, path)) {
      const name = `${path} ${one['title'] ?? one['name'] ?? one['text'] ?? one['type'] ?? ''} ${one['id']}`
      found[name] = trustOf(one)
      expected[name] = others[one['id']] ?? (quoted.has(one['id']) ? SINGLE : UNSUPPORTED)
    }
  expect(found).toEqual(expected)
}

/** No source is corrected or retracted (G7). @param others standings by id of source */
export async function expectStandings(s: Service, others: Record<string, string> = {}) {
  for (const { id, standing } of await list(s, 'sources'))
    expect([id, standing]).toEqual([id, others[id] ?? 'current'])
}

/** The positions of the member states on a day, by code. The observer is not among them (G8). */
export async function standings(s: Service, path: string, asOf: string): Promise<Record<string, unknown>> {
  const { data } = await get(s, `/v1/${path}/positions?asOf=${asOf}`)
  return Object.fromEntries((data as Body[]).map(({ stateCode, position }) => [stateCode, position]))
}

/** The positions of the seven members of which only some have one. */
export const members = (stated: Record<string, string> = {}) => ({
  ...Object.fromEntries(Object.keys(MEMBERS).map((code) => [code, null])),
  ...stated,
})

/** Nobody in the record is named after a collective (G6). */
export async function expectPeople(s: Service, names: readonly string[]) {
  expect((await list(s, 'speakers')).map(({ name }) => name).sort()).toEqual([...names].sort())
}

// Upgrades: a database of an earlier release gets the fields that were added since, in records and their history.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Writer } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { prepareDatabase } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'
import { get } from './helpers/requests.ts'

type Fields = Record<string, any>

/** Rewrites every stored record of a kind and its versions as an earlier release without some fields would have written them. */
async function withoutFields(
  s: Service,
  drop: (doc: Fields) => void,
  more = async (_: Writer) => {},
  kind = 'meeting',
) {
  await s.engine.write(async (writer) => {
    for (const [table, key, where] of [
      [`${kind}s`, 'id', 'true'],
      ['changes', 'seq', `"kind" = '${kind}' and "doc" is not null`],
    ] as const) {
      const rows = await writer.all<{ key: string; doc: string }>(
        sql`select ${sql.identifier(key)} as key, "doc" as doc from ${sql.identifier(table)} where ${sql.raw(where)}`,
      )
      for (const { key: value, doc } of rows) {
        const fields = JSON.parse(doc)
        drop(fields)
        await writer.run(
          sql`update ${sql.identifier(table)} set "doc" = ${JSON.stringify(fields)} where ${sql.identifier(key)} = ${value}`,
        )
      }
    }
    await more(writer)
    await writer.run(sql`update "settings" set "value" = '{}' where "name" = 'fields'`)
  })
}

/** The rows of each table in an order that does not depend on when they were written. The full-text index is searched instead. */
async function sortedRows(s: Service) {
  const { searchDocs: _, ...tables } = await s.rows()
  return Object.entries(tables).map(([table, rows]) => [table, rows.map((row) => JSON.stringify(row)).sort()])
}

test('missing fields of stored documents are added, in every version and every index', async () => {
  const s = await service({ seed: true })
  const created = await s.post('/v1/meetings', {
    name: 'A meeting',
    startDate: '[2022-08-24..2022-08-25]',
    participants: [{ role: 'guest', stateCode: 'CN' }],
  })
  const url = `/v1/meetings/${created.body['id']}`
  await s.patch(url, { name: 'Another name' })
  const urls = [
    url,
    `${url}/history`,
    `${url}?knownAt=${created.body['createdAt']}`,
    '/v1/changes?kind=meeting',
    '/v1/meetings?state=CN',
    `/v1/meetings?startFrom=2022-08-25&knownAt=${created.body['createdAt']}`,
    '/v1/meetings?country=UZ',
    '/v1/meetings?sort=-name',
    '/v1/search?q=Tashkent&kind=meeting',
  ]
  const read = () => Promise.all(urls.map((each) => get(s, each)))
  const [rows, responses] = [await sortedRows(s), await read()]

  await withoutFields(
    s,
    (meeting) => {
      for (const field of ['summary', 'ordinal', 'format']) if (meeting[field] === null) delete meeting[field]
      if (meeting['agenda'].length === 0) delete meeting['agenda']
      for (const participant of meeting['participants'])
        if (participant.speakerId === null) delete participant.speakerId
    },
    async (writer) => {
      await writer.run(
        sql`update "meetings" set "countryCode" = null, "startDate" = '', "startDateLast" = '', "name" = ''`,
      )
      await writer.run(sql`update "changes" set "derived" = null where "kind" = 'meeting'`)
      await writer.run(sql`delete from "links" where "fromKind" = 'meeting'`)
      for (const id of await writer.pluck<string>(sql`select "id" from "meetings"`))
        await s.engine.search.remove(writer, id)
    },
  )
  expect(await sortedRows(s)).not.toEqual(rows)

  expect(await prepareDatabase(s.engine)).toEqual(['meeting'])
  expect(await sortedRows(s)).toEqual(rows)
  expect(await read()).toEqual(responses)
  const patched = await s.patch(url, { summary: 'Now it has one.' })
  expect(patched.body).toMatchObject({ version: 3, summary: 'Now it has one.' })
})

test('fields of an object that can be null are added where it is there', async () => {
  const s = await service()
  const body = { title: 'With', kind: 'treaty', depositary: { stateCode: 'RU' } }
  await s.post('/v1/states', { code: 'RU', name: 'Russia' })
  for (const each of [body, { title: 'Without', kind: 'treaty' }]) await s.post('/v1/agreements', each)
  const { text } = await s.get('/v1/agreements')
  const drop = ({ depositary }: Fields) => delete depositary?.organizationId
  await withoutFields(s, drop, async () => {}, 'agreement')
  expect(await prepareDatabase(s.engine)).toEqual(['agreement'])
  expect((await s.get('/v1/agreements')).text).toBe(text)
})

test('nothing is written if the fields have not changed since the last start', async () => {
  const s = await service({ seed: true })
  s.queries()
  expect(await prepareDatabase(s.engine)).toEqual([])
  expect(s.queries().filter((text) => /^(insert|update|delete)/i.test(text))).toEqual([])
})

test('an entry of the full-text index keeps its number when it is written again', async () => {
  const s = await service()
  const first = await s.post('/v1/meetings', { name: 'First', startDate: '2022-08-24' })
  await s.post('/v1/meetings', { name: 'Second', startDate: '2022-08-24' })
  // A change that leaves the searched text as it is.
  const patched = await s.patch(`/v1/meetings/${first.body['id']}`, { format: 'in-person' })
  expect(patched.body).toMatchObject({ version: 2 })
  const entries = async () => new Set((await s.rows())['searchDocs'])
  const before = await entries()
  await withoutFields(s, (meeting) => delete meeting['ordinal'])
  expect(await prepareDatabase(s.engine)).toEqual(['meeting'])
  expect(await entries()).toEqual(before)
})

test('no migration adds a column that rows must have', () => {
  const root = new URL('../', import.meta.url).pathname
  const impossible = globSync('migrations/*/*.sql', { cwd: root }).filter((name) =>
    /\bADD\b(?! CONSTRAINT)(?:(?!;|DEFAULT).)*NOT NULL/is.test(readFileSync(root + name, 'utf8')),
  )
  // A field that is added to a resource is optional (CONTRIBUTING.md).
  expect(impossible).toEqual([])
})

// A database of an earlier release gets the fields that were declared since, in records and in their history.
import { expect, test } from 'vitest'
import type { Writer } from '../src/db/engine.ts'
import { sql } from '../src/db/sql.ts'
import { prepareDatabase } from '../src/resources/index.ts'
import { type Service, service } from './helpers/app.ts'

type Fields = Record<string, any>

/** Rewrites every stored meeting, and every version of one, as a release without some fields had written it. */
async function withoutFields(s: Service, drop: (doc: Fields) => void, more = async (_: Writer) => {}) {
  await s.engine.write(async (writer) => {
    for (const [table, key, where] of [
      ['meetings', 'id', 'true'],
      ['changes', 'seq', `"kind" = 'meeting' and "doc" is not null`],
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

test('fields that stored documents lack are completed, in every version and every index', async () => {
  const s = await service({ seed: true })
  const created = await s.post('/v1/meetings', {
    name: 'A meeting',
    startDate: '2022-08-24',
    participants: [{ role: 'guest', stateCode: 'BY' }],
  })
  const url = `/v1/meetings/${created.body['id']}`
  await s.patch(url, { name: 'Another name' })
  const urls = [
    url,
    `${url}/history`,
    `${url}?knownAt=${created.body['createdAt']}`,
    '/v1/changes?kind=meeting',
    '/v1/meetings?state=BY',
    '/v1/meetings?country=UZ',
    '/v1/search?q=Tashkent&kind=meeting',
  ]
  const read = () => Promise.all(urls.map(async (each) => (await s.get(each)).body))
  const [rows, answers] = [await s.rows(), await read()]

  await withoutFields(
    s,
    (meeting) => {
      delete meeting['summary']
      if (meeting['agenda'].length === 0) delete meeting['agenda']
      for (const participant of meeting['participants'])
        if (participant.speakerId === null) delete participant.speakerId
    },
    async (writer) => {
      await writer.run(sql`update "meetings" set "countryCode" = null`)
      await writer.run(sql`delete from "links" where "fromKind" = 'meeting'`)
      await writer.run(sql`delete from "searchDocs" where "kind" = 'meeting'`)
    },
  )
  expect(await s.rows()).not.toEqual(rows)

  expect(await prepareDatabase(s.engine)).toContain('meeting')
  const { searchDocs: _, ...upgraded } = await s.rows()
  const { searchDocs: __, ...expected } = rows
  expect(upgraded).toEqual(expected)
  expect(await read()).toEqual(answers)
  const patched = await s.patch(url, { summary: 'Now it has one.' })
  expect(patched.body).toMatchObject({ version: 3, summary: 'Now it has one.' })
})

test('nothing is written where the fields are those of the last start', async () => {
  const s = await service({ seed: true })
  s.queries()
  expect(await prepareDatabase(s.engine)).toEqual([])
  expect(s.queries().filter((text) => /^(insert|update|delete)/i.test(text))).toEqual([])
})

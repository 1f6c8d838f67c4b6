// Queries as they are written for an engine, whichever it is.
import { expect, test } from 'vitest'
import { bindValues, type SQL, sql } from '../src/db/sql.ts'
import { changes } from '../src/db/system-tables.ts'

const written = (query: SQL) => query.compile((index) => `$${index + 1}`)

test('a query is its text, and a parameter for every value, in the order in which they stand', () => {
  const where = sql.join([sql`${changes.seq} > ${7}`, sql`"kind" in ${['source', 'topic']}`], sql` and `)
  const query = sql`select ${sql.identifier('a "name"')} from ${changes} where ${where} ${sql.limit(3)}`
  expect(written(query)).toEqual({
    text: 'select "a ""name""" from "changes" where "changes"."seq" > $1 and "kind" in ($2, $3) limit $4 + 0',
    params: [7, 'source', 'topic', 3],
  })
})

test('a part may stand twice, and what is empty leaves nothing', () => {
  const part = sql`x = ${'1'}`
  expect(written(sql`${part}${sql.empty()} or ${part}${sql.join([])}`)).toEqual({
    text: 'x = $1 or x = $2',
    params: ['1', '1'],
  })
})

test('values are never text of a query', () => {
  const hostile = `'); drop table "changes"; --`
  expect(written(sql`a = ${hostile} or b in ${[hostile]} or c = ${null}`)).toEqual({
    text: 'a = $1 or b in ($2) or c = $3',
    params: [hostile, hostile, null],
  })
})

test('what has no value is a mistake, not a NULL', () => {
  expect(() => written(sql`a = ${undefined}`)).toThrow('undefined')
  const { params } = written(sql`a = ${sql.placeholder('a')} and b = ${2}`)
  expect(bindValues(params, { a: 1 })).toEqual([1, 2])
  expect(() => bindValues(params, { b: 1 })).toThrow('placeholder a')
})

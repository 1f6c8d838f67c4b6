// The query builder: how queries are compiled for an engine.
import { expect, test } from 'vitest'
import { bindValues, type SQL, sql } from '../src/db/sql.ts'
import { changes } from '../src/db/system-tables.ts'

const compile = (query: SQL) => query.compile((index) => `$${index + 1}`)

test('a query compiles to its text, with a parameter for every value in order', () => {
  const where = sql.join([sql`${changes.seq} > ${7}`, sql`"kind" in ${['source', 'topic']}`], sql` and `)
  const query = sql`select ${sql.identifier('a "name"')} from ${changes} where ${where} ${sql.limit(3)}`
  expect(compile(query)).toEqual({
    text: 'select "a ""name""" from "changes" where "changes"."seq" > $1 and "kind" in ($2, $3) limit $4 + 0',
    params: [7, 'source', 'topic', 3],
  })
})

test('a fragment can be used twice, and empty fragments add nothing', () => {
  const part = sql`x = ${'1'}`
  expect(compile(sql`${part}${sql.empty()} or ${part}${sql.join([])}`)).toEqual({
    text: 'x = $1 or x = $2',
    params: ['1', '1'],
  })
})

test('values never become text of a query', () => {
  const hostile = `'); drop table "changes"; --`
  expect(compile(sql`a = ${hostile} or b in ${[hostile]} or c = ${null}`)).toEqual({
    text: 'a = $1 or b in ($2) or c = $3',
    params: [hostile, hostile, null],
  })
})

test('an undefined value or a missing placeholder throws instead of being NULL', () => {
  expect(() => compile(sql`a = ${undefined}`)).toThrow('undefined')
  const { params } = compile(sql`a = ${sql.placeholder('a')} and b = ${2}`)
  expect(bindValues(params, { a: 1 })).toEqual([1, 2])
  expect(() => bindValues(params, { b: 1 })).toThrow('placeholder a')
})

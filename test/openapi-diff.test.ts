// npm run openapi:diff: which changes of the OpenAPI document are breaking.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { breakingChanges, isNamed } from '../clients/check/diff.ts'

type Node = Record<string, any>

const text = readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')
const today = () => JSON.parse(text) as Node

/** The sentences for the breaking changes that a change of the document causes. */
function changesBy(change: (document: Node) => void): string[] {
  const next = today()
  change(next)
  return breakingChanges(today(), next)
}

const operation = (document: Node, path: string, method: string): Node => document['paths'][path][method]
const schema = (document: Node, name: string): Node => document['components']['schemas'][name]
const parameter = (document: Node, name: string): Node => document['components']['parameters'][name]

test('an unchanged document has no breaking changes', () => {
  expect(breakingChanges(today(), today())).toEqual([])
})

test.each<[string, string[], (document: Node) => void]>([
  [
    'an operation is removed',
    ['DELETE /v1/topics/{id}: removed'],
    (d) => delete d['paths']['/v1/topics/{id}'].delete,
  ],
  [
    'an operation is renamed',
    ['GET /v1/search: operationId search became find'],
    (d) => {
      operation(d, '/v1/search', 'get')['operationId'] = 'find'
    },
  ],
  [
    'a read requires a key',
    ['GET /v1/search: requires a key'],
    (d) => {
      operation(d, '/v1/search', 'get')['security'] = [{ key: [] }]
    },
  ],
  [
    'a parameter is removed',
    ['GET /v1/search: parameter kind was removed'],
    (d) => {
      const search = operation(d, '/v1/search', 'get')
      search['parameters'] = search['parameters'].filter(({ name }: Node) => name !== 'kind')
    },
  ],
  [
    'a parameter is new and required',
    ['GET /v1/search: parameter lang is new and required'],
    (d) => {
      operation(d, '/v1/search', 'get')['parameters'].push({
        name: 'lang',
        in: 'query',
        required: true,
        schema: { type: 'string' },
      })
    },
  ],
  [
    'a shared parameter is narrowed',
    expect.arrayContaining(['GET /v1/topics: parameter q: maxLength is 10']) as never,
    (d) => {
      parameter(d, 'Q')['schema']['maxLength'] = 10
    },
  ],
  [
    'a value of an enum is no longer accepted',
    ['schema AgreementKind: no longer accepts "charter"'],
    (d) => {
      const kind = schema(d, 'AgreementKind')
      kind['enum'] = kind['enum'].filter((value: string) => value !== 'charter')
    },
  ],
  [
    'an enum of a response grows that is not marked as open',
    ['schema StatementKind: may be "forgotten"'],
    (d) => {
      schema(d, 'StatementKind')['enum'].push('forgotten')
    },
  ],
  [
    'a field of a response is removed',
    ['schema Actor.name: removed'],
    (d) => {
      const actor = schema(d, 'Actor')
      delete actor['properties']['name']
      actor['required'] = actor['required'].filter((name: string) => name !== 'name')
    },
  ],
  [
    'a field of a response may be missing',
    ['schema Actor.name: may be missing'],
    (d) => {
      const actor = schema(d, 'Actor')
      actor['required'] = actor['required'].filter((name: string) => name !== 'name')
    },
  ],
  [
    'a field of a response may be null',
    ['schema Actor.name: may be null'],
    (d) => {
      schema(d, 'Actor')['properties']['name']['type'] = ['string', 'null']
    },
  ],
  [
    'a field of a response has another type',
    ['schema Bucket.count: may be string'],
    (d) => {
      schema(d, 'Bucket')['properties']['count']['type'] = 'string'
    },
  ],
  [
    'a field of a shared base is removed',
    expect.arrayContaining(['schema TopicChange.seq: removed']) as never,
    (d) => {
      delete schema(d, 'ChangeBase')['properties']['seq']
    },
  ],
  [
    'a field of a body becomes required',
    ['schema TopicCreate.definition: became required'],
    (d) => {
      schema(d, 'TopicCreate')['required'].push('definition')
    },
  ],
  [
    'a field of a body is removed',
    ['schema TopicCreate.definition: removed'],
    (d) => {
      delete schema(d, 'TopicCreate')['properties']['definition']
    },
  ],
  [
    'a field of a body can no longer be null',
    ['schema TopicPatch.definition: no longer accepts null'],
    (d) => {
      schema(d, 'TopicPatch')['properties']['definition']['type'] = 'string'
    },
  ],
  [
    'a pattern of a body changes',
    ['schema TopicCreate.slug: another pattern'],
    (d) => {
      schema(d, 'TopicCreate')['properties']['slug']['pattern'] = '^x$'
    },
  ],
  [
    'a media type of a body is removed',
    ['PATCH /v1/topics/{id}: body: no longer application/json'],
    (d) => {
      delete operation(d, '/v1/topics/{id}', 'patch')['requestBody']['content']['application/json']
    },
  ],
  [
    'a success is removed',
    expect.arrayContaining(['POST /v1/topics: response 201 was removed']) as never,
    (d) => {
      delete operation(d, '/v1/topics', 'post')['responses']['201']
    },
  ],
  [
    'a success with another status is added',
    ['POST /v1/topics: response 202 is new'],
    (d) => {
      operation(d, '/v1/topics', 'post')['responses']['202'] = { description: 'Later.' }
    },
  ],
  [
    'a media type of a response is removed',
    ['GET /v1/topics: response 200: no longer application/json'],
    (d) => {
      delete operation(d, '/v1/topics', 'get')['responses']['200']['content']['application/json']
    },
  ],
  [
    'a header of a response is removed',
    ['GET /v1/topics: response 200: header Link was removed'],
    (d) => {
      delete operation(d, '/v1/topics', 'get')['responses']['200']['headers']['Link']
    },
  ],
  [
    'a member of a union is removed',
    ['schema Selector: no longer TextQuoteSelector'],
    (d) => {
      schema(d, 'Selector')['oneOf'].shift()
    },
  ],
  [
    'a union of a response gets another member',
    ['schema Selector: may be Topic'],
    (d) => {
      schema(d, 'Selector')['oneOf'].push({ $ref: '#/components/schemas/Topic' })
    },
  ],
  [
    'a named schema is renamed',
    expect.arrayContaining(['schema Bucket: removed']) as never,
    (d) => {
      d['components']['schemas']['Bar'] = schema(d, 'Bucket')
      schema(d, 'Stats')['properties']['data']['items'] = { $ref: '#/components/schemas/Bar' }
      delete d['components']['schemas']['Bucket']
    },
  ],
])('breaking: %s', (_, sentences, change) => {
  expect(changesBy(change)).toEqual(sentences)
})

test.each<[string, (document: Node) => void]>([
  [
    'an operation is added',
    (d) => {
      d['paths']['/v1/new'] = { get: operation(d, '/v1/search', 'get') }
    },
  ],
  [
    'an optional parameter is added',
    (d) => {
      operation(d, '/v1/search', 'get')['parameters'].push({
        name: 'lang',
        in: 'query',
        schema: { type: 'string' },
      })
    },
  ],
  [
    'a field is added to a response',
    (d) => {
      schema(d, 'PlainTopic')['properties']['note'] = { type: 'string' }
      schema(d, 'PlainTopic')['required'].push('note')
    },
  ],
  [
    'an optional field is added to a body',
    (d) => {
      schema(d, 'TopicCreate')['properties']['note'] = { type: 'string' }
    },
  ],
  [
    'an enum grows that is marked as open',
    (d) => {
      schema(d, 'AgreementKind')['enum'].push('accord')
      schema(d, 'ProblemType')['enum'].push('/problems/new')
    },
  ],
  [
    'a kind of change is added to the feed',
    (d) => {
      schema(d, 'Change')['oneOf'].push({ $ref: '#/components/schemas/TopicChange2' })
      d['components']['schemas']['TopicChange2'] = schema(d, 'TopicChange')
    },
  ],
  [
    'a limit is raised',
    (d) => {
      schema(d, 'TopicCreate')['properties']['prefLabel']['maxLength'] = 10_000
    },
  ],
  [
    'a problem is added or removed',
    (d) => {
      operation(d, '/v1/topics', 'post')['responses']['418'] = { description: 'No.' }
      delete operation(d, '/v1/topics', 'post')['responses']['422']
    },
  ],
  [
    'a description changes',
    (d) => {
      schema(d, 'Topic')['description'] = 'Another.'
    },
  ],
])('not breaking: %s', (_, change) => {
  expect(changesBy(change)).toEqual([])
})

test('not breaking: a new resource', () => {
  const isOf = (name: string) => /^(Report|Plain|Included)?Statements?([A-Z]|$)/.test(name)
  const names = (node: unknown) => String((node as { $ref?: string } | null)?.['$ref'] ?? '').split('/')
  /** A part of the document as it was before there were statements. */
  const without = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value
        .filter((item) => !/^(statements?|\/v1\/statements.*|statements\..*)$/.test(String(item)))
        .filter((item) => !isOf(names(item).at(-1) ?? ''))
        .map(without)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !isOf(key) && !/^(statements?$|\/v1\/(stats\/)?statements)/.test(key))
        .map(([key, inner]) => [key, without(inner)]),
    )
  }
  const document = today()
  const before = without(document) as Node
  expect(Object.keys(before['paths'])).not.toContain('/v1/statements')
  expect(breakingChanges(before, document)).toEqual([])
  expect(breakingChanges(document, before).length).toBeGreaterThan(20)
})

test('a breaking change counts as named if the changelog contains its sentence', () => {
  const changelog = '## Unreleased\n\n- `schema Topic.note`: removed\n'
  expect(isNamed(changelog, 'schema Topic.note: removed')).toBe(true)
  expect(isNamed(changelog, 'schema Topic.note')).toBe(false)
})

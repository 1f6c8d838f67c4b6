// npm run openapi:diff: what it calls a breaking change, and what it does not.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { breaks, isSaid } from '../clients/check/diff.ts'

type Node = Record<string, any>

const text = readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')
const today = () => JSON.parse(text) as Node

/** What is said when the document changes like this. */
function said(change: (document: Node) => void): string[] {
  const next = today()
  change(next)
  return breaks(today(), next)
}

const operation = (document: Node, path: string, method: string): Node => document['paths'][path][method]
const schema = (document: Node, name: string): Node => document['components']['schemas'][name]
const parameter = (document: Node, name: string): Node => document['components']['parameters'][name]

test('a document that is the same breaks nothing', () => {
  expect(breaks(today(), today())).toEqual([])
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
    'reading needs a key',
    ['GET /v1/search: needs a key'],
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
    'a value of an enum is not taken any more',
    ['schema AgreementKind: takes no "charter" any more'],
    (d) => {
      const kind = schema(d, 'AgreementKind')
      kind['enum'] = kind['enum'].filter((value: string) => value !== 'charter')
    },
  ],
  [
    'an enum that is read grows without leave',
    ['schema ProposalStatus: may be "forgotten"'],
    (d) => {
      schema(d, 'ProposalStatus')['enum'].push('forgotten')
    },
  ],
  [
    'a field that is read is removed',
    ['schema Topic.definition: removed'],
    (d) => {
      const topic = schema(d, 'Topic')
      delete topic['properties']['definition']
      topic['required'] = topic['required'].filter((name: string) => name !== 'definition')
    },
  ],
  [
    'a field that is read may be missing',
    ['schema Topic.definition: may be missing'],
    (d) => {
      const topic = schema(d, 'Topic')
      topic['required'] = topic['required'].filter((name: string) => name !== 'definition')
    },
  ],
  [
    'a field that is read may be null',
    ['schema Topic.slug: may be null'],
    (d) => {
      schema(d, 'Topic')['properties']['slug']['type'] = ['string', 'null']
    },
  ],
  [
    'a field that is read has another type',
    ['schema Bucket.count: may be string'],
    (d) => {
      schema(d, 'Bucket')['properties']['count']['type'] = 'string'
    },
  ],
  [
    'a field must be sent',
    ['schema TopicCreate.definition: became required'],
    (d) => {
      schema(d, 'TopicCreate')['required'].push('definition')
    },
  ],
  [
    'a field is not taken any more',
    ['schema TopicCreate.definition: removed'],
    (d) => {
      delete schema(d, 'TopicCreate')['properties']['definition']
    },
  ],
  [
    'a field is not taken as null any more',
    ['schema TopicPatch.definition: takes no null any more'],
    (d) => {
      schema(d, 'TopicPatch')['properties']['definition']['type'] = 'string'
    },
  ],
  [
    'a text must have another form',
    ['schema TopicCreate.slug: another pattern'],
    (d) => {
      schema(d, 'TopicCreate')['properties']['slug']['pattern'] = '^x$'
    },
  ],
  [
    'a body is not taken in a form any more',
    ['PATCH /v1/topics/{id}: body: no application/merge-patch+json any more'],
    (d) => {
      delete operation(d, '/v1/topics/{id}', 'patch')['requestBody']['content'][
        'application/merge-patch+json'
      ]
    },
  ],
  [
    'a success is removed',
    expect.arrayContaining(['POST /v1/topics: answer 201 was removed']) as never,
    (d) => {
      delete operation(d, '/v1/topics', 'post')['responses']['201']
    },
  ],
  [
    'a success of another status comes',
    ['POST /v1/topics: answer 202 is new'],
    (d) => {
      operation(d, '/v1/topics', 'post')['responses']['202'] = { description: 'Later.' }
    },
  ],
  [
    'an answer lacks a form',
    ['GET /v1/topics: answer 200: no text/csv any more'],
    (d) => {
      delete operation(d, '/v1/topics', 'get')['responses']['200']['content']['text/csv']
    },
  ],
  [
    'an answer lacks a header',
    ['GET /v1/topics: answer 200: header ETag was removed'],
    (d) => {
      delete operation(d, '/v1/topics', 'get')['responses']['200']['headers']['ETag']
    },
  ],
  [
    'a kind is not among those of a union any more',
    ['schema Selector: no TextQuoteSelector any more'],
    (d) => {
      schema(d, 'Selector')['oneOf'].shift()
    },
  ],
  [
    'a union that is read has another member',
    ['schema Selector: may be Topic'],
    (d) => {
      schema(d, 'Selector')['oneOf'].push({ $ref: '#/components/schemas/Topic' })
    },
  ],
  [
    'a name that generators make a type of goes',
    expect.arrayContaining(['schema Bucket: removed']) as never,
    (d) => {
      d['components']['schemas']['Bar'] = schema(d, 'Bucket')
      schema(d, 'Stats')['properties']['data']['items'] = { $ref: '#/components/schemas/Bar' }
      delete d['components']['schemas']['Bucket']
    },
  ],
])('%s', (_, sentences, change) => {
  expect(said(change)).toEqual(sentences)
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
    'a field is added to what is read',
    (d) => {
      schema(d, 'Topic')['properties']['note'] = { type: 'string' }
      schema(d, 'Topic')['required'].push('note')
    },
  ],
  [
    'an optional field is added to what is written',
    (d) => {
      schema(d, 'TopicCreate')['properties']['note'] = { type: 'string' }
    },
  ],
  [
    'an enum grows that says it may',
    (d) => {
      schema(d, 'AgreementKind')['enum'].push('accord')
      schema(d, 'ProblemType')['enum'].push('/problems/new')
    },
  ],
  [
    'a kind of change is added, which the feed announces',
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
    'texts are said otherwise',
    (d) => {
      schema(d, 'Topic')['description'] = 'Another.'
    },
  ],
])('no break: %s', (_, change) => {
  expect(said(change)).toEqual([])
})

test('the changelog names a break by its sentence', () => {
  const changelog = '## Unreleased\n\n- `schema Topic.note`: removed\n'
  expect(isSaid(changelog, 'schema Topic.note: removed')).toBe(true)
  expect(isSaid(changelog, 'schema Topic.note')).toBe(false)
})

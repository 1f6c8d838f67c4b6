// Create, read, update and delete: the rules of every resource.

import { describe, expect, onTestFinished, test } from 'vitest'
import { columnHolding } from '../src/db/columns.ts'
import { sql } from '../src/db/sql.ts'
import { catalogue } from '../src/resources/index.ts'
import { REQUEST_ID, type Service, service } from './helpers/app.ts'
import {
  type Body,
  fullBody,
  kinds,
  leastBody,
  oneOfEach,
  pathOf,
  type ResourceKind,
} from './helpers/bodies.ts'
import { describeOnce, fromOutside, isRepeated, onPostgres } from './helpers/database.ts'

interface Change {
  seq: number
  kind: string
  recordId: string
  version: number
  op: string
  at: string
  actorId: string
  actorName: string
  requestId: string | null
  doc: string | null
}

const changesOf = ({ engine }: Service, id: string) =>
  engine.reader.all<Change>(sql`select * from changes where "recordId" = ${id} order by seq`)

const allChanges = ({ engine }: Service) => engine.reader.all<Change>(sql`select * from changes order by seq`)

/** A clock that advances with each reading, so that no two writes share an instant. */
function movingClock() {
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  return () => {
    now += 1000
    return new Date(now)
  }
}

/** A source may have no text, if it says so; the contributors of a statement are a list that must not be empty. */
const isRequiredByRule = (kind: ResourceKind, field: string) =>
  (kind === 'source' && field === 'text') || (kind === 'statement' && field === 'contributors')

/** The text field that the tests update. */
const titleOf = (kind: ResourceKind) => catalogue.resource(kind).titleField

async function createFull(kind: ResourceKind) {
  const s = await service({ clock: movingClock() })
  const ids = await oneOfEach(s)
  const input = fullBody(kind, ids)
  const { status, body, text, headers } = await s.post(pathOf(kind), input)
  expect(status, text).toBe(201)
  return { s, ids, input, doc: body, url: String(headers.location), etag: String(headers.etag) }
}

/** The rules are the same for each kind: on PostgreSQL a few with lists, parts, texts and codes are enough. */
const KINDS: readonly ResourceKind[] = isRepeated ? ['meeting', 'proposal', 'source', 'state'] : kinds

describe.each(KINDS)('a %s', (kind) => {
  test('is created with 201, Location and ETag, and read back with every field that was sent', async () => {
    const { s, input, doc, url, etag } = await createFull(kind)
    expect(Object.keys(input)).toEqual(
      expect.arrayContaining(Object.keys(catalogue.resource(kind).writable.shape)),
    )
    expect(doc).toMatchObject({ ...input, version: 1 })
    expect(doc['updatedAt']).toBe(doc['createdAt'])
    expect(url).toBe(`${pathOf(kind)}/${doc['id']}`)
    expect(etag).toMatch(/^"1\.[\w-]+"$/)
    const read = await s.get(url)
    expect(read.body).toEqual(doc)
    expect(read.headers.etag).toBe(etag)
    expect(Date.parse(String(read.headers['last-modified']))).toBe(Date.parse(doc['updatedAt']))
    expect(read.headers['cache-control']).toBe('public, no-cache')
  })

  test('requires only its required fields; the others are null, empty or derived', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const input = leastBody(kind, ids)
    const { body } = await s.post(pathOf(kind), input)
    expect(body).toMatchObject({ ...input, identifiers: [], support: 'unsupported' })
    for (const field of Object.keys(input)) {
      const { [field]: _, ...rest } = input
      const refused = await s.post(pathOf(kind), rest)
      expect(refused.body, field).toMatchObject({
        type: isRequiredByRule(kind, field) ? '/problems/inconsistent' : '/problems/invalid-body',
        errors: [{ pointer: `/${field}` }],
      })
    }
  })

  test('rejects unknown fields in POST and PATCH, and names each of them', async () => {
    const { s, ids, url } = await createFull(kind)
    for (const response of [
      await s.post(pathOf(kind), { ...leastBody(kind, ids), colour: 'red' }),
      await s.patch(url, { colour: 'red' }),
    ]) {
      expect(response.body).toMatchObject({
        status: 400,
        type: '/problems/invalid-body',
        errors: [{ pointer: '/colour', detail: expect.any(String) }],
      })
    }
  })

  test('changes only the fields that a merge patch names', async () => {
    const { s, doc, url, etag } = await createFull(kind)
    const field = titleOf(kind)
    const changed = await s.patch(url, { [field]: 'Changed' }, { 'if-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({
      ...doc,
      [field]: 'Changed',
      ...(kind === 'source' && { sha256: changed.body['sha256'] }),
      version: 2,
      updatedAt: changed.body['updatedAt'],
    })
    expect(changed.body['updatedAt'] > doc['updatedAt']).toBe(true)
    const read = await s.get(url)
    expect(read.body).toEqual(changed.body)
    expect(read.headers.etag).toBe(changed.headers.etag)
    expect(read.headers.etag).not.toBe(etag)
  })

  test('keeps its ETag, version and updatedAt when a patch changes nothing, and logs no change', async () => {
    const { s, input, doc, url, etag } = await createFull(kind)
    const before = await allChanges(s)
    for (const patch of [
      {},
      input,
      doc,
      { [titleOf(kind)]: ` ${kind === 'source' ? '' : ' '}${doc[titleOf(kind)]} ` },
    ]) {
      if (kind === 'state' && 'code' in patch) Object.assign(patch, { code: doc['code'] })
      const response = await s.patch(url, patch)
      expect(response.text, JSON.stringify(patch)).toBe(JSON.stringify(doc))
      expect(response.headers.etag).toBe(etag)
    }
    expect(await allChanges(s)).toEqual(before)
  })

  test('clears optional fields with null, and rejects null for required ones', async () => {
    const { s, url, doc, ids } = await createFull(kind)
    const { writable } = catalogue.resource(kind)
    const required = Object.keys(leastBody(kind, ids))
    for (const field of Object.keys(writable.shape)) {
      // An archived copy is of a page.
      const also = field === 'url' && kind === 'source' ? { archivedUrl: null } : {}
      const response = await s.patch(url, { [field]: null, ...also })
      if (required.includes(field)) {
        expect(response.body, field).toMatchObject({
          type: isRequiredByRule(kind, field) ? '/problems/inconsistent' : '/problems/invalid-body',
          errors: [{ pointer: `/${field}` }],
        })
      } else {
        expect(response.status, field).toBe(200)
        const { [field]: cleared } = response.body
        if (field === 'status') expect(cleared).toBe('held')
        else if (field === 'textStatus') expect(cleared).toBe('full')
        // The date of a statement is that of its meeting.
        else if (field === 'date') expect(cleared).toBe('2022-08-24')
        else expect(cleared, field).toEqual(Array.isArray(doc[field]) ? [] : null)
      }
    }
  })

  test('requires its current version for a change: 428 without If-Match, 412 with a stale one', async () => {
    const { s, doc, url, etag } = await createFull(kind)
    const field = titleOf(kind)
    const bearer = { authorization: `Bearer ${s.keys.admin}` }
    const send = (
      method: 'PATCH' | 'DELETE',
      match: string | undefined,
      payload: object = { [field]: 'X' },
    ) =>
      s.request({
        method,
        url: method === 'DELETE' ? `${url}?reason=Test` : url,
        headers: { ...bearer, ...(match !== undefined && { 'if-match': match }) },
        ...(method === 'PATCH' && { payload }),
      })
    await s.patch(url, { [field]: 'Second' }, { 'if-match': etag })
    const current = String((await s.get(url)).headers.etag)
    for (const method of ['PATCH', 'DELETE'] as const) {
      expect((await send(method, undefined)).body).toMatchObject({
        status: 428,
        type: '/problems/precondition-required',
      })
      for (const refused of [etag, `W/${current}`, current.replaceAll('"', ''), '"', '', '"2"', '"*"']) {
        const { body } = await send(method, refused)
        expect(body, `${method} ${refused}`).toMatchObject({
          status: 412,
          type: '/problems/precondition-failed',
        })
      }
    }
    expect((await s.get(url)).body).toEqual({
      ...doc,
      [field]: 'Second',
      version: 2,
      updatedAt: expect.any(String),
    })
    expect((await send('PATCH', `"0.x", ${etag} , ${current}`, { [field]: 'Third' })).body['version']).toBe(3)
    expect((await send('PATCH', '*', { [field]: 'Fourth' })).body['version']).toBe(4)
    expect((await send('DELETE', String((await s.get(url)).headers.etag))).status).toBe(204)
  })

  test('accepts one of several concurrent patches of the same version; the others get 412', async () => {
    const { s, url, etag } = await createFull(kind)
    const field = titleOf(kind)
    const responses = await Promise.all(
      ['One', 'Two', 'Three'].map((value) => s.patch(url, { [field]: value }, { 'if-match': etag })),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 412, 412])
    const winner = responses.find(({ status }) => status === 200)
    expect((await s.get(url)).body).toEqual(winner?.body)
    expect(winner?.body['version']).toBe(2)
  })

  test('accepts read-only fields with their current value, and returns 422 for any other', async () => {
    const { s, doc, url } = await createFull(kind)
    const { writable, lifecycle } = catalogue.resource(kind)
    const readOnly = Object.keys(doc).filter((key) => !(key in writable.shape))
    expect(readOnly).toEqual(expect.arrayContaining(['id', 'createdAt', 'updatedAt', 'version', 'support']))
    for (const field of readOnly) {
      expect((await s.patch(url, { [field]: doc[field] })).status, field).toBe(200)
      for (const other of ['other', 7, null, [doc[field]]].filter((value) => value !== doc[field])) {
        const { body } = await s.patch(url, { [field]: other })
        expect(body, field).toMatchObject({
          status: 422,
          type: '/problems/inconsistent',
          errors: [expect.objectContaining({ pointer: `/${field}` })],
        })
        if (field === 'status' && lifecycle) expect(body['detail']).toContain(`${url}/events`)
      }
      expect(
        (await s.post(pathOf(kind), { ...leastBody(kind, doc as never), [field]: 'other' })).status,
      ).toBe(400)
    }
    expect((await s.get(url)).body).toEqual(doc)
  })

  test('is only deleted by an admin; then it returns 410 and has a tombstone in the change log', async () => {
    const { s, doc, url, etag } = await createFull(kind)
    const as = (headers: Record<string, string>) => s.del(url, headers)
    expect((await as({ authorization: '' })).status).toBe(401)
    expect((await as({ authorization: `Bearer ${s.keys.analyst}` })).body).toMatchObject({
      status: 403,
      type: '/problems/forbidden',
    })
    expect((await s.get(url)).headers.etag).toBe(etag)
    const deleted = await as({ 'if-match': etag })
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    for (const response of [
      await s.get(url),
      await s.patch(url, {}),
      await s.del(url),
      await s.get(`${url}/evidence`),
      await s
        .post(`${url}/evidence`, { sourceId: doc['id'], motivation: 'quote', exact: 'x' })
        .catch(() => null),
    ]) {
      if (response && response.status !== 400)
        expect(response.body).toMatchObject({ status: 410, type: '/problems/gone' })
    }
    expect((await s.request({ method: 'HEAD', url })).status).toBe(410)
    const last = (await changesOf(s, doc['id'])).at(-1)
    expect(last).toMatchObject({ kind, op: 'delete', version: 2, doc: null, actorName: 'test admin' })
    const { body } = await s.get(`${pathOf(kind)}?limit=200`)
    expect(body['data'].map((one: Body) => one['id'])).not.toContain(doc['id'])
  })

  test('has identifiers that are unique per scheme and kind', async () => {
    const { s, ids, doc, url } = await createFull(kind)
    const [taken] = doc['identifiers'] as [Body]
    const collection = pathOf(kind)
    const another = () => leastBody(kind, ids)
    const doubled = await s.post(collection, { ...another(), identifiers: [taken] })
    expect(doubled.body).toMatchObject({
      status: 409,
      type: '/problems/duplicate',
      existingId: doc['id'],
      errors: [expect.objectContaining({ pointer: '/identifiers/0' })],
    })
    const other = await s.post(collection, { ...another(), identifiers: [{ ...taken, scheme: 'other' }] })
    expect(other.status).toBe(201)
    const otherUrl = String(other.headers.location)
    const moved = await s.patch(otherUrl, { identifiers: [{ scheme: 'third', identifier: '1' }, taken] })
    expect(moved.body).toMatchObject({
      status: 409,
      existingId: doc['id'],
      errors: [expect.objectContaining({ pointer: '/identifiers/1' })],
    })
    const twice = await s.post(collection, {
      ...another(),
      identifiers: [1, 2].map(() => ({ scheme: 'a', identifier: 'b' })),
    })
    expect(twice.body).toMatchObject({ status: 422, type: '/problems/inconsistent' })
    const otherKind = kind === 'speaker' ? 'topic' : 'speaker'
    expect(
      (await s.post(pathOf(otherKind), { ...leastBody(otherKind, ids), identifiers: [taken] })).status,
    ).toBe(201)
    await s.patch(url, { identifiers: [] })
    expect((await s.patch(otherUrl, { identifiers: [taken] })).status).toBe(200)
    await s.del(otherUrl)
    expect((await s.patch(url, { identifiers: [taken] })).status).toBe(200)
  })

  test('has every write in the change log, with author, time, request id, version and document', async () => {
    const { s, doc, url } = await createFull(kind)
    const field = titleOf(kind)
    await s.patch(url, { [field]: 'Changed' }, { 'x-request-id': 'second' })
    const second = await s.get(url)
    await s.del(url, { 'x-request-id': 'third' })
    const [created, updated, deleted, ...none] = await changesOf(s, doc['id'])
    expect(none).toEqual([])
    const keys = await s.engine.reader.all<{ id: string; name: string }>(sql`select id, name from keys`)
    const actor = (role: string) => {
      const key = keys.find(({ name }) => name === `test ${role}`)
      return { actorId: key?.id, actorName: key?.name }
    }
    const about = { kind, recordId: doc['id'] }
    expect(created).toMatchObject({
      ...about,
      op: 'create',
      version: 1,
      at: doc['createdAt'],
      ...actor('analyst'),
    })
    expect(created?.requestId).toMatch(REQUEST_ID)
    expect(JSON.parse(created?.doc ?? '')).toEqual(doc)
    expect(updated).toMatchObject({
      ...about,
      op: 'update',
      version: 2,
      at: second.body['updatedAt'],
      requestId: 'second',
      doc: second.text,
      ...actor('analyst'),
    })
    expect(deleted).toMatchObject({
      ...about,
      op: 'delete',
      version: 3,
      requestId: 'third',
      doc: null,
      ...actor('admin'),
    })
    expect((deleted?.at ?? '') > (updated?.at ?? '')).toBe(true)
  })

  test('cannot be deleted while another record refers to it, from a field or from a list', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const places = catalogue.resources.flatMap((referrer) =>
      referrer.references
        .filter(({ kinds, path: [field = ''] }) => kinds.includes(kind) && field in referrer.writable.shape)
        .map(({ field, path }) => ({ referrer: referrer.kind as ResourceKind, field, path })),
    )
    if (kind !== 'statement' && kind !== 'source') expect(places).not.toEqual([])
    for (const { referrer, field, path } of places) {
      const target = (await s.post(pathOf(kind), leastBody(kind, ids))).body['id']
      const pointing = await s.post(pathOf(referrer), {
        ...leastBody(referrer, ids),
        ...withReference(referrer, path, target),
      })
      expect(pointing.status, `${referrer} ${field}: ${pointing.text}`).toBe(201)
      const url = `${pathOf(kind)}/${target}`
      expect((await s.del(url)).body, `${referrer} ${field}`).toMatchObject({
        status: 409,
        type: '/problems/referenced',
        referencedBy: expect.arrayContaining([{ kind: referrer, id: pointing.body['id'] }]),
      })
      expect((await s.del(`${pathOf(referrer)}/${pointing.body['id']}`)).status).toBe(204)
      expect((await s.del(url)).status, `${referrer} ${field}`).toBe(204)
    }
  })
})

/** A part of a body with a reference at this path. */
function withReference(referrer: ResourceKind, path: readonly string[], target: string): Body {
  const roles: Body = { proposal: 'proposer', agreement: 'drafter', statement: 'author' }
  const items: Record<string, Body> = {
    agenda: { position: 1, title: 'Item' },
    participants: { role: 'guest' },
    contributors: { role: roles[referrer] },
    texts: { authentic: null },
    entryIntoForce: { by: 'consent' },
  }
  const [field = '', ...rest] = path
  const inside = ([segment, ...deeper]: readonly string[]): unknown =>
    segment === undefined
      ? target
      : segment === '*'
        ? [deeper.length > 0 ? { ...items[field], ...(inside(deeper) as Body) } : target]
        : { ...items[field], [segment]: inside(deeper) }
  return { [field]: inside(rest) }
}

describeOnce('a merge patch (RFC 7396)', () => {
  test('replaces whole lists, and merges objects field by field', async () => {
    const { s, url, ids, doc } = await createFull('agreement')
    const state = (await s.post('/v1/states', { code: 'ZZ', name: 'Another' })).body['id']
    const changed = await s.patch(url, { depositary: { organizationId: null, stateCode: state } })
    expect(changed.body['depositary']).toEqual({ stateCode: 'ZZ', organizationId: null })
    expect((await s.patch(url, { depositary: null })).body['depositary']).toBeNull()
    expect((await s.patch(url, { topicIds: [] })).body['topicIds']).toEqual([])
    expect(doc['topicIds']).toEqual([ids.topic])
  })

  test('replaces a list of objects whole: fields missing in an item are not taken from the old item', async () => {
    const { s, url, ids } = await createFull('meeting')
    const { body } = await s.patch(url, {
      participants: [{ role: 'guest', speakerId: ids.speaker }],
      agenda: [{ position: 2, title: 'B' }],
    })
    expect(body['participants']).toEqual([
      {
        role: 'guest',
        speakerId: ids.speaker,
        stateCode: null,
        organizationId: null,
        collective: null,
        membershipId: null,
        attributionText: null,
      },
    ])
    expect(body['agenda']).toEqual([{ position: 2, number: null, title: 'B', recordIds: [], topicIds: [] }])
  })

  test.each([[[]], ['text'], [7], [null], [true]])(
    'is rejected with 400 unless it is an object: %j',
    async (patch) => {
      const { s, url, etag } = await createFull('speaker')
      const { body } = await s.patch(url, JSON.stringify(patch))
      expect(body).toMatchObject({ status: 400, type: '/problems/invalid-body' })
      expect((await s.get(url)).headers.etag).toBe(etag)
    },
  )

  test('may be sent as application/json', async () => {
    const { s, url } = await createFull('speaker')
    expect((await s.patch(url, { name: 'B' }, { 'content-type': 'application/json' })).body['name']).toBe('B')
  })
})

describe('a status with a lifecycle', () => {
  test('changes by events, each logged together with the new version of its record', async () => {
    const { s, url, doc } = await createFull('proposal')
    await s.post(`${url}/events`, { type: 'adopted', occurredOn: '2022-09-16' }, { 'x-request-id': 'moved' })
    const { body } = await s.get(url)
    expect(body).toMatchObject({ status: 'adopted', version: 2 })
    const rows = (await allChanges(s)).filter(({ requestId }) => requestId === 'moved')
    expect(rows.map(({ kind, op, version }) => [kind, op, version])).toEqual([
      ['event', 'create', 1],
      ['proposal', 'update', 2],
    ])
    expect(rows[1]?.recordId).toBe(doc['id'])
  })
})

describe('the children of a record', () => {
  test('are deleted with it, each with its own tombstone', async () => {
    const { s, url, ids, doc } = await createFull('proposal')
    const evidence = await s.post(`${url}/evidence`, {
      sourceId: ids.source,
      motivation: 'quote',
      exact: 'The text',
    })
    expect(evidence.status).toBe(201)
    const event = await s.post(`${url}/events`, { type: 'noted' })
    await s.del(url, { 'x-request-id': 'gone' })
    const rows = (await allChanges(s)).filter(({ requestId }) => requestId === 'gone')
    expect(rows.map(({ kind, recordId, op, doc: after }) => [kind, recordId, op, after])).toEqual(
      expect.arrayContaining([
        ['event', event.body['id'], 'delete', null],
        ['evidence', evidence.body['id'], 'delete', null],
        ['proposal', doc['id'], 'delete', null],
      ]),
    )
    expect(rows.at(-1)?.kind).toBe('proposal')
    expect((await s.get(`/v1/sources/${ids.source}/annotations`)).body['items']).toEqual([])
    expect((await s.del(`/v1/sources/${ids.source}`)).status).toBe(204)
  })

  test('prevent the deletion of records they refer to: a cited source, and the meeting of an event', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const url = `/v1/proposals/${ids.proposal}`
    const evidence = await s.post(`${url}/evidence`, {
      sourceId: ids.source,
      motivation: 'quote',
      exact: 'The text',
    })
    const event = await s.post(`${url}/events`, {
      type: 'adopted',
      occurredOn: '2023',
      meetingId: ids.meeting,
    })
    expect((await s.del(`/v1/sources/${ids.source}`)).body).toMatchObject({
      status: 409,
      referencedBy: [{ kind: 'evidence', id: evidence.body['id'] }],
    })
    expect((await s.del(`/v1/meetings/${ids.meeting}`)).body).toMatchObject({
      status: 409,
      referencedBy: [{ kind: 'event', id: event.body['id'] }],
    })
  })

  test('no longer refer to a meeting that their record no longer refers to', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const { headers } = await s.post('/v1/proposals', {
      ...leastBody('proposal', ids),
      meetingId: ids.meeting,
    })
    await s.patch(String(headers.location), { meetingId: null })
    expect((await s.del(`/v1/meetings/${ids.meeting}`)).status).toBe(204)
  })
})

describe('a rejected deletion', () => {
  test('names at most 20 of the referring records', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    for (let n = 0; n < 25; n++) await s.post('/v1/statements', leastBody('statement', ids))
    const { body } = await s.del(`/v1/speakers/${ids.speaker}`)
    expect(body['referencedBy']).toHaveLength(20)
  })

  test('names a record once, and is rejected again while another of its references remains', async () => {
    const { s, ids, url } = await createFull('meeting')
    const refused = {
      status: 409,
      detail: expect.stringMatching(/ refers to it\.$/),
      referencedBy: [{ kind: 'meeting', id: url.split('/').at(-1) }],
    }
    expect((await s.del(`/v1/states/${ids.state}`)).body).toMatchObject(refused)
    await s.patch(url, { participants: [] })
    expect((await s.del(`/v1/states/${ids.state}`)).body).toMatchObject(refused)
    await s.patch(url, { countryCode: null })
    expect((await s.del(`/v1/states/${ids.state}`)).status).toBe(204)
  })
})

describe('references', () => {
  test('must exist: 422 names each one that does not', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const unknown = '01gb6jc400ezz8kdnweefcy4dk'
    const { body } = await s.post('/v1/proposals', {
      ...leastBody('proposal', ids),
      contributors: [{ role: 'proposer', speakerId: `spk_${unknown}`, stateCode: 'QQ' }],
      topicIds: ['no-such-topic'],
    })
    expect(body).toMatchObject({ status: 422, type: '/problems/unknown-reference' })
    expect(body['errors'].map((fault: Body) => fault['pointer']).sort()).toEqual([
      '/contributors/0/speakerId',
      '/contributors/0/stateCode',
      '/topicIds/0',
    ])
  })

  test('must be of the right kind: the id of another kind is rejected with 400, and the message names its kind', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const { body } = await s.post('/v1/proposals', {
      ...leastBody('proposal', ids),
      addresseeId: ids.meeting,
    })
    expect(body).toMatchObject({ status: 400, errors: [{ pointer: '/addresseeId' }] })
    expect(body['errors'][0]['detail']).toContain('meeting')
  })

  test.each([
    ['organization', 'parentId'],
    ['proposal', 'parentId'],
    ['topic', 'broaderId'],
  ] as const)('of a %s by %s cannot form a cycle', async (kind, field) => {
    const s = await service()
    const ids = await oneOfEach(s)
    const chain: string[] = []
    for (let n = 0; n < 3; n++) {
      const parent = chain.at(-1) ? { [field]: chain.at(-1) } : {}
      chain.push((await s.post(pathOf(kind), { ...leastBody(kind, ids), ...parent })).body['id'])
    }
    for (const descendant of chain) {
      const { body } = await s.patch(`${pathOf(kind)}/${chain[0]}`, { [field]: descendant })
      expect(body).toMatchObject({ status: 422, errors: [expect.objectContaining({ pointer: `/${field}` })] })
    }
  })
})

describe('a topic', () => {
  test('is addressed by its id and by its slug in every operation', async () => {
    const s = await service()
    const { body } = await s.post('/v1/topics', { slug: 'drones', prefLabel: 'Drones' })
    expect((await s.get('/v1/topics/drones')).body).toEqual(body)
    expect((await s.get('/v1/topics/drones')).headers.etag).toBe(
      (await s.get(`/v1/topics/${body['id']}`)).headers.etag,
    )
    expect((await s.patch('/v1/topics/drones', { slug: 'uav' })).body).toMatchObject({
      id: body['id'],
      slug: 'uav',
    })
    expect((await s.get('/v1/topics/drones')).status).toBe(404)
    expect((await s.del('/v1/topics/uav')).status).toBe(204)
    expect((await s.get(`/v1/topics/${body['id']}`)).status).toBe(410)
  })

  test('is referenced in topicIds by slug or id; slugs are stored as ids, duplicates once', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (slug) => (await s.post('/v1/topics', { slug, prefLabel: slug })).body['id']),
    )
    const topicIds = ['two', one, 'one', two, 'two']
    for (const kind of ['proposal', 'agreement', 'statement'] as const) {
      const input = { ...leastBody(kind, ids), topicIds }
      const response = await s.post(pathOf(kind), input)
      expect(response.body['topicIds'], kind).toEqual([two, one])
      const again = await s.patch(String(response.headers.location), { topicIds })
      expect(again.headers.etag).toBe(response.headers.etag)
    }
    const agenda = [{ position: 1, title: 'Item', topicIds }]
    const meeting = await s.post('/v1/meetings', { ...leastBody('meeting', ids), agenda })
    expect(meeting.body['agenda'][0]['topicIds']).toEqual([two, one])
    expect(
      (await s.post('/v1/topics', { slug: 'three', prefLabel: 'C', broaderId: 'one' })).body['broaderId'],
    ).toBe(one)
  })
})

describe('a unique value', () => {
  test.each([
    ['topic', 'slug'],
    ['state', 'code'],
  ] as const)(
    'of a %s: its %s; a duplicate is rejected with 409 and the existing id',
    async (kind, field) => {
      const { s, ids, doc } = await createFull(kind)
      const taken = { ...leastBody(kind, ids), [field]: doc[field] }
      const before = await allChanges(s)
      expect((await s.post(pathOf(kind), taken)).body).toMatchObject({
        status: 409,
        type: '/problems/duplicate',
        existingId: doc['id'],
        errors: [expect.objectContaining({ pointer: `/${field}` })],
      })
      expect(await allChanges(s)).toEqual(before)
    },
  )

  test('cannot be set by a patch when it is taken', async () => {
    const { s, ids, url } = await createFull('topic')
    const { slug } = (await s.get(`/v1/topics/${ids.topic}`)).body
    expect((await s.patch(url, { slug })).body).toMatchObject({ status: 409, existingId: ids.topic })
  })

  test('is given to one of several concurrent requests', async () => {
    const s = await service()
    const body = { slug: 'same', prefLabel: 'Same' }
    const responses = await Promise.all([1, 2, 3].map(() => s.post('/v1/topics', body)))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })
})

describe('a state', () => {
  test('cannot change its code', async () => {
    const { s, url, doc } = await createFull('state')
    expect((await s.patch(url, { code: 'ZZ' })).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/code' }],
    })
    expect((await s.patch(url, { code: doc['code'] })).body['version']).toBe(1)
  })

  test('can be created again after its deletion; its version continues, so that an old ETag never matches', async () => {
    const s = await service()
    const first = await s.post('/v1/states', { code: 'ZZ', name: 'First' })
    await s.del('/v1/states/ZZ')
    expect((await s.get('/v1/states/ZZ')).status).toBe(410)
    const again = await s.post('/v1/states', { code: 'ZZ', name: 'First' })
    expect([again.status, again.body['version']]).toEqual([201, 3])
    expect((await s.get('/v1/states/ZZ')).body).toEqual(again.body)
    expect(
      (await s.patch('/v1/states/ZZ', { name: 'B' }, { 'if-match': String(first.headers.etag) })).status,
    ).toBe(412)
    expect((await changesOf(s, 'ZZ')).map(({ op, version }) => [op, version])).toEqual([
      ['create', 1],
      ['delete', 2],
      ['create', 3],
    ])
  })
})

describe('the change log', () => {
  test('contains the document of every version', async () => {
    const { s, url, doc } = await createFull('organization')
    const seen = [doc]
    for (const name of ['B', 'C', 'D']) seen.push((await s.patch(url, { name })).body)
    const rows = await changesOf(s, doc['id'])
    expect(rows.map((row) => JSON.parse(row.doc ?? ''))).toEqual(seen)
    expect(rows.map(({ version }) => version)).toEqual([1, 2, 3, 4])
  })

  test('numbers changes without gaps or repeats despite rejected writes, and its times never go back', async () => {
    const instants = ['2026-01-03', '2026-01-02', '2026-01-01'].map((day) => new Date(`${day}T00:00:00Z`))
    const s = await service({ clock: () => instants.shift() ?? new Date('2025-12-31T00:00:00Z') })
    for (const name of ['A', '', 'B', 'C', 'D']) await s.post('/v1/speakers', { name })
    const rows = await allChanges(s)
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    const at = rows.map((row) => row.at)
    expect(at).toEqual([...at].sort())
  })

  test('is written together with its change, or neither is', async () => {
    const s = await service()
    const ids = await oneOfEach(s)
    await s.engine.write(async (writer) => {
      if (onPostgres) {
        await writer.run(
          sql`create function broken() returns trigger language plpgsql as 'begin raise exception ''secret sql''; end'`,
        )
        await writer.run(
          sql`create trigger broken before insert on links for each row execute function broken()`,
        )
      } else {
        await writer.run(
          sql`create trigger broken before insert on links begin select raise(abort, 'secret sql'); end`,
        )
      }
    })
    onTestFinished(async () => {
      // The database is reused by another test.
      if (onPostgres) await fromOutside(s.url, (client) => client.query('drop function broken cascade'))
    })
    const before = await allChanges(s)
    const { headers, body } = await s.get('/v1/proposals?count=exact')
    for (const response of [
      await s.post('/v1/proposals', { ...leastBody('proposal', ids), topicIds: [ids.topic] }),
      await s.patch(`/v1/proposals/${ids.proposal}`, { title: 'B', topicIds: [ids.topic] }),
    ]) {
      expect(response.body).toMatchObject({ status: 500, type: '/problems/internal' })
      expect(response.text).not.toContain('secret sql')
    }
    expect(await allChanges(s)).toEqual(before)
    expect((await s.get('/v1/proposals?count=exact')).headers.etag).toBe(headers.etag)
    expect(body['page']['total']).toBe(1)
  })

  test('contains the last change of every stored row', async () => {
    const s = await service({ seed: true })
    for (const { kind, table, references } of catalogue.resources) {
      const rows = await s.engine.reader.all<{ id: string; seq: number; doc: string; version: number }>(
        sql`select id, seq, doc, version from ${table}`,
      )
      expect(rows.length, kind).toBeGreaterThan(0)
      for (const { id, ...row } of rows) {
        const last = (await changesOf(s, id)).at(-1)
        expect(row, id).toEqual({ seq: last?.seq, doc: last?.doc, version: last?.version })
      }
      for (const { field, listed } of references)
        if (!listed) expect(columnHolding(table, field)).toBeTruthy()
    }
  })
})

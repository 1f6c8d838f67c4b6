// Restoring versions, merging and deleting in the workbench.
import { describe, expect, test } from 'vitest'
import { service } from '../helpers/app.ts'
import { errorsIn, fill, press } from '../helpers/forms.ts'
import { create, get } from '../helpers/requests.ts'
import { signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const PREFIXES = ['', '/ru', '/zh']

const setUp = async (role: 'analyst' | 'admin' = 'analyst') => {
  const s = await service()
  return { s, browser: await signIn(s, role) }
}

describe('restoring a version', () => {
  test('makes a new version of it, after a preview of what changes', async () => {
    const { s, browser } = await setUp()
    const { id } = await create(s, '/v1/proposals', {
      title: 'First',
      summary: 'One two.',
      otherNames: [{ name: 'A' }],
    })
    await s.patch(`/v1/proposals/${id}`, { title: 'Second', otherNames: [], proposedOn: '2022' })
    await s.patch(`/v1/proposals/${id}`, { summary: 'One three.' })
    for (const prefix of PREFIXES) {
      const list = await browser.get(`${prefix}/edit/proposals/${id}/versions`)
      await expectSafe('versions', list.text)
      expect([...list.text.matchAll(/versions\/(\d)\/restore/g)].map(([, n]) => n)).toEqual(['2', '1'])
      const preview = await browser.get(`${prefix}/edit/proposals/${id}/versions/1/restore`)
      await expectSafe('preview', preview.text)
      for (const text of ['First', 'Second', 'two', 'three']) expect(preview.text).toContain(text)
    }
    const saved = await fill(browser, `/edit/proposals/${id}/versions/1/restore`, {}, 'restore')
    expect([saved.status, saved.headers.location]).toEqual([303, `/edit/proposals/${id}?done=restored`])
    expect(await get(s, `/v1/proposals/${id}`)).toMatchObject({
      version: 4,
      title: 'First',
      summary: 'One two.',
      otherNames: [{ name: 'A' }],
      proposedOn: null,
    })
    const [last] = (await get(s, `/v1/proposals/${id}/history`))['data']
    expect(last['reason']).toBe('Restored version 1.')
    const same = await browser.get(`/edit/proposals/${id}/versions/1/restore`)
    expect(same.text).not.toContain('value="restore"')
    expect((await browser.get(`/edit/proposals/${id}/versions/9/restore`)).status).toBe(404)
    expect((await browser.get(`/edit/proposals/${id}/versions/x/restore`)).status).toBe(404)
  })

  test('says why it is not possible, and writes nothing', async () => {
    const { s, browser } = await setUp()
    const meeting = await create(s, '/v1/meetings', { name: 'M', startDate: '2022' })
    const { id } = await create(s, '/v1/proposals', { title: 'A', meetingId: meeting['id'] })
    await s.patch(`/v1/proposals/${id}`, { meetingId: null })
    expect((await s.del(`/v1/meetings/${meeting['id']}`)).status).toBe(204)
    const page = await browser.get(`/ru/edit/proposals/${id}/versions/1/restore`)
    expect(page.text).toContain(meeting['id'])
    expect(page.text).not.toContain('value="restore"')
    const forced = await browser.submit(`/edit/proposals/${id}/versions/1/restore`, {
      version: '2',
      reason: 'Why',
    })
    expect(forced.status).toBe(200)
    expect((await get(s, `/v1/proposals/${id}`))['version']).toBe(2)
  })

  test('of a part works too, and of a part of a part', async () => {
    const { s, browser } = await setUp()
    const source = await create(s, '/v1/sources', {
      title: 'S',
      language: 'en',
      text: 'First words. Other words.',
    })
    const { id } = await create(s, '/v1/proposals', { title: 'A' })
    const event = await create(s, `/v1/proposals/${id}/events`, { type: 'proposed', occurredOn: '2022' })
    await s.patch(`/v1/proposals/${id}/events/${event['id']}`, { occurredOn: '2023' })
    expect(
      (await fill(browser, `/edit/proposals/${id}/events/${event['id']}/versions/1/restore`, {}, 'restore'))
        .status,
    ).toBe(303)
    expect((await get(s, `/v1/proposals/${id}`))['statusSince']).toBe('2022')
    const evidence = await create(s, `/v1/events/${event['id']}/evidence`, {
      sourceId: source['id'],
      motivation: 'quote',
      exact: 'First words',
    }).catch(() =>
      create(s, `/v1/proposals/${id}/events/${event['id']}/evidence`, {
        sourceId: source['id'],
        motivation: 'quote',
        exact: 'First words',
      }),
    )
    await s.patch(`/v1/evidence/${evidence['id']}`, { exact: 'Other words' })
    expect(
      (await fill(browser, `/edit/evidence/${evidence['id']}/versions/1/restore`, {}, 'restore')).status,
    ).toBe(303)
    expect(await get(s, `/v1/evidence/${evidence['id']}`)).toMatchObject({
      exact: 'First words',
      start: 0,
      end: 11,
    })
  })

  test('needs the version that was shown', async () => {
    const { s, browser } = await setUp()
    const { id } = await create(s, '/v1/proposals', { title: 'First' })
    await s.patch(`/v1/proposals/${id}`, { title: 'Second' })
    const page = await browser.get(`/edit/proposals/${id}/versions/1/restore`)
    await s.patch(`/v1/proposals/${id}`, { title: 'Third' })
    const stale = await press(browser, page.text, {}, 'restore')
    expect([stale.status, errorsIn(stale.text).map(([field]) => field)]).toEqual([422, ['form']])
    expect(stale.text).toContain('Third')
    expect((await press(browser, stale.text, {}, 'restore')).status).toBe(303)
  })
})

describe('merging', () => {
  test('shows both side by side, what moves and what is lost, and merges as the API does', async () => {
    const { s, browser } = await setUp()
    const make = async () => {
      const goes = await create(s, '/v1/organizations', {
        name: 'Goes',
        classification: 'organ',
        seat: 'Astana',
        foundingDate: '2001',
        abbreviation: 'G',
      })
      const stays = await create(s, '/v1/organizations', {
        name: 'Stays',
        classification: 'ministry',
        foundingDate: '2002',
      })
      await create(s, `/v1/organizations/${goes['id']}/memberships`, {
        role: 'member',
        organizationId: stays['id'],
      }).catch(() => undefined)
      await create(s, '/v1/meetings', {
        name: `Meeting of ${goes['id']}`,
        startDate: '2022',
        organizationId: goes['id'],
      })
      return { goes: goes['id'], stays: stays['id'] }
    }
    const one = await make()
    const path = `/edit/organizations/${one.goes}/merge`
    for (const prefix of PREFIXES) {
      const empty = await browser.get(`${prefix}${path}`)
      await expectSafe('merge', empty.text)
      const preview = await browser.get(`${prefix}${path}?into=${one.stays}`)
      await expectSafe('preview', preview.text)
      for (const text of ['Goes', 'Stays', '2001', '2002']) expect(preview.text).toContain(text)
      expect(preview.text).toContain(`/edit/organizations/${one.stays}/merge?into=${one.goes}`)
    }
    const preview = await browser.get(`${path}?into=${one.stays}`)
    const refused = await press(browser, preview.text, {}, 'merge')
    expect([refused.status, errorsIn(refused.text).map(([field]) => field)]).toEqual([422, ['reason']])
    const again = await press(
      browser,
      refused.text,
      { 'take:foundingDate': 'goes', reason: 'Twice' },
      'preview',
    )
    expect(again.status).toBe(200)
    const saved = await press(browser, again.text, {}, 'merge')
    expect([saved.status, saved.headers.location]).toEqual([
      303,
      `/edit/organizations/${one.stays}?done=merged`,
    ])
    const merged = await get(s, `/v1/organizations/${one.stays}`)
    expect(merged).toMatchObject({
      name: 'Stays',
      classification: 'ministry',
      seat: 'Astana',
      foundingDate: '2001',
      abbreviation: 'G',
      otherNames: [{ name: 'Goes' }],
    })
    expect((await s.get(`/v1/organizations/${one.goes}`)).status).toBe(308)
    expect((await browser.get(path)).headers.location).toBe(`/edit/organizations/${one.stays}/merge`)
  })

  test('finds the other by words, and says what forbids it', async () => {
    const { s, browser } = await setUp()
    const one = await create(s, '/v1/speakers', { name: 'Iva Novák' })
    const other = await create(s, '/v1/speakers', { name: 'Iva Nováková', distinctFrom: [one['id']] })
    const found = await fill(
      browser,
      `/edit/speakers/${one['id']}/merge`,
      { 'into:find': 'Nováková' },
      'find into',
    )
    expect(found.text).toContain(`value="${other['id']}"`)
    expect(found.text).not.toContain('make into')
    const preview = await press(browser, found.text, { into: other['id'] }, 'preview')
    expect(preview.text).toContain('distinctFrom')
    expect(preview.text).not.toContain('value="merge"')
    const nothing = await press(browser, preview.text, { into: '', 'into:find': '' }, 'merge')
    expect(errorsIn(nothing.text).map(([field]) => field)).toEqual(['into'])
    expect((await browser.get('/edit/states/RU/merge')).status).toBe(404)
  })

  test('needs the versions that were shown', async () => {
    const { s, browser } = await setUp()
    const one = await create(s, '/v1/speakers', { name: 'One' })
    const other = await create(s, '/v1/speakers', { name: 'Other' })
    const preview = await browser.get(`/edit/speakers/${one['id']}/merge?into=${other['id']}`)
    await s.patch(`/v1/speakers/${other['id']}`, { name: 'Third' })
    const stale = await press(browser, preview.text, { reason: 'Twice' }, 'merge')
    expect([stale.status, errorsIn(stale.text).map(([field]) => field)]).toEqual([422, ['form']])
    expect((await press(browser, stale.text, { reason: 'Twice' }, 'merge')).status).toBe(303)
  })
})

describe('deleting', () => {
  test('a part shows what goes with it, and needs a reason', async () => {
    const { s, browser } = await setUp()
    const source = await create(s, '/v1/sources', { title: 'S', language: 'en', text: 'Some words.' })
    const { id } = await create(s, '/v1/proposals', { title: 'A' })
    const position = await create(s, `/v1/proposals/${id}/positions`, {
      organizationId: (await create(s, '/v1/organizations', { name: 'O', classification: 'organ' }))['id'],
      position: 'supported',
      evidence: [{ sourceId: source['id'], motivation: 'quote', exact: 'Some words' }],
    })
    const path = `/edit/proposals/${id}/positions/${position['id']}/delete`
    for (const prefix of PREFIXES) {
      const page = await browser.get(`${prefix}${path}`)
      await expectSafe('delete', page.text)
      expect(page.text).toContain('Some words')
    }
    const refused = await fill(browser, path, {}, 'delete')
    expect([refused.status, errorsIn(refused.text).map(([field]) => field)]).toEqual([422, ['reason']])
    const saved = await press(browser, refused.text, { reason: 'Typed twice' }, 'delete')
    expect([saved.status, saved.headers.location]).toEqual([303, `/edit/proposals/${id}?done=deleted`])
    expect((await s.get(`/v1/proposals/${id}/positions/${position['id']}`)).status).toBe(410)
    const { data } = await get(s, `/v1/positions/${position['id']}/history`).catch(() =>
      get(s, `/v1/proposals/${id}/positions/${position['id']}/history`),
    )
    expect(data[0]).toMatchObject({ op: 'delete', reason: 'Typed twice' })
  })

  test('a record is for admins, and refused with links while others refer to it', async () => {
    const { s, browser } = await setUp()
    const meeting = await create(s, '/v1/meetings', { name: 'M', startDate: '2022' })
    const proposal = await create(s, '/v1/proposals', { title: 'A', meetingId: meeting['id'] })
    const path = `/edit/meetings/${meeting['id']}/delete`
    const page = await browser.get(path)
    expect(page.text).not.toContain('value="delete"')
    const sent = { version: '1', reason: 'Why' }
    const forced = await browser.submit(path, sent)
    expect(forced.status).toBe(200)
    const admin = await signIn(s, 'admin')
    const referred = await admin.get(path)
    await expectSafe('referred', referred.text)
    expect(referred.text).toContain(`href="/edit/proposals/${proposal['id']}"`)
    expect(referred.text).not.toContain('value="delete"')
    expect((await admin.submit(path, sent)).status).toBe(200)
    expect((await s.get(`/v1/meetings/${meeting['id']}`)).status).toBe(200)
    await s.patch(`/v1/proposals/${proposal['id']}`, { meetingId: null })
    const free = await admin.get(path)
    await s.patch(`/v1/meetings/${meeting['id']}`, { city: 'Astana' })
    const stale = await press(admin, free.text, { reason: 'Why' }, 'delete')
    expect([stale.status, errorsIn(stale.text).map(([field]) => field)]).toEqual([422, ['form']])
    const saved = await press(admin, stale.text, {}, 'delete')
    expect([saved.status, saved.headers.location]).toEqual([303, '/edit?done=deleted'])
    expect((await s.get(`/v1/meetings/${meeting['id']}`)).status).toBe(410)
  })
})

// Hostile text in every field of every kind harms no page.
import { expect, test } from 'vitest'
import { catalogue } from '../../src/resources/index.ts'
import { service } from '../helpers/app.ts'
import { kinds } from '../helpers/bodies.ts'
import { HOSTILE, hostileRecords } from '../helpers/hostile.ts'
import { expectSafe } from './check.ts'

const HTML = { accept: 'text/html' }

test('hostile text in every field harms no page', async () => {
  const app = await service()
  const ids = await hostileRecords(app)
  const { get, patch } = app
  // A second version of each, for the differences.
  for (const kind of kinds) {
    const { path, titleField } = catalogue.resource(kind)
    const reason = encodeURIComponent(HOSTILE)
    const { status } = await patch(`/v1/${path}/${ids[kind]}?reason=${reason}`, {
      [titleField]: `${HOSTILE} again`,
    })
    expect([kind, status]).toEqual([kind, 200])
  }
  for (const prefix of ['', '/ru', '/zh']) {
    const paths = [
      prefix === '' ? '/en/' : '/',
      `/search?q=${encodeURIComponent(HOSTILE)}`,
      '/search?q=script',
      ...catalogue.entities.map(({ path }) => `/${path}`),
      ...kinds.map((kind) => `/${catalogue.resource(kind).path}/${ids[kind]}`),
      `/proposals?q=${encodeURIComponent(HOSTILE)}`,
      `/proposals/${encodeURIComponent(HOSTILE.slice(0, 40))}`,
      `/agreements?identifier=${encodeURIComponent(`x:${HOSTILE}`)}`,
      `/proposals?sort=${encodeURIComponent('"><script>')}`,
    ]
    for (const path of paths) {
      const { status, text } = await get(`${prefix}${path}`, HTML)
      expect([path, status < 500]).toEqual([path, true])
      if (status === 200 && path.split('/').length > 2) expect(text).toContain('&lt;script&gt;alert')
      await expectSafe(prefix + path, text)
    }
  }
})

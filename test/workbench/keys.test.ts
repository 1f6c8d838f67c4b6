// The page of keys: for admins only; a secret is shown once, and a revoked key stops at once.
import { describe, expect, test } from 'vitest'
import { service } from '../helpers/app.ts'
import { client, signIn } from '../helpers/workbench.ts'
import { expectSafe } from '../web/check.ts'

const TOKEN = /sco_[0-9a-z]{26}_[\w-]{43}/
const NEW = { name: 'The desk', role: 'analyst', expires: '90' }

describe('the page of keys', () => {
  test('is for admins', async () => {
    const s = await service()
    const [analyst, admin] = [await signIn(s), await signIn(s, 'admin')]
    for (const path of ['/edit/keys', '/edit/keys/key_01gb6jc400e2etq4tax4jyms25/revoke']) {
      const refused = await analyst.get(path)
      expect(refused.status).toBe(403)
      await expectSafe('forbidden', refused.text)
      expect((await analyst.submit(path, NEW)).status).toBe(403)
    }
    expect((await s.rows())['keys']?.length).toBe(2)
    expect((await analyst.get('/edit')).text).not.toContain('/edit/keys')
    expect((await admin.get('/edit')).text).toContain('/edit/keys')
  })

  test('creates a key, and shows its secret on the answer alone', async () => {
    const s = await service({ clock: () => new Date('2026-11-29T08:00:00Z') })
    const admin = await signIn(s, 'admin')
    for (const prefix of ['', '/ru', '/zh']) {
      const form = await admin.get(`${prefix}/edit/keys`)
      await expectSafe(`${prefix} keys`, form.text)
      const { status, text, headers } = await admin.submit(`${prefix}/edit/keys`, NEW)
      expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
      await expectSafe(`${prefix} created`, text)
      const [token = ''] = TOKEN.exec(text) ?? []
      expect((await client(s).submit('/edit/sign-in', { signInKey: token })).status).toBe(303)
      const list = await admin.get(`${prefix}/edit/keys`)
      expect(list.text).toContain('The desk')
      expect(list.text).not.toMatch(TOKEN)
    }
    const stored = (await s.rows())['keys']?.find(({ name }) => name === 'The desk')
    expect(stored).toMatchObject({ role: 'analyst', expiresAt: '2027-02-27T08:00:00.000Z' })
  })

  test.each([
    [{ ...NEW, name: ' ' }, 'name'],
    [{ ...NEW, name: 'x'.repeat(101) }, 'name'],
    [{ ...NEW, role: 'root' }, 'role'],
    [{ name: 'x' }, 'role'],
  ])('refuses %o, and keeps what was typed', async (fields, fault) => {
    const s = await service()
    const admin = await signIn(s, 'admin')
    const { status, text } = await admin.submit('/edit/keys', fields)
    expect(status).toBe(422)
    expect(text).toMatch(/<title>Error: /)
    expect(text).toContain(`<a href="#${fault}">`)
    expect(text).toContain(`aria-describedby="${fault === 'name' ? 'name-hint name-error' : 'role-error'}"`)
    expect(text).toContain(`name="name" required`)
    expect(text).toContain(`value="${fields.name}"`)
    await expectSafe('fault', text)
    expect((await s.rows())['keys']?.length).toBe(2)
  })

  test('shows a hostile name as text, on one line', async () => {
    const s = await service()
    const admin = await signIn(s, 'admin')
    await admin.submit('/edit/keys', { ...NEW, name: '<script>x</script>\u202e\nof "me"' })
    const { text } = await admin.get('/edit/keys')
    expect(text).toContain('<bdi>&lt;script&gt;x&lt;/script&gt; of &quot;me&quot;</bdi>')
    await expectSafe('hostile', text)
  })

  test('revokes a key after a question, and its sessions with it', async () => {
    const s = await service()
    const admin = await signIn(s, 'admin')
    const [token = ''] = TOKEN.exec((await admin.submit('/edit/keys', NEW)).text) ?? []
    const desk = client(s)
    await desk.submit('/edit/sign-in', { signInKey: token })
    const path = `/edit/keys/key_${token.split('_')[1]}/revoke`
    const ask = await admin.get(path)
    await expectSafe('revoke', ask.text)
    expect(ask.text).toContain('The desk')
    expect((await desk.get('/edit')).status).toBe(200)
    const after = await admin.follow(path)
    expect(after.text).toContain('role="status"')
    expect(after.text).not.toContain(path)
    expect((await desk.get('/edit')).status).toBe(303)
    expect((await admin.get('/edit/keys/key_01gb6jc400e2etq4tax4jyms25/revoke')).status).toBe(404)
  })
})

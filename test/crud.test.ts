// Making, reading, changing and deleting: the rules that hold for every resource.
import { describe, expect, test } from 'vitest'
import { service } from './helpers/app.ts'

describe('a record', () => {
  test('is made with 201, a Location and an ETag, and read back the same', async () => {
    const { post, get } = await service()
    const made = await post('/v1/speakers', { name: '  Sergei Shoigu ', otherNames: ['Сергей Шойгу'] })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      name: 'Sergei Shoigu',
      otherNames: ['Сергей Шойгу'],
      posts: [],
      version: 1,
      support: 'unsupported',
    })
    expect(made.headers.location).toBe(`/v1/speakers/${made.body['id']}`)
    const read = await get(String(made.headers.location))
    expect(read.body).toEqual(made.body)
    expect(read.headers.etag).toBe(made.headers.etag)
  })

  test('is 410 once it is deleted, and 404 if it never was', async () => {
    const { post, get, del } = await service()
    const { body } = await post('/v1/speakers', { name: 'A' })
    expect((await del(`/v1/speakers/${body['id']}`)).status).toBe(204)
    expect((await get(`/v1/speakers/${body['id']}`)).body).toMatchObject({
      status: 410,
      type: '/problems/gone',
    })
    expect((await get('/v1/speakers/spk_01gb6jc400ezz8kdnweefcy4dk')).status).toBe(404)
  })
})

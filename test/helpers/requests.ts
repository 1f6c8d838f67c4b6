// Requests that must succeed; the text of the response is in the error where they do not.
import { expect } from 'vitest'
import type { Service } from './app.ts'
import type { Body } from './bodies.ts'

export async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const answer = await s.post(url, body)
  if (answer.status !== 201) throw new Error(`${url}: ${answer.text}`)
  return answer.body
}

export async function get(s: Service, url: string): Promise<Body> {
  const { status, body, text } = await s.get(url)
  expect(status, `${url} ${text}`).toBe(200)
  return body
}

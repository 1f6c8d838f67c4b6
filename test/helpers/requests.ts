// Requests that must succeed; otherwise they throw an error with the text of the response.
import { expect } from 'vitest'
import type { Service } from './app.ts'
import type { Body } from './bodies.ts'

export async function create(s: Service, url: string, body: unknown): Promise<Body> {
  const response = await s.post(url, body)
  if (response.status !== 201) throw new Error(`${url}: ${response.text}`)
  return response.body
}

export async function get(s: Service, url: string): Promise<Body> {
  const { status, body, text } = await s.get(url)
  expect(status, `${url} ${text}`).toBe(200)
  return body
}

// A browser for tests of the workbench: it keeps the cookie, and sends forms as browsers do.
import type { InjectOptions } from 'fastify'
import { expect } from 'vitest'
import type { Service, TestResponse } from './app.ts'

/** The fields of a form; a list is sent as several fields with one name. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface Client {
  /** `name=value`; empty without a session. */
  cookie: () => string
  get: (path: string, headers?: Record<string, string>) => Promise<TestResponse>
  /** Sends a form; does not follow redirects. */
  submit: (path: string, fields?: Fields, headers?: Record<string, string>) => Promise<TestResponse>
  /** Sends a form with a file. */
  upload: (
    path: string,
    fields: Fields,
    file: { name: string; content: string | Uint8Array<ArrayBuffer> },
  ) => Promise<TestResponse>
  /** Sends a form, expects a redirect, and gets what it leads to. */
  follow: (path: string, fields?: Fields) => Promise<TestResponse>
}

/** A browser without a session. */
export function client({ request }: Service): Client {
  let cookie = ''
  const send = async (options: InjectOptions) => {
    const response = await request({
      ...options,
      headers: { accept: 'text/html', ...(cookie && { cookie }), ...options.headers },
    })
    const set = [response.headers['set-cookie'] ?? []].flat().join('\n')
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
    if (name) cookie = value ? `${name}=${value}` : ''
    return response
  }
  const get: Client['get'] = (path, headers = {}) => send({ method: 'GET', url: path, headers })
  const submit: Client['submit'] = (path, fields = {}, headers = {}) => {
    const form = new URLSearchParams()
    // Browsers send line ends as CR LF.
    for (const [name, values] of Object.entries(fields))
      for (const value of [values].flat()) form.append(name, value.replaceAll(/\r\n?|\n/g, '\r\n'))
    return send({
      method: 'POST',
      url: path,
      payload: form.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    })
  }
  return {
    cookie: () => cookie,
    get,
    submit,
    upload: async (path, fields, { name, content }) => {
      const form = new FormData()
      for (const [field, values] of Object.entries(fields))
        for (const value of [values].flat()) form.append(field, value)
      form.append('file', new Blob([content]), name)
      const encoded = new Response(form)
      return send({
        method: 'POST',
        url: path,
        payload: Buffer.from(await encoded.arrayBuffer()),
        headers: {
          'content-type': String(encoded.headers.get('content-type')),
          'sec-fetch-site': 'same-origin',
        },
      })
    },
    follow: async (path, fields) => {
      const { status, headers, text } = await submit(path, fields)
      expect([path, status, status === 303 ? '' : text]).toEqual([path, 303, ''])
      return get(String(headers.location))
    },
  }
}

/** A browser that has signed in. */
export async function signIn(service: Service, role: 'analyst' | 'admin' = 'analyst'): Promise<Client> {
  const browser = client(service)
  const { status, text } = await browser.submit('/edit/sign-in', { signInKey: service.keys[role] })
  expect([status, text]).toEqual([303, ''])
  return browser
}

/** Text from HTML. */
const decoded = (text: string): string =>
  text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/** The fields with values of a page: those of all its forms, as a browser would send them. */
export function fieldsOf(page: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [, attributes = ''] of page.matchAll(/<input\b([^>]*)>/g)) {
    const [, name] = /\sname="([^"]*)"/.exec(attributes) ?? []
    const [, type] = /\stype="([^"]*)"/.exec(attributes) ?? []
    if (name === undefined || (/^(?:radio|checkbox)$/.test(type ?? '') && !/\schecked/.test(attributes)))
      continue
    fields[decoded(name)] = decoded(/\svalue="([^"]*)"/.exec(attributes)?.[1] ?? '')
  }
  for (const [, name = '', value = ''] of page.matchAll(/<textarea\b[^>]*\sname="([^"]*)"[^>]*>\n?([^<]*)/g))
    fields[decoded(name)] = decoded(value)
  for (const [, name = '', options = ''] of page.matchAll(
    /<select\b[^>]*\sname="([^"]*)"[^>]*>(.*?)<\/select>/gs,
  ))
    fields[decoded(name)] = decoded(/<option value="([^"]*)" selected/.exec(options)?.[1] ?? '')
  return fields
}

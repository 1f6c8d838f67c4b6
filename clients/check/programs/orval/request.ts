// Sends the requests of orval's functions, with the address and the key.
const { BASE = '', KEY = '' } = process.env

export async function request<Answer>(url: string, options: RequestInit): Promise<Answer> {
  const headers = new Headers(options.headers)
  headers.set('authorization', `Bearer ${KEY}`)
  const response = await fetch(`${BASE}${url}`, { ...options, headers })
  const text = await response.text()
  return {
    status: response.status,
    data: text === '' ? undefined : JSON.parse(text),
    headers: response.headers,
  } as Answer
}

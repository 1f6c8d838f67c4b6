// A webhook receiver on 127.0.0.1, which responds as a test requires and stores the messages it gets.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { eventually } from './wait.ts'

export interface Message {
  headers: IncomingHttpHeaders
  /** The body as received. */
  text: string
  body: { type: string; timestamp: string; data: Record<string, any> }
}

interface Reply {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/** The response to a message; 'silence' never responds. */
export type Behaviour = (message: Message, index: number) => Reply | 'silence' | Promise<Reply | 'silence'>

export interface Receiver {
  url: string
  port: number
  messages: Message[]
  /** Can be replaced at any time. */
  behave: Behaviour
  /** Waits until this many messages have arrived. */
  got: (count: number) => Promise<Message[]>
}

export async function receiver(behave: Behaviour = () => ({ status: 204 })): Promise<Receiver> {
  const open = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString()
      const message = { headers: request.headers, text, body: JSON.parse(text) }
      self.messages.push(message)
      const reply = await self.behave(message, self.messages.length - 1)
      if (reply === 'silence') open.add(response)
      else response.writeHead(reply.status, reply.headers).end(reply.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const response of open) response.destroy()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    messages: [],
    behave,
    got: async (count) => {
      await eventually(() => {
        if (self.messages.length < count) throw new Error(`${self.messages.length} of ${count} came.`)
      })
      return self.messages
    },
  }
  return self
}

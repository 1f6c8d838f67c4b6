// A publisher's web server on 127.0.0.1, whose pages a test provides.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Publisher {
  port: number
  /** `http://127.0.0.1:…` */
  origin: string
  /** The paths that were requested. */
  requested: string[]
}

export async function publisher(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Publisher> {
  const requested: string[] = []
  const server = createServer((request, response) => {
    requested.push(request.url ?? '')
    respond(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, origin: `http://127.0.0.1:${port}`, requested }
}

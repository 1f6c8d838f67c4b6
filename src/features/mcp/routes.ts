// The endpoint of the Model Context Protocol: tools that read, over Streamable HTTP without sessions.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import { type Input, type Tool, toolsOf } from './tools.ts'

const INSTRUCTIONS =
  'The record of what is said, proposed and agreed at meetings of the Shanghai Cooperation Organisation. Every fact rests on a quote: give the quote and its source with each fact that you state. Where nothing is recorded, say so; it does not mean that nothing happened.'

/** Serves `POST /mcp`. A call of a tool is a request to the API, so it has the same checks, limits and answers. */
export function mcpRoute(app: FastifyInstance, catalogue: Catalogue, version: string): void {
  const tools = toolsOf(catalogue)
  app.post('/mcp', {
    schema: { hide: true },
    handler: async (request, reply) => {
      const server = serverFor(request, tools, version)
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
      await server.connect(transport)
      try {
        const response = await transport.handleRequest(asWebRequest(request), { parsedBody: request.body })
        reply.code(response.status).headers(Object.fromEntries(response.headers))
        return reply.send(await response.text())
      } finally {
        await server.close()
      }
    },
  })
}

function serverFor(request: FastifyRequest, tools: readonly Tool[], version: string): McpServer {
  const server = new McpServer({ name: 'sco-tracker', version }, { instructions: INSTRUCTIONS })
  for (const { name, title, description, input, request: requestOf } of tools) {
    server.registerTool(
      name,
      { title, description, inputSchema: input, annotations: { readOnlyHint: true, openWorldHint: false } },
      (given: Input) => call(request, requestOf(given)),
    )
  }
  return server
}

/** Sends the request of a tool, on behalf of the client. */
async function call(
  { server, headers, ip }: FastifyRequest,
  { path, query = {} }: ReturnType<Tool['request']>,
): Promise<CallToolResult> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const parameters = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  const { statusCode, body } = await server.inject({
    url: `${path}?${parameters}`,
    headers: headers.authorization === undefined ? {} : { authorization: headers.authorization },
    remoteAddress: ip,
  })
  return { content: [{ type: 'text', text: body }], isError: statusCode >= 400 }
}

function asWebRequest({ protocol, host, url, headers }: FastifyRequest): Request {
  const given = Object.entries(headers).filter(([, value]) => typeof value === 'string') as [string, string][]
  return new Request(`${protocol}://${host || 'localhost'}${url}`, { method: 'POST', headers: given })
}

// Every operation of the OpenAPI document by its id. An entry point of its own, since the table of their paths takes 2 kB.
import type { Call, CallOptions, RequestOptions } from './http.ts'
import type { TrackerClient } from './index.ts'
import { routes } from './routes.ts'
import type { operations } from './schema.ts'

/** The live feed does not end: `client.live()` follows it. */
export type OperationId = Exclude<keyof typeof routes, 'followChanges'>

type Parameters<Id extends OperationId> = operations[Id]['parameters']

/** Parameters by place, as in the document; those of headers are `headers`. */
export type OperationOptions<Id extends OperationId> = Pick<Parameters<Id>, 'path' | 'query'> &
  HeadersOf<Parameters<Id>> &
  BodyOf<operations[Id]> &
  Omit<CallOptions, 'headers'>

type HeadersOf<From> = From extends { header: infer Headers }
  ? { headers: Headers & Record<string, string> }
  : From extends { header?: infer Headers extends object }
    ? { headers?: Headers & Record<string, string> }
    : { headers?: Record<string, string> }

/** A body that is not JSON is text or bytes, and its type is one of several. */
type BodyOf<Operation> = Operation extends { requestBody: { content: infer Content } }
  ? Content extends { 'application/json': infer Body }
    ? { body: Body }
    : { body: string | Blob | Uint8Array; headers: { 'content-type': keyof Content } }
  : { body?: never }

type ValueOf<Type> = Type[keyof Type]

/** The body of a success: JSON is parsed, other types are text. */
export type OperationResult<Id extends OperationId> = ValueOf<{
  [Status in keyof operations[Id]['responses']]: operations[Id]['responses'][Status] extends {
    content: infer Content
  }
    ? ValueOf<Content>
    : undefined
}>

const bodyOf = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return undefined
  return /[/+]json\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
}

/**
 * Calls an operation: `request(client, 'getProposal', { path: { id } })`.
 * @throws ProblemError, ConnectionError, TimeoutError
 */
export function request<Id extends OperationId>(
  client: Pick<TrackerClient, 'http'>,
  id: Id,
  ...rest: ArgumentsOf<OperationOptions<Id>>
): Call<OperationResult<Id>> {
  const [{ path = {}, ...options } = {}] = rest as unknown as [
    (RequestOptions & { path?: Record<string, unknown> })?,
  ]
  const [method = '', template = ''] = routes[id].split(' ')
  const filled = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])))
  return client.http.call(method, filled, options, undefined, bodyOf)
}

/** Options may be left out if none of them is required. */
type ArgumentsOf<Options> = object extends Options ? [options?: Options] : [options: Options]

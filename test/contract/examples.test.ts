// Every example of a GET in the OpenAPI document is answered by the seeded service, and finds something.
import { expect, test } from 'vitest'
import { service } from '../helpers/app.ts'

type Node = Record<string, any>

/** Examples that find nothing, since the article of the seed has no such record. */
const NOT_IN_SEED = [
  /\/agreements (by,)?(organization|speaker|signedBy|consentedBy|awaiting|notSignedBy)$/,
  /[ ,]eventState$/,
  /\/meetings (by,)?(topic|parent)$|\/meetings\.ics topic$/,
  /\/statements (by,)?(q|organization|agreement|language)$/,
  /\/speakers q$/,
  /\/events (state|organization)$/,
  /\/agreements\/\{id\}\/parties/,
  /\/organizations\/\{id\}\/memberships/,
  /\/states\/\{id\}\/evidence/,
  /\/states organization$/,
  / mediaType$/,
  /[ ,]identifier$/,
  / founded(From|To)$/,
  /[ ,]end(From|To)$/,
  /[ ,]stalledSince$/,
  /\/positions(\/|$| )/,
  /\/(meetings|organizations|sources)\/\{id\}\/relations /,
  /\/relations record$/,
]

test('every example of a GET finds something in the seeded service', async () => {
  const s = await service({ seed: true })
  const document = s.app.swagger() as unknown as Node
  const resolve = (node: Node): Node =>
    node['$ref']
      ? resolve(
          node['$ref']
            .split('/')
            .slice(1)
            .reduce((inner: Node, key: string) => inner[key], document),
        )
      : node
  const exampleOf = (parameter: Node): unknown => {
    const schema = resolve(parameter['schema'] ?? {})
    const items = schema['items'] && resolve(schema['items'])
    return (
      parameter['example'] ??
      (Object.values(parameter['examples'] ?? {})[0] as Node | undefined)?.['value'] ??
      schema['examples']?.[0] ??
      items?.['examples']?.[0]
    )
  }
  const failures: string[] = []
  let requests = 0
  for (const [path, methods] of Object.entries<Node>(document['paths'])) {
    const operation = methods['get']
    // A live feed does not end.
    if (!operation || ['/metrics', '/v1/changes/live'].includes(path)) continue
    if (operation['security']?.some((each: Node) => each['key'])) continue
    const parameters = (operation['parameters'] ?? []).map(resolve) as Node[]
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const parameter = parameters.find((each) => each['in'] === 'path' && each['name'] === name)
      return String(exampleOf(parameter ?? {}))
    })
    const query = parameters.filter((each) => each['in'] === 'query')
    const required = query.filter((each) => each['required']).map((each) => [each['name'], exampleOf(each)])
    const examples = query
      .map((each) => [each['name'], exampleOf(each)])
      .filter(([, value]) => value !== undefined)
    for (const parts of [
      required,
      ...examples.map((each) => [...required.filter(([name]) => name !== each[0]), each]),
    ]) {
      const names = parts.map(([name]) => name).join()
      const search = parts.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
      const url = search ? `${filled}?${search}` : filled
      const { status, body, text } = await s.get(url)
      requests++
      // The article takes no position on a proposal.
      if (path.startsWith('/v1/positions/{id}')) expect([url, status]).toEqual([url, 404])
      else if (status !== 200) failures.push(`${url}: ${text.slice(0, 200)}`)
      else if (
        Array.isArray(body?.['data']) &&
        body['data'].length === 0 &&
        !NOT_IN_SEED.some((each) => each.test(`${path} ${names}`))
      )
        failures.push(`${url}: nothing found`)
    }
  }
  expect(failures).toEqual([])
  expect(requests).toBeGreaterThan(150)
})

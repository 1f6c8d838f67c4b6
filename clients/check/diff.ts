// npm run openapi:diff: what in the OpenAPI document would break clients of the last release. Fails on what
// docs/api-changelog.md does not name. Plain comparison: it knows the parts of OpenAPI that our document uses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Node = Record<string, any>

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Every change from one document to the next that a client may notice to its harm, in a sentence each. */
export function breaks(before: Node, after: Node): string[] {
  const found = new Set<string>()
  const follow = (document: Node, node: Node): Node => {
    if (typeof node?.['$ref'] !== 'string') return node
    const [, , section = '', name = ''] = node['$ref'].split('/')
    return document['components'][section][name]
  }
  const old = (node: Node) => follow(before, node)
  const now = (node: Node) => follow(after, node)
  /** Named schemas are compared once for each direction, where first met, so that circles end. */
  const met = new Set<string>()

  for (const name of Object.keys(before['components']['schemas']))
    if (!after['components']['schemas'][name]) found.add(`schema ${name}: removed`)

  for (const [path, methods] of Object.entries(before['paths'] as Node)) {
    for (const method of METHODS.filter((each) => methods[each])) {
      const where = `${method.toUpperCase()} ${path}`
      const next = after['paths'][path]?.[method] as Node | undefined
      if (!next) found.add(`${where}: removed`)
      else compareOperations(where, methods[method] as Node, next)
    }
  }
  return [...found].sort()

  function compareOperations(where: string, was: Node, is: Node): void {
    if (was['operationId'] !== is['operationId'])
      found.add(`${where}: operationId ${was['operationId']} became ${is['operationId']}`)
    const needsKey = ({ security = [] }: Node) =>
      security.length > 0 && security.every((scheme: Node) => Object.keys(scheme).length > 0)
    if (!needsKey(was) && needsKey(is)) found.add(`${where}: needs a key`)

    const parameters = (operation: Node, resolve: typeof old) =>
      new Map<string, Node>(
        ((operation['parameters'] ?? []) as Node[])
          .map(resolve)
          .map((parameter) => [`${parameter['in']} ${String(parameter['name']).toLowerCase()}`, parameter]),
      )
    const taken = parameters(is, now)
    const known = parameters(was, old)
    for (const [key, parameter] of known) {
      const at = `${where}: parameter ${parameter['name']}`
      const next = taken.get(key)
      if (!next) found.add(`${at} was removed`)
      else {
        if (next['required'] && !parameter['required']) found.add(`${at} became required`)
        for (const field of ['style', 'explode'])
          if (next[field] !== parameter[field]) found.add(`${at} is written otherwise`)
        compare(at, parameter['schema'], next['schema'], 'sent')
      }
    }
    for (const [key, parameter] of taken)
      if (parameter['required'] && !known.has(key))
        found.add(`${where}: parameter ${parameter['name']} is new and required`)

    const [wasBody, isBody] = [was['requestBody'], is['requestBody']] as (Node | undefined)[]
    if (wasBody && !isBody) found.add(`${where}: takes no body any more`)
    if (isBody?.['required'] && !wasBody?.['required']) found.add(`${where}: the body became required`)
    if (wasBody && isBody) compareContent(`${where}: body`, wasBody['content'], isBody['content'], 'sent')

    for (const [status, response] of Object.entries(was['responses'] as Node)) {
      const [given, next] = [old(response), is['responses'][status] && now(is['responses'][status])]
      if (!next) {
        // What is no success any more may have become one; what succeeded must go on to.
        if (/^[23]/.test(status)) found.add(`${where}: answer ${status} was removed`)
        continue
      }
      for (const name of Object.keys(given['headers'] ?? {}))
        if (!next['headers']?.[name]) found.add(`${where}: answer ${status}: header ${name} was removed`)
      compareContent(`${where}: answer ${status}`, given['content'] ?? {}, next['content'] ?? {}, 'received')
    }
    for (const status of Object.keys(is['responses'] as Node))
      if (/^2/.test(status) && !was['responses'][status]) found.add(`${where}: answer ${status} is new`)
  }

  function compareContent(where: string, was: Node, is: Node, direction: 'sent' | 'received'): void {
    for (const [type, media] of Object.entries(was)) {
      if (is[type]) compare(where, media['schema'], is[type]['schema'], direction)
      else found.add(`${where}: no ${type} any more`)
    }
  }

  /** What was legal to send must stay legal; what is received must be what it was, or less surprising. */
  function compare(where: string, was: Node, is: Node, direction: 'sent' | 'received'): void {
    let at = where
    const name = was?.['$ref']?.split('/').at(-1)
    if (name) {
      const key = `${direction} ${was['$ref']} ${is?.['$ref']}`
      if (met.has(key)) return
      met.add(key)
      at = `schema ${name}`
    }
    const [one, other] = [old(was), now(is)]
    if (!other) return void found.add(`${at}: removed`)
    const sent = direction === 'sent'
    compareTypes(at, one, other, sent)
    for (const [low, word] of [
      ['minLength', 'longer'],
      ['minItems', 'longer'],
      ['minimum', 'larger'],
    ] as const)
      if (
        sent &&
        (other[low] ?? Number.NEGATIVE_INFINITY) >
          (one[low] ?? (low === 'minimum' ? Number.NEGATIVE_INFINITY : 0))
      )
        found.add(`${at}: must be ${word} (${low} ${other[low]})`)
    for (const high of ['maxLength', 'maxItems', 'maximum'])
      if (sent && (other[high] ?? Number.POSITIVE_INFINITY) < (one[high] ?? Number.POSITIVE_INFINITY))
        found.add(`${at}: ${high} is ${other[high]}`)
    for (const form of ['pattern', 'format'])
      if (one[form] !== other[form] && (sent ? other[form] !== undefined : one[form] !== undefined))
        found.add(`${at}: another ${form}`)
    compareProperties(at, one, other, direction)
    if (one['items'] && other['items']) compare(`${at}[]`, one['items'], other['items'], direction)
    compareMembers(at, one, other, direction)
  }

  function compareTypes(at: string, one: Node, other: Node, sent: boolean): void {
    const types = (node: Node): string[] => [node['type'] ?? []].flat()
    const [narrow, wide] = sent ? [types(one), types(other)] : [types(other), types(one)]
    const gone = narrow.filter(
      (type) => !wide.includes(type) && !(type === 'integer' && wide.includes('number')),
    )
    if (wide.length > 0 && gone.length > 0)
      found.add(`${at}: ${sent ? 'takes no' : 'may be'} ${gone.join(', ')}${sent ? ' any more' : ''}`)
    const values = (node: Node): unknown[] | undefined =>
      node['enum'] ?? ('const' in node ? [node['const']] : undefined)
    const [few, many] = sent ? [values(one), values(other)] : [values(other), values(one)]
    if (!many) return
    if (!few) {
      found.add(`${at}: ${sent ? 'takes only some values' : 'may be any value'}`)
      return
    }
    // What says that it may grow may grow.
    if (!sent && one['x-may-grow']) return
    for (const value of few.filter((each) => !many.includes(each)))
      found.add(`${at}: ${sent ? 'takes no' : 'may be'} ${JSON.stringify(value)}${sent ? ' any more' : ''}`)
  }

  function compareProperties(at: string, one: Node, other: Node, direction: 'sent' | 'received'): void {
    const required = (node: Node): string[] => node['required'] ?? []
    for (const [name, schema] of Object.entries((one['properties'] ?? {}) as Record<string, Node>)) {
      const next = other['properties']?.[name] as Node | undefined
      if (!next) found.add(`${at}.${name}: removed`)
      else compare(`${at}.${name}`, schema, next, direction)
    }
    const [less, more] = direction === 'sent' ? [one, other] : [other, one]
    for (const name of required(more))
      if (!required(less).includes(name) && (direction === 'sent' || other['properties']?.[name]))
        found.add(`${at}.${name}: ${direction === 'sent' ? 'became required' : 'may be missing'}`)
  }

  function compareMembers(at: string, one: Node, other: Node, direction: 'sent' | 'received'): void {
    const members = (node: Node): Node[] => node['oneOf'] ?? node['anyOf'] ?? []
    const nameOf = (node: Node): string => node['$ref'] ?? String(node['type'] ?? 'any')
    const [was, is] = [
      new Map(members(one).map((node) => [nameOf(node), node])),
      new Map(members(other).map((node) => [nameOf(node), node])),
    ]
    for (const [name, member] of was) {
      const next = is.get(name)
      if (next) compare(`${at} (${name.split('/').at(-1)})`, member, next, direction)
      else if (direction === 'sent' || is.size > 0) found.add(`${at}: no ${name.split('/').at(-1)} any more`)
    }
    if (direction === 'sent' || one['x-may-grow'] || was.size === 0) return
    for (const name of is.keys()) if (!was.has(name)) found.add(`${at}: may be ${name.split('/').at(-1)}`)
  }
}

/** What the changelog says of a break: its sentence, behind a hyphen. */
export const isSaid = (changelog: string, sentence: string) =>
  changelog.split('\n').some((line) => line.replaceAll('`', '').trim() === `- ${sentence}`)

if (import.meta.main) {
  const root = join(import.meta.dirname, '..', '..')
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8')
  const version = readdirSync(join(root, 'openapi', 'released'))
    .map((name) => name.replace(/\.json$/, ''))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1)
  const found = breaks(
    JSON.parse(read('openapi', 'released', `${version}.json`)),
    JSON.parse(read('openapi', 'openapi.json')),
  )
  const changelog = read('docs', 'api-changelog.md')
  const silent = found.filter((sentence) => !isSaid(changelog, sentence))
  console.log(
    `Since ${version}: ${found.length} breaking changes, ${silent.length} of them not in docs/api-changelog.md.`,
  )
  for (const sentence of silent) console.error(`- ${sentence}`)
  process.exitCode = silent.length > 0 ? 1 : 0
}

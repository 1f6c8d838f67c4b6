// npm run openapi:diff: lists what in the OpenAPI document would break clients of the last release, and fails on what
// docs/api-changelog.md does not name.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

type Node = Record<string, any>

/** `sent` by clients (parameters, bodies) or `received` by them. */
type Direction = 'sent' | 'received'

/** The breaking changes between two documents, a sentence each. Knows the parts of OpenAPI that our document uses. */
export function breakingChanges(before: Node, after: Node): string[] {
  const changes = new Set<string>()
  /** Each pair of named schemas is compared once per direction, so that cycles end. */
  const compared = new Set<string>()

  const resolve = (document: Node, node: Node): Node => {
    const [, , section = '', name = ''] = String(node?.['$ref'] ?? '').split('/')
    const target: Node = name ? document['components'][section][name] : node
    const [base, own] = target?.['allOf'] ?? []
    if (!own) return target
    const { properties, required } = resolve(document, base)
    return {
      ...target,
      properties: { ...properties, ...own['properties'] },
      required: [...(required ?? []), ...(own['required'] ?? [])],
    }
  }
  const old = (node: Node) => resolve(before, node)
  const now = (node: Node) => resolve(after, node)

  for (const name of Object.keys(before['components']['schemas']))
    if (!after['components']['schemas'][name]) changes.add(`schema ${name}: removed`)
  for (const [path, methods] of Object.entries<Node>(before['paths'])) {
    for (const [method, operation] of Object.entries<Node>(methods)) {
      const where = `${method.toUpperCase()} ${path}`
      const next = after['paths'][path]?.[method]
      if (next) compareOperations(where, operation, next)
      else changes.add(`${where}: removed`)
    }
  }
  return [...changes].sort()

  function compareOperations(where: string, was: Node, is: Node): void {
    if (was['operationId'] !== is['operationId'])
      changes.add(`${where}: operationId ${was['operationId']} became ${is['operationId']}`)
    const needsKey = (document: Node, { security = document['security'] ?? [] }: Node) =>
      security.length > 0 && security.every((scheme: Node) => Object.keys(scheme).length > 0)
    if (!needsKey(before, was) && needsKey(after, is)) changes.add(`${where}: requires a key`)
    compareParameters(where, was, is)

    const [wasBody, isBody] = [was['requestBody'], is['requestBody']]
    if (wasBody && !isBody) changes.add(`${where}: no longer takes a body`)
    if (isBody?.['required'] && !wasBody?.['required']) changes.add(`${where}: the body became required`)
    if (wasBody && isBody) compareContent(`${where}: body`, wasBody['content'], isBody['content'], 'sent')

    for (const [status, response] of Object.entries<Node>(was['responses'])) {
      const next = is['responses'][status]
      const at = `${where}: response ${status}`
      if (next) compareResponses(at, old(response), now(next))
      // An error may become a success, but not the other way round.
      else if (/^[23]/.test(status)) changes.add(`${at} was removed`)
    }
    for (const status of Object.keys(is['responses']))
      if (/^2/.test(status) && !was['responses'][status]) changes.add(`${where}: response ${status} is new`)
  }

  function compareParameters(where: string, was: Node, is: Node): void {
    const parameters = ({ parameters = [] }: Node, resolved: typeof old) =>
      new Map<string, Node>(
        parameters.map(resolved).map((each: Node) => [`${each['in']} ${each['name'].toLowerCase()}`, each]),
      )
    const [known, accepted] = [parameters(was, old), parameters(is, now)]
    for (const [key, parameter] of known) {
      const at = `${where}: parameter ${parameter['name']}`
      const next = accepted.get(key)
      if (!next) {
        changes.add(`${at} was removed`)
        continue
      }
      if (next['required'] && !parameter['required']) changes.add(`${at} became required`)
      if (['style', 'explode'].some((field) => next[field] !== parameter[field]))
        changes.add(`${at} is serialized differently`)
      compareSchemas(at, parameter['schema'], next['schema'], 'sent')
    }
    for (const [key, parameter] of accepted)
      if (parameter['required'] && !known.has(key))
        changes.add(`${where}: parameter ${parameter['name']} is new and required`)
  }

  function compareResponses(where: string, was: Node, is: Node): void {
    for (const name of Object.keys(was['headers'] ?? {}))
      if (!is['headers']?.[name]) changes.add(`${where}: header ${name} was removed`)
    compareContent(where, was['content'] ?? {}, is['content'] ?? {}, 'received')
  }

  function compareContent(where: string, was: Node, is: Node, direction: Direction): void {
    for (const [type, media] of Object.entries<Node>(was)) {
      if (is[type]) compareSchemas(where, media['schema'], is[type]['schema'], direction)
      else changes.add(`${where}: no longer ${type}`)
    }
  }

  /** What was valid to send must stay valid; what is received must not be more than it was. */
  function compareSchemas(where: string, was: Node, is: Node, direction: Direction): void {
    let at = where
    const name = was?.['$ref']?.split('/').at(-1)
    if (name) {
      const key = `${direction} ${was['$ref']} ${is?.['$ref']}`
      if (compared.has(key)) return
      compared.add(key)
      at = `schema ${name}`
    }
    const [one, other] = [old(was), now(is)]
    if (!other) return void changes.add(`${at}: removed`)
    compareTypes(at, one, other, direction)
    if (direction === 'sent') compareLimits(at, one, other)
    for (const form of ['pattern', 'format'])
      if (one[form] !== other[form] && (direction === 'sent' ? other : one)[form] !== undefined)
        changes.add(`${at}: another ${form}`)
    compareProperties(at, one, other, direction)
    if (one['items'] && other['items']) compareSchemas(`${at}[]`, one['items'], other['items'], direction)
    compareMembers(at, one, other, direction)
  }

  function compareLimits(at: string, one: Node, other: Node): void {
    for (const low of ['minLength', 'minItems', 'minimum']) {
      const none = low === 'minimum' ? Number.NEGATIVE_INFINITY : 0
      if ((other[low] ?? none) > (one[low] ?? none)) changes.add(`${at}: ${low} is ${other[low]}`)
    }
    for (const high of ['maxLength', 'maxItems', 'maximum'])
      if ((other[high] ?? Number.POSITIVE_INFINITY) < (one[high] ?? Number.POSITIVE_INFINITY))
        changes.add(`${at}: ${high} is ${other[high]}`)
  }

  /** Of types and values, those that are sent may become more, those that are received may become fewer. */
  function compareTypes(at: string, one: Node, other: Node, direction: Direction): void {
    const sent = direction === 'sent'
    const [before, after] = sent ? [one, other] : [other, one]
    const report = (value: string) =>
      changes.add(`${at}: ${sent ? `no longer accepts ${value}` : `may be ${value}`}`)
    const types = (node: Node): string[] => [node['type'] ?? []].flat()
    const missing = types(before).filter(
      (type) => !types(after).includes(type) && !(type === 'integer' && types(after).includes('number')),
    )
    if (types(after).length > 0 && missing.length > 0) report(missing.join(', '))

    const values = (node: Node): unknown[] | undefined =>
      node['enum'] ?? ('const' in node ? [node['const']] : undefined)
    const [few, many] = [values(before), values(after)]
    if (!many || (!sent && one['x-may-grow'])) return
    if (!few) changes.add(`${at}: ${sent ? 'accepts only some values' : 'may be any value'}`)
    else for (const value of few.filter((each) => !many.includes(each))) report(JSON.stringify(value))
  }

  function compareProperties(at: string, one: Node, other: Node, direction: Direction): void {
    for (const [name, schema] of Object.entries<Node>(one['properties'] ?? {})) {
      const next = other['properties']?.[name]
      if (next) compareSchemas(`${at}.${name}`, schema, next, direction)
      else changes.add(`${at}.${name}: removed`)
    }
    const sent = direction === 'sent'
    const [before, after] = (sent ? [one, other] : [other, one]).map(
      ({ required = [] }): string[] => required,
    )
    for (const name of after ?? [])
      if (!before?.includes(name) && (sent || other['properties']?.[name]))
        changes.add(`${at}.${name}: ${sent ? 'became required' : 'may be missing'}`)
  }

  function compareMembers(at: string, one: Node, other: Node, direction: Direction): void {
    const members = (node: Node) =>
      new Map<string, Node>(
        (node['oneOf'] ?? node['anyOf'] ?? []).map((member: Node) => [
          String(member['$ref'] ?? member['type'] ?? 'any')
            .split('/')
            .at(-1),
          member,
        ]),
      )
    const [was, is] = [members(one), members(other)]
    for (const [name, member] of was) {
      const next = is.get(name)
      if (next) compareSchemas(`${at} (${name})`, member, next, direction)
      else if (direction === 'sent' || is.size > 0) changes.add(`${at}: no longer ${name}`)
    }
    if (direction === 'sent' || one['x-may-grow'] || was.size === 0) return
    for (const name of is.keys()) if (!was.has(name)) changes.add(`${at}: may be ${name}`)
  }
}

/** Whether a line of the changelog is this sentence, as a list item. */
export const isNamed = (changelog: string, sentence: string) =>
  changelog.split('\n').some((line) => line.replaceAll('`', '').trim() === `- ${sentence}`)

if (import.meta.main) {
  const root = join(import.meta.dirname, '..', '..')
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8')
  const released = join(root, 'openapi', 'released')
  const version = (existsSync(released) ? globSync('*.json', { cwd: released }) : [])
    .map((name) => basename(name, '.json'))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1)
  if (version === undefined) {
    console.log('There is no release to compare with yet.')
    process.exit()
  }
  const changes = breakingChanges(
    JSON.parse(read('openapi', 'released', `${version}.json`)),
    JSON.parse(read('openapi', 'openapi.json')),
  )
  const changelog = read('docs', 'api-changelog.md')
  const unnamed = changes.filter((sentence) => !isNamed(changelog, sentence))
  console.log(
    `Since ${version}: ${changes.length} breaking changes, ${unnamed.length} of them not in docs/api-changelog.md.`,
  )
  for (const sentence of unnamed) console.error(`- ${sentence}`)
  process.exitCode = unnamed.length > 0 ? 1 : 0
}

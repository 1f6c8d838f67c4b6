// A part of the OpenAPI document, for tools that cannot take all of it.
import { didYouMean } from '../core/nearest.ts'
import { Problem } from '../core/problems.ts'
import { type Document, mapValues, type Node, type Operation, reachable } from './document-nodes.ts'

/** @throws Problem `invalid-parameter` if a document has no such tag */
export function checkTag(document: Document, tag: string): void {
  const tags = (document['tags'] as { name: string }[]).map(({ name }) => name)
  if (tags.includes(tag)) return
  const detail = `tag: Unknown tag.${didYouMean(tag, tags)} Legal: ${tags.join(', ')}.`
  throw new Problem('invalid-parameter', detail, { errors: [{ parameter: 'tag', detail }] })
}

/** The operations with a tag, and the components that they refer to. */
export function selectTag(document: Document, tag: string): Document {
  const { webhooks, components, ...rest } = document
  const paths = Object.entries(document.paths).flatMap(([path, item]) => {
    const operations = Object.entries(item).filter(([, operation]) => hasTag(operation, tag))
    return operations.length === 0 ? [] : [[path, Object.fromEntries(operations)] as const]
  })
  const selected = { ...rest, ...(tag === 'webhooks' && { webhooks }), paths: Object.fromEntries(paths) }
  const used = reachable([selected], components)
  const kept = mapValues(components, (members, section) =>
    section === 'securitySchemes'
      ? members
      : Object.fromEntries(
          Object.entries(members as Node).filter(([name]) => used.has(`${section}/${name}`)),
        ),
  )
  const tags = (document['tags'] as { name: string }[]).filter(({ name }) => name === tag)
  return { ...selected, tags, components: kept as Document['components'] }
}

const hasTag = (operation: Operation, tag: string): boolean => operation.tags?.includes(tag) ?? false

// The kinds in imports and exports: their names (`meetings` is a parameter, a file name and a path), parts and order.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'

export const pathsOf = ({ resources, children }: Catalogue): ReadonlyMap<string, Kind> =>
  new Map([...resources, ...children].map(({ path, kind }): [string, Kind] => [path, kind]))

/** The lists of children that rows of an entity may contain. */
export const partsOf = ({ children }: Catalogue, { kind }: Entity): string[] =>
  children.filter((child) => child.of.includes(kind)).map(({ path }) => path)

/** All kinds, sorted so that each refers only to earlier kinds or itself, but for references that are written late. */
export function kindsInOrder(catalogue: Catalogue): Kind[] {
  const { resources, children, entities } = catalogue
  const order = new Set<Kind>()
  const earlier = ({ kind, references }: Entity): Kind[] => [
    ...references.filter(({ late }) => !late).flatMap(({ kinds }) => kinds),
    ...(children.find((child) => child.kind === kind)?.of ?? []),
  ]
  const visit = (kind: Kind, path: readonly Kind[] = []) => {
    if (path.includes(kind)) return
    for (const target of earlier(catalogue.entity(kind))) visit(target, [...path, kind])
    order.add(kind)
  }
  // Sources come early, so that evidence can be attached directly after its record.
  for (const { kind } of resources.toSorted(
    (one, other) => Number(other.kind === 'source') - Number(one.kind === 'source'),
  ))
    visit(kind)
  for (const { kind } of entities) visit(kind)
  return [...order]
}

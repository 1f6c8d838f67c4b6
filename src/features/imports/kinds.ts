// The kinds in imports and exports: their names (`meetings` is a parameter, a file name and a path), parts and order.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity, Resource } from '../../records/schema/resource.ts'

export const pathsOf = ({ resources, children }: Catalogue): ReadonlyMap<string, Kind> =>
  new Map([...resources, ...children].map(({ path, kind }): [string, Kind] => [path, kind]))

/** The lists of children that rows of an entity may contain. */
export const partsOf = ({ children }: Catalogue, { kind }: Entity): string[] =>
  children.filter((child) => child.of.includes(kind)).map(({ path }) => path)

/** All kinds, sorted so that each refers only to earlier kinds or itself. */
export function kindsInOrder(catalogue: Catalogue): Kind[] {
  const { resources, children } = catalogue
  const order = new Set<Kind>()
  const visit = (resource: Resource, path: readonly Kind[] = []) => {
    if (path.includes(resource.kind)) return
    for (const kind of resource.references.flatMap(({ kinds }) => kinds)) {
      const target = catalogue.findResource(kind)
      if (target) visit(target, [...path, resource.kind])
    }
    order.add(resource.kind)
  }
  // Sources come early, so that evidence can be attached directly after its record.
  for (const resource of resources.toSorted(
    (one, other) => Number(other.kind === 'source') - Number(one.kind === 'source'),
  ))
    visit(resource)
  return [...order, ...children.map(({ kind }) => kind)]
}

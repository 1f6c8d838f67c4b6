// The names under which kinds are exchanged: `meetings` is a parameter, a file name and a path.
import type { Kind } from '../../records/schema/fields.ts'
import type { Catalogue } from '../../records/schema/resource.ts'

/** Parts of records have no path of their own; evidence is no plural. */
const plural = (kind: Kind) => (kind === 'evidence' ? kind : `${kind}s`)

export const pathsOf = ({ resources, parts }: Catalogue): ReadonlyMap<string, Kind> =>
  new Map([
    ...resources.map(({ path, kind }): [string, Kind] => [path, kind]),
    ...parts.map(({ kind }): [string, Kind] => [plural(kind), kind]),
  ])

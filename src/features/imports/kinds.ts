// The names of kinds in imports and exports: `meetings` is a parameter, a file name and a path.
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Kind } from '../../records/schema/kinds.ts'

export const pathsOf = ({ resources, children }: Catalogue): ReadonlyMap<string, Kind> =>
  new Map([...resources, ...children].map(({ path, kind }): [string, Kind] => [path, kind]))

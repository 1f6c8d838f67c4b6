// The routes of all forms: of records and parts of every kind, and what can be done with them.
import type { RouteModule } from '../visit.ts'
import { deleteRoutes } from './delete.ts'
import { editRoutes } from './edit.ts'
import { findRoutes } from './find.ts'
import { mergeRoutes } from './merge.ts'
import { versionRoutes } from './versions.ts'

export const formRoutes: RouteModule = (routes, deps) => {
  for (const area of [findRoutes, editRoutes, deleteRoutes, versionRoutes, mergeRoutes]) area(routes, deps)
}

// Serves the style sheet and the browser modules of the workbench.
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

export const ASSETS_PATH = '/assets/workbench'

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' }

export function assetRoutes(app: FastifyInstance): void {
  const asset = (file: string, path: string, type: string) =>
    app.get(
      `${ASSETS_PATH}/${file}`,
      ASSET_ROUTE,
      assetHandler(() => ({ body: readFileSync(new URL(path, import.meta.url), 'utf8'), type })),
    )
  asset('styles.css', './styles.css', TYPES.css)
  for (const file of readdirSync(new URL('./browser', import.meta.url)).filter((name) =>
    name.endsWith('.js'),
  ))
    asset(file, `./browser/${file}`, TYPES.js)
}

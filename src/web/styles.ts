// Serves the style sheet of the pages.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

export const STYLES_PATH = '/assets/styles.css'

export function stylesRoute(app: FastifyInstance): void {
  app.get(
    STYLES_PATH,
    ASSET_ROUTE,
    assetHandler(() => ({
      body: readFileSync(new URL('./styles.css', import.meta.url), 'utf8'),
      type: 'text/css; charset=utf-8',
    })),
  )
}

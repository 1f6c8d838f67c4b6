// Serves the style sheets and the icon of the pages.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

export const STYLES_PATH = '/assets/styles.css'

/** The sheet of the reader of sources. */
export const READER_STYLES_PATH = '/assets/reader.css'

export const ICON_PATH = '/assets/icon.svg'

export function assetRoutes(app: FastifyInstance): void {
  const css = 'text/css; charset=utf-8'
  serve(STYLES_PATH, css, () => read('styles.css'))
  serve(READER_STYLES_PATH, css, () => read('reader.css') + litPassages())
  serve(ICON_PATH, 'image/svg+xml', () => read('icon.svg'))

  function serve(path: string, type: string, build: () => string): void {
    const handler = assetHandler(() => ({ body: build(), type }))
    app.get(path, ASSET_ROUTE, handler)
  }
}

const read = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')

/** How many passages of a source light up with their claims; of further ones only the first piece does. */
const MAX_LIT = 400

/**
 * Where an address leads to evidence (`#evd_…`) or to a claim (`#claim-7`), all pieces of the passage are lit (`.c7`), and so is what
 * it is quoted for, at the head of the list. A selector cannot compare names, so there is a line for each number.
 */
function litPassages(): string {
  const selectors = Array.from({ length: MAX_LIT }, (_, index) => {
    const number = index + 1
    return `.reader:has(:is(.p${number},#claim-${number}):target) :is(.c${number},#claim-${number})`
  })
  return `@layer states {\n${selectors.join(',\n')} {
  background-color: var(--lit-ground);
  outline: 2px solid var(--ink);
  outline-offset: -2px;
  order: -1;
}}\n`
}

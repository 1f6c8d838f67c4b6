// Serves the style sheets of the pages.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

export const STYLES_PATH = '/assets/styles.css'

/** The sheet of the reader of sources. */
export const READER_STYLES_PATH = '/assets/reader.css'

export function stylesRoutes(app: FastifyInstance): void {
  serve(STYLES_PATH, () => sheet('styles'))
  serve(READER_STYLES_PATH, () => sheet('reader') + litPassages())

  function serve(path: string, build: () => string): void {
    const handler = assetHandler(() => ({ body: build(), type: 'text/css; charset=utf-8' }))
    app.get(path, ASSET_ROUTE, handler)
  }
}

const sheet = (name: string) => readFileSync(new URL(`./${name}.css`, import.meta.url), 'utf8')

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

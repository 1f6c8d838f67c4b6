// What an overview is: a page over many records, with a selection, a form and both clocks.
import { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import { seqAt } from '../records/read/view.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { clockForm } from './clocks.ts'
import { type Content, type Html, html } from './html.ts'
import { layout, section } from './layout.ts'
import { namesIn } from './names.ts'
import { href, type Page } from './page.ts'
import type { pageOf } from './respond.ts'
import { type Choices, selectionForm, selectionWords } from './selection.ts'

/** A page before its names are read. */
export type BarePage = ReturnType<typeof pageOf>

export interface Overview<Parameters = never> {
  path: string
  parameters(catalogue: Catalogue): Record<string, z.ZodType>
  /** Whether counting the records may take long. */
  isLong?: 'if-needed'
  show(context: ReadContext, page: BarePage, parameters: Parameters): Promise<Html>
}

/** The kinds with a status, by the path that the parameter `of` has. */
export const TRACKED_KINDS = { proposals: 'proposal', agreements: 'agreement' } as const

export type TrackedPath = keyof typeof TRACKED_KINDS

export const trackedParameter = z.enum(['proposals', 'agreements']).optional()

/** The page with the names of all records that are mentioned, at its time. */
export async function withNames(context: ReadContext, page: BarePage, mentioned: Json): Promise<Page> {
  const { knownAt } = page.clocks
  const seq = knownAt === null ? null : await seqAt(context.reader, knownAt)
  return page.with(await namesIn(context, mentioned, { asOf: null, seq }, page.language))
}

interface Parts {
  title: string
  /** What it shows, in a sentence. */
  about: string
  /** How many records it shows. */
  total?: string
  /** Links to the same of other kinds. */
  kinds?: Html
  choices: Choices
  /** Controls of the form beside the selection, by the parameter that each sets. */
  controls?: Readonly<Record<string, Html>>
  content: Content
  /** Links to the same as data. */
  data: Content
}

/** The whole page of an overview. */
export function overviewPage(page: Page, parts: Parts): Html {
  const { title, about, total, kinds, choices, controls, content, data } = parts
  const { path, query, messages } = page
  const { heading, plain, links } = selectionWords(page, path, title, choices)
  const { cursor, asOf: _, knownAt: __, ...rest } = query
  const count = total !== undefined && html`<small>${messages.punctuation.colon}${total}</small>`
  const main = html`<h1>${heading}${count}</h1>
${kinds}<p class="muted">${about}</p>${links}
${selectionForm(page, path, choices, controls)}
${content}
${section('data', messages.list.asData, html`<p>${data}</p>`)}${clockForm(page, rest)}`
  return layout(page, { title: plain, main, description: about, hidden: cursor !== undefined })
}

/** Links to the same overview of other kinds, by their paths in `of`. The first is what it shows without the parameter. */
export function kindLinks(page: Page, kinds: readonly (readonly [path: string, kind: Kind])[]): Html {
  const { cursor: _, of: chosen = kinds[0]?.[0], ...rest } = page.query
  const links = kinds.map(([of, kind], index) => {
    const address = href(page, page.path, { ...rest, of: index === 0 ? null : of })
    return html`<li><a href="${address}"${of === chosen && html` aria-current="true"`}>${page.messages.kinds[kind].many}</a></li>`
  })
  return html`<nav aria-label="${page.messages.overviews.kinds}"><ul>${links}</ul></nav>`
}

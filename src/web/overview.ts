// What an overview is: a page over many records, with a selection and both clocks.
import type { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import { seqAt } from '../records/read/view.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Json } from '../records/schema/document.ts'
import type { Html } from './html.ts'
import { namesIn } from './names.ts'
import type { Page } from './page.ts'
import type { pageOf } from './respond.ts'

/** A page before its names are read. */
export type BarePage = ReturnType<typeof pageOf>

export interface Overview<Parameters = never> {
  path: string
  parameters(catalogue: Catalogue): Record<string, z.ZodType>
  /** Whether it counts many records. */
  isLong: boolean
  show(context: ReadContext, page: BarePage, parameters: Parameters): Promise<Html>
}

/** The page with the names of all records that are mentioned, at its time. */
export async function withNames(context: ReadContext, page: BarePage, mentioned: Json): Promise<Page> {
  const { knownAt } = page.clocks
  const seq = knownAt === null ? null : await seqAt(context.reader, knownAt)
  return page.with(await namesIn(context, mentioned, { asOf: null, seq }, page.language))
}

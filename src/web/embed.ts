// A record as a small card that other sites show in a frame: its status, a quote for it, and the way back.
import type { FastifyReply } from 'fastify'
import { sendRepresentation } from '../http/conditional.ts'
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { parse, readRecord } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { ICON_PATH, STYLES_PATH } from './assets.ts'
import { bestQuote, quoteCard } from './description.ts'
import { titleOf } from './heading.ts'
import { type Html, html, join } from './html.ts'
import type { Language } from './languages.ts'
import { recordDetails } from './lines.ts'
import { type Names, namesIn } from './names.ts'
import { type Clocks, href, type Page } from './page.ts'
import { viewOf } from './record-data.ts'
import { HTML_TYPE, PAGE_HEADERS } from './respond.ts'
import { recordWord } from './words.ts'

/** The address of the card of a record. */
export const embedPath = ({ path }: Resource, id: string): string => `/embed/${path}/${id}`

interface EmbedData {
  doc: Doc
  quote: Doc | undefined
  names: Names
}

/** @throws Problem `not-found`, `gone` or `merged` */
export async function readEmbedData(
  context: ReadContext,
  resource: Resource,
  idOrAlias: string,
  clocks: Clocks,
  language: Language,
): Promise<EmbedData> {
  const view = await viewOf(context, resource, clocks)
  const doc = parse(await readRecord(context, resource, idOrAlias, view, []))
  const evidence = await partsIn(context, context.catalogue.child('evidence'), [doc.id], view)
  const quote = bestQuote(resource, evidence)
  const mentioned = [doc, quote ?? null] as Json
  return { doc, quote, names: await namesIn(context, mentioned, view, language) }
}

export function embedPage(page: Page, resource: Resource, { doc, quote }: EmbedData): Html {
  const { messages, language, base } = page
  const { text, shown } = titleOf(page, resource, doc)
  const address = href(page, `/${resource.path}/${doc.id}`)
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${text} · ${messages.site.name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="canonical" href="${address}">
<link rel="icon" type="image/svg+xml" href="${`${base}${ICON_PATH}`}">
<link rel="stylesheet" href="${`${base}${STYLES_PATH}`}"></head>
<body class="card"><p class="kind">${recordWord(page, resource.kind, doc)}</p>
<h1><a href="${address}" target="_top">${shown}</a></h1>
<p class="details">${join(recordDetails(page, resource, doc), ' · ')}</p>${
    quote && quoteCard(page, quote, '_top')
  }
<p><a href="${href(page, '/')}" target="_top">${messages.site.name}</a></p></body></html>
`
}

/** Sends a card, which alone of all pages may be in a frame of another site. */
export const sendEmbed = (reply: FastifyReply, card: Html): FastifyReply =>
  sendRepresentation(reply, {
    body: card.text,
    type: HTML_TYPE,
    headers: {
      ...PAGE_HEADERS,
      'content-security-policy': PAGE_HEADERS['content-security-policy'].replace(
        "frame-ancestors 'none'",
        'frame-ancestors *',
      ),
    },
  })

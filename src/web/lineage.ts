// The lineage of a proposal or a document: what it came from and what came of it, as a picture and as a list with the evidence.
import type { ReadContext } from '../records/read/context.ts'
import { docsById, partsIn } from '../records/read/docs.ts'
import { LINEAGE_KINDS, type Lineage, type LineageRecord, readLineage } from '../records/read/lineage.ts'
import type { View } from '../records/read/view.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { dateHtml } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, formatNumber } from './languages.ts'
import { section } from './layout.ts'
import { lineagePicture, stepsOf } from './lineage-picture.ts'
import { apiHref, type Page } from './page.ts'
import { remarks } from './parts.ts'
import { reference } from './values.ts'
import type { Backing } from './why.ts'
import { capital, kindWord, valueWord } from './words.ts'

export interface LineageData extends Lineage {
  /** The relations as documents, by id. */
  edges: Doc[]
  /** The events of all records that are shown. */
  events: Doc[]
  /** Whether records are left out, of which there are too many to show. */
  isCut: boolean
}

/** The most records of a lineage on a page. Of a larger one: the record, and those that are directly connected with it. */
const MAX_RECORDS = 40

/** Null for kinds without a lineage, and for a record without relations to others. */
export async function readLineageData(
  context: ReadContext,
  { kind }: Resource,
  id: string,
  view: View,
): Promise<LineageData | null> {
  if (!LINEAGE_KINDS.some((each) => each === kind)) return null
  const whole = await readLineage(context, id, view)
  if (whole.relations.length === 0) return null
  const isCut = whole.data.length > MAX_RECORDS
  const { data, relations } = isCut ? neighbourhood(whole, id) : whole
  const { catalogue } = context
  const ids = relations.map(({ relationId }) => relationId)
  return {
    data,
    relations,
    edges: await docsById(context, catalogue.entity('relation'), ids, view),
    events: await partsIn(
      context,
      catalogue.child('event'),
      data.map((record) => record.id),
      view,
    ),
    isCut,
  }
}

function neighbourhood({ data, relations }: Lineage, id: string): Lineage {
  const own = relations
    .filter(({ sourceId, targetId }) => sourceId === id || targetId === id)
    .slice(0, MAX_RECORDS)
  const ids = new Set(own.flatMap(({ sourceId, targetId }) => [sourceId, targetId]))
  return { data: data.filter((record) => ids.has(record.id)), relations: own }
}

export function lineage(page: Page, id: string, data: LineageData | null, backing: Backing): Html | null {
  if (!data) return null
  const words = page.messages.lineage
  const items = data.data.map((record) => recordItem(page, record, id, data, backing))
  const more =
    data.isCut && html`<p>${words.cut} <a href="${apiHref(page, `${page.path}/lineage`)}">JSON</a></p>`
  return section(
    'lineage',
    words.title,
    html`<p class="muted">${words.about}</p>${lineagePicture(page, id, data)}<ol class="parts lineage-list">${items}</ol>${more}`,
  )
}

/** A record with its history and the relations that lead from it. */
function recordItem(
  page: Page,
  record: LineageRecord,
  id: string,
  data: LineageData,
  backing: Backing,
): Html {
  const own = data.edges.filter((edge) => edge['recordId'] === record.id)
  const title = record.id === id ? html`<b>${reference(page, record.id)}</b>` : reference(page, record.id)
  const number = (other: string) => data.data.findIndex((each) => each.id === other) + 1
  const details = [
    kindWord(page, record.kind),
    ...stepsOf(data.events, record.id).map(
      ({ type, occurredOn }) =>
        html`${valueWord(page, String(type))} ${typeof occurredOn === 'string' && dateHtml(page.language, occurredOn)}`,
    ),
  ]
  const edges = own.map(
    (edge) =>
      html`<li id="${edge.id}"><p><strong>${capital(valueWord(page, String(edge['type'])))}</strong> ${fill(page.messages.lineage.target, { n: formatNumber(page.language, number(String(edge['targetId']))), name: reference(page, String(edge['targetId'])) })}</p>${remarks(page, 'relation', edge, backing)}</li>`,
  )
  return html`<li><p>${title} <small>${join(details, ' · ')}</small></p>${edges.length > 0 && html`<ul>${edges}</ul>`}</li>`
}

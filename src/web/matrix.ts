// The matrix: what each state said or did about each proposal or document. That nothing is recorded is an answer of its own.

import { CONSENTS, decidingStep, type EventInput } from '../core/parties.ts'
import { membersOfEach } from '../records/read/bodies.ts'
import type { ReadContext } from '../records/read/context.ts'
import { partsIn } from '../records/read/docs.ts'
import { listPage } from '../records/read/page.ts'
import { listQuery, pageParameters } from '../records/read/parameters.ts'
import { signingDay } from '../records/read/parties.ts'
import { parse } from '../records/read/record.ts'
import { readStances, type Stance } from '../records/read/standings.ts'
import type { View } from '../records/read/view.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import { type Content, type Html, html, join } from './html.ts'
import { inBrackets } from './languages.ts'
import { lineTitle } from './lines.ts'
import { exports, pageLinks } from './list.ts'
import { byName } from './names.ts'
import {
  kindLinks,
  type Overview,
  overviewPage,
  TRACKED_KINDS,
  type TrackedPath,
  trackedParameter,
  withNames,
} from './overview.ts'
import { dayOf, linkTo, type Page } from './page.ts'
import { locatorText } from './quotes.ts'
import { DATED, filtersFor, idsNamed, readChoices, type Selection, selectionParameters } from './selection.ts'
import { reference } from './values.ts'
import { valueWord } from './words.ts'

interface Parameters extends Selection {
  of?: TrackedPath
  limit: number
  cursor?: string
}

/** How many rows a page has at most. */
const MAX_ROWS = 25

/** What is recorded of a state about a record. */
interface Cell {
  /** A position, a step of a party, or the role of a proposer. */
  value: string
  /** The part of a document that it is about; null: the whole. */
  locator: Json
  /** The part of the record that it comes from; null: the record itself. */
  partId: string | null
}

interface Row {
  doc: Doc
  /** The members of its body. */
  members: ReadonlySet<string>
  /** By the code of the state. */
  cells: ReadonlyMap<string, Cell[]>
}

export const matrix: Overview<Parameters> = {
  path: '/matrix',
  parameters(catalogue) {
    const { limit, cursor } = pageParameters(MAX_ROWS)
    return { of: trackedParameter, limit, cursor, ...selectionParameters(catalogue) }
  },
  async show(context, bare, { of = 'proposals', limit, cursor, ...selection }) {
    const { catalogue } = context
    const kind = TRACKED_KINDS[of]
    const resource = catalogue.resource(kind)
    const filters = filtersFor(catalogue, kind, selection) ?? {}
    const sort = [{ column: DATED[kind].field, descending: true }]
    const query = { ...listQuery(resource, filters, bare.clocks), sort, limit, ...(cursor && { cursor }) }
    const { rows, nextCursor, view } = await listPage(context, resource, query)
    const docs = rows.map(parse)
    const onDay = { asOf: dayOf(bare.clocks, context.now), seq: view.seq }
    const read =
      kind === 'proposal'
        ? await proposalRows(context, docs, onDay)
        : await agreementRows(context, docs, onDay)
    const choices = await readChoices(context, bare.clocks)
    const states = [...new Set(read.flatMap(({ members, cells }) => [...members, ...cells.keys()]))]
    const page = await withNames(context, bare, [docs, states, idsNamed(choices, selection)] as Json)
    const { matrix: words, kinds } = page.messages
    const title = words.heading.replace('{kind}', kinds[kind].many)
    return overviewPage(page, {
      title,
      about: words.about[of],
      kinds: kindLinks(page, Object.entries(TRACKED_KINDS)),
      choices,
      content:
        read.length === 0
          ? html`<p>${words.none}</p>`
          : html`${legend(page, of)}${table(
              page,
              of,
              title,
              byName(page, states, (code) => code),
              read,
            )}${pageLinks(page, page.path, nextCursor)}`,
      data: exports(page, resource, { ...filters, sort: `-${DATED[kind].field}` }),
    })
  },
}

/** The positions on proposals, and who proposed them. */
async function proposalRows(
  context: ReadContext,
  docs: Doc[],
  view: View & { asOf: string },
): Promise<Row[]> {
  const stances = await readStances(context, docs, view)
  return docs.map((doc) => {
    const own = stances.get(doc.id) ?? []
    const contributors = doc['contributors'] as { stateCode?: string; role: string; collective?: string }[]
    const proposed = contributors.flatMap(({ stateCode, role }) =>
      stateCode ? [{ stateCode, value: role, locator: null, partId: null }] : [],
    )
    return rowOf(doc, membersIn(own), [...proposed, ...cellsOf(own)])
  })
}

/** Where the parties of documents stand, and the positions on these. */
async function agreementRows(
  context: ReadContext,
  docs: Doc[],
  view: View & { asOf: string },
): Promise<Row[]> {
  const ids = docs.map(({ id }) => id)
  const events = Map.groupBy(
    await partsIn(context, context.catalogue.child('event'), ids, view),
    ({ recordId }) => String(recordId),
  )
  const eventsOf = (id: string) => (events.get(id) ?? []) as unknown as (EventInput & { id: string })[]
  const stances = await readStances(context, docs, view)
  // As in the view of its parties: the members on the day of signature.
  const bare = docs.map((doc) => ({ ...doc, meetingId: null }))
  const members = await membersOfEach(
    context,
    bare,
    view.seq,
    ({ id }) => signingDay(eventsOf(id)) ?? view.asOf,
  )
  return docs.map((doc) => {
    const parties = Map.groupBy(eventsOf(doc.id), ({ stateCode }) => stateCode ?? '')
    parties.delete('')
    const steps = [...parties].flatMap(([stateCode, own]) => {
      const step = decidingStep(own)
      if (!step) return []
      const value = step.type === 'consent' ? (step.consentBy ?? step.type) : step.type
      return [{ stateCode, value, locator: null, partId: step.id }]
    })
    return rowOf(doc, members.get(doc.id) ?? [], [...steps, ...cellsOf(stances.get(doc.id) ?? [])])
  })
}

type CellOfState = Cell & { stateCode: string }

/** The positions that states have. */
const cellsOf = (stances: readonly Stance[]): CellOfState[] =>
  stances.flatMap(({ stateCode, position, locator, positionId }) =>
    stateCode !== null && position !== null
      ? [{ stateCode, value: position, locator, partId: positionId }]
      : [],
  )

/** The states that are listed without a position, and those with one. */
const membersIn = (stances: readonly Stance[]) => stances.flatMap(({ stateCode }) => stateCode ?? [])

const rowOf = (doc: Doc, members: readonly string[], cells: readonly CellOfState[]): Row => ({
  doc,
  members: new Set(members),
  cells: Map.groupBy(cells, ({ stateCode }) => stateCode),
})

/** The signs of what is recorded, which never stand alone. */
const SIGNS: Readonly<Record<string, string>> = {
  proposer: '★',
  'co-sponsor': '☆',
  supported: '✓',
  reserved: '◐',
  objected: '✗',
  abstained: '○',
  declined: '⊘',
  signed: '✎',
  consent: '◆',
  'in-force': '●',
  'consent-withdrawn': '↩',
  denounced: '⊗',
}

const POSITIONS = ['supported', 'reserved', 'objected', 'abstained', 'declined']

/** The values of the legend. Others have the sign of any other step. */
const EXPLAINED: Record<TrackedPath, readonly string[]> = {
  proposals: ['proposer', 'co-sponsor', ...POSITIONS],
  agreements: ['signed', 'consent', 'in-force', 'consent-withdrawn', 'denounced', ...POSITIONS],
}

const OTHER_STEP = '▪'
const NO_RECORD = '·'
const NO_MEMBER = '–'

/** The sign of a value. Each form of consent has that of consent. */
const signOf = (value: string): string =>
  SIGNS[CONSENTS.some((form) => form === value) ? 'consent' : value] ?? OTHER_STEP

const withSign = (sign: string, words: Content): Html =>
  html`<span aria-hidden="true">${sign}</span> ${words}`

function table(
  page: Page,
  of: TrackedPath,
  title: string,
  states: readonly string[],
  rows: readonly Row[],
): Html {
  const head = html`<tr><th scope="col">${page.messages.kinds[TRACKED_KINDS[of]].one}</th>${states.map((code) => html`<th scope="col">${reference(page, code)}</th>`)}</tr>`
  const body = rows.map(
    (row) =>
      html`<tr><th scope="row">${lineTitle(page, page.catalogue.resource(TRACKED_KINDS[of]), row.doc)}</th>${states.map((code) => cellHtml(page, of, row, code))}</tr>`,
  )
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${title}"><table class="matrix"><caption class="hidden">${title}</caption><thead>${head}</thead><tbody>${body}</tbody></table></div>`
}

function cellHtml(page: Page, of: TrackedPath, { doc, members, cells }: Row, code: string): Html {
  const { matrix: words } = page.messages
  const own = cells.get(code)
  if (!own) {
    const [sign, word] = members.has(code) ? [NO_RECORD, words.noRecord] : [NO_MEMBER, words.noMember]
    return html`<td class="muted">${sign} ${word}</td>`
  }
  const shown = own.map(({ value, locator, partId }) => {
    const path = `/${of}/${doc.id}#${partId ?? 'fact-contributors'}`
    const place = locatorText(page, locator)
    const link = linkTo(page, path, withSign(signOf(value), valueWord(page, value)))
    return place ? html`${link}<small>${inBrackets(page.language, place)}</small>` : link
  })
  return html`<td>${join(shown, html`<br>`)}</td>`
}

/** What the signs mean. */
function legend(page: Page, of: TrackedPath): Html {
  const { matrix: words } = page.messages
  const signs = [
    ...EXPLAINED[of].map((value) => withSign(signOf(value), valueWord(page, value))),
    ...(of === 'agreements' ? [withSign(OTHER_STEP, words.otherStep)] : []),
    withSign(NO_RECORD, words.noRecordAbout),
    withSign(NO_MEMBER, words.noMemberAbout),
  ]
  return html`<ul class="legend" aria-label="${words.legend}">${signs.map((sign) => html`<li>${sign}</li>`)}</ul>`
}

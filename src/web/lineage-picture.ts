// The picture of a lineage: a row for each step in order of date, a lane for each record, and arrows for the relations.
import { sortKey } from '../core/dates.ts'
import type { Lineage } from '../records/read/lineage.ts'
import type { Doc } from '../records/schema/document.ts'
import { dateInWords } from './dates.ts'
import { type Html, html } from './html.ts'
import { fill } from './languages.ts'
import { placeLineage } from './lineage-layout.ts'
import { href, type Page } from './page.ts'
import { linesOfText } from './text-width.ts'
import { valueWord } from './words.ts'

/** In pixels. */
const LANE = 30
const RADIUS = 10
const LINE = 18
const TEXT_WIDTH = 290
const MARGIN = 14

/** More rows are not drawn; the list has them. */
const MAX_ROWS = 60

interface Row {
  recordId: string
  day: string
  label: string
}

/** Null if it would be too long. Records have the numbers of the list. */
export function lineagePicture(
  page: Page,
  id: string,
  data: Lineage & { events: readonly Doc[] },
): Html | null {
  const numbers = new Map(data.data.map((record, index) => [record.id, index + 1]))
  const steps = data.data.flatMap((record) => rowsOf(page, record, data.events))
  if (steps.length > MAX_ROWS) return null
  const edges = data.relations.map(({ sourceId, targetId }) => ({ from: sourceId, to: targetId }))
  const { rows, lanes, laneCount, ends } = placeLineage(steps, edges)
  const notes = rows.map((_, row) =>
    data.relations.flatMap(({ type, sourceId, targetId }, index) => {
      const end = ends[index]
      if (!end || Math.max(end.from, end.to) !== row) return []
      return [`${numbers.get(sourceId)} ${valueWord(page, type)} ${numbers.get(targetId)}`]
    }),
  )
  const textX = MARGIN + laneCount * LANE
  const x = (recordId: string) => MARGIN + RADIUS + (lanes.get(recordId) ?? 0) * LANE
  const ys: number[] = []
  let height = MARGIN
  const texts = rows.map((row, index) => {
    const y = height + RADIUS
    ys.push(y)
    const title = linesOfText(page.names.get(row.recordId)?.text ?? row.recordId, TEXT_WIDTH, 2)
    // Letters of the label are bold, so they are wider.
    const label = linesOfText(row.label, TEXT_WIDTH * 0.9, 2)
    const lines = [...label, ...title, ...(notes[index] ?? [])]
    height += lines.length * LINE + MARGIN
    const spans = lines.map((line, position) => {
      const isLabel = position < label.length
      const isTitle = !isLabel && position < label.length + title.length
      const kind = isLabel ? 'when' : isTitle ? 'name' : 'note'
      const text = html`<tspan class="${kind}" x="${textX}" dy="${position === 0 ? 0 : LINE}">${line}</tspan>`
      return isTitle ? html`<a href="${pathOf(row.recordId)}">${text}</a>` : text
    })
    return html`<text x="${textX}" y="${y + 5}">${spans}</text>`
  })
  const laneLines = [...lanes.keys()].flatMap((recordId) => {
    const own = ys.filter((_, index) => rows[index]?.recordId === recordId)
    return own.length > 1
      ? [html`<path class="lane" d="M${x(recordId)} ${own[0]}V${own.at(-1)}"></path>`]
      : []
  })
  const arrows = ends.map(({ from, to }) =>
    arrow(x(rows[from]?.recordId ?? ''), ys[from] ?? 0, x(rows[to]?.recordId ?? ''), ys[to] ?? 0),
  )
  const nodes = rows.map(({ recordId }, index) => {
    const own = recordId === id ? ' own' : ''
    return html`<circle class="node${own}" cx="${x(recordId)}" cy="${ys[index]}" r="${RADIUS}"></circle><text class="number${own}" x="${x(recordId)}" y="${(ys[index] ?? 0) + 4}">${numbers.get(recordId)}</text>`
  })
  const width = textX + TEXT_WIDTH
  const words = page.messages.lineage
  const description = fill(words.pictureAbout, {
    records: String(data.data.length),
    relations: String(edges.length),
  })
  return html`<figure class="scroll" tabindex="0" aria-labelledby="lineage"><svg class="lineage" role="group" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-labelledby="lineage-name" aria-describedby="lineage-about"><title id="lineage-name">${words.picture}</title><desc id="lineage-about">${description}</desc>${laneLines}${arrows}${nodes}${texts}</svg></figure>`

  function pathOf(recordId: string): string {
    const kind = data.data.find((record) => record.id === recordId)?.kind ?? 'proposal'
    return href(page, `/${page.catalogue.entity(kind).path}/${recordId}`)
  }
}

/** The events of a record that changed its status, in order. */
export const stepsOf = (events: readonly Doc[], id: string): Doc[] =>
  events
    .filter(({ recordId, place }) => recordId === id && typeof place === 'string')
    .toSorted((one, other) => (String(one['place']) < String(other['place']) ? -1 : 1))

/** The steps of a record; the record itself if it has none. */
function rowsOf(page: Page, { id, date, status }: Lineage['data'][number], events: readonly Doc[]): Row[] {
  const label = (day: string | null, type: string | null) =>
    [
      day === null ? page.messages.record.undated : dateInWords(page.language, day),
      type && valueWord(page, type),
    ]
      .filter(Boolean)
      .join(' · ')
  const steps = stepsOf(events, id)
  if (steps.length === 0)
    return [{ recordId: id, day: date === null ? '' : sortKey(date), label: label(date, status) }]
  // The place of an event begins with its day.
  return steps.map(({ type, occurredOn, place }) => ({
    recordId: id,
    day: String(place).slice(0, 10),
    label: label(occurredOn as string | null, String(type)),
  }))
}

/** A curve from one node to the edge of another, with a tip. */
function arrow(x1: number, y1: number, x2: number, y2: number): Html {
  const down = y2 >= y1 ? 1 : -1
  const start = y1 + down * RADIUS
  const end = y2 - down * (RADIUS + 1)
  const middle = (start + end) / 2
  const tip = end - down * 6
  return html`<path class="edge" d="M${x1} ${start}C${x1} ${middle} ${x2} ${middle} ${x2} ${end}"></path><path class="tip" d="M${x2} ${end}L${x2 - 4} ${tip}L${x2 + 4} ${tip}Z"></path>`
}

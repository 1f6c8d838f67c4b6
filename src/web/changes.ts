// What changed in a record: its versions, who wrote them and why, and the fields that differ.
import { z } from 'zod'
import type { LoggedVersion } from '../records/read/history.ts'
import { parse } from '../records/read/record.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Entity } from '../records/schema/resource.ts'
import { instantHtml } from './dates.ts'
import { type Html, html, join } from './html.ts'
import { fill, foreign } from './languages.ts'
import { section } from './layout.ts'
import { apiHref, href, type Page } from './page.ts'
import { showValue } from './values.ts'
import { fieldWord } from './words.ts'

/** How many versions a page shows, and the longest texts whose change it shows. */
export const MAX_VERSIONS = 10
const MAX_SHOWN = 500

/** Fields that change with every version, or that follow from evidence and events. */
const FOLLOWING = ['updatedAt', 'version', 'support', 'origins', 'disputed', 'sha256']

/** @param versions newest first, with the one before the last that is shown */
export function changesOf(
  page: Page,
  entity: Entity,
  path: string,
  versions: readonly LoggedVersion[],
): Html {
  const { record } = page.messages
  const items = versions.slice(0, MAX_VERSIONS).map((version, index) => {
    const { at, actorName, version: number } = version
    const before = versions[index + 1]
    const address = href({ ...page, clocks: { asOf: null, knownAt: at } }, path)
    return html`<li><p><a rel="nofollow" href="${address}">${fill(record.version, { n: number })}</a> · ${instantHtml(page.language, at)} · ${fill(record.by, { name: foreign(actorName, null, page.language) })} · ${why(page, version)}</p>${before && differences(page, entity, before, version)}</li>`
  })
  return section(
    'changes',
    record.changes,
    html`<ol class="versions">${items}</ol><p><a href="${apiHref({ ...page, clocks: { asOf: null, knownAt: null } }, `${path}/history`)}">${record.history}</a></p>`,
  )
}

/** The reason that the author gave. */
function why({ language, messages }: Page, { reason, version }: LoggedVersion): Html {
  const { created, noReason } = messages.record
  if (reason !== null) return foreign(reason, null, language)
  return html`<span class="muted">${version === 1 ? created : noReason}</span>`
}

function differences(
  page: Page,
  { record }: Entity,
  before: LoggedVersion,
  after: LoggedVersion,
): Html | null {
  if (before.doc === null || after.doc === null) return null
  const [old, now] = [parse({ doc: before.doc }), parse({ doc: after.doc })]
  const changed = Object.keys(record.shape).filter(
    (key) => !FOLLOWING.includes(key) && JSON.stringify(old[key]) !== JSON.stringify(now[key]),
  )
  if (changed.length === 0) return null
  const value = (doc: Doc, key: string): Html => {
    const field = doc[key] ?? null
    const shown = isLong(field)
      ? html`…`
      : showValue(page, (record.shape[key] as z.ZodType) ?? z.unknown(), field, key)
    return shown ?? html`<span class="muted">${page.messages.record.removed}</span>`
  }
  const rows = changed.map(
    (key) =>
      html`<div><dt>${fieldWord(page, key)}</dt><dd>${join([html`<del>${value(old, key)}</del>`, html`<ins>${value(now, key)}</ins>`], ' → ')}</dd></div>`,
  )
  return html`<dl class="facts">${rows}</dl>`
}

const isLong = (value: Json) => JSON.stringify(value).length > MAX_SHOWN

// What changed in a record and what belongs to it: when, by whom, why, and the words that differ.
import { z } from 'zod'
import type { ReadContext } from '../records/read/context.ts'
import {
  type LoggedVersion,
  type Moment,
  type Moments,
  readMoments,
  readVersions,
} from '../records/read/history.ts'
import { parse } from '../records/read/record.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Entity } from '../records/schema/resource.ts'
import { instantHtml } from './dates.ts'
import { changedKeys, difference } from './diff.ts'
import { type Html, html, join } from './html.ts'
import { fill, foreign, formatNumber, inBrackets, listed } from './languages.ts'
import { section } from './layout.ts'
import { apiHref, href, type Page } from './page.ts'
import { fieldWord } from './words.ts'

/** How many writes a page shows. */
const MAX_SHOWN = 10

/** Fields that change with every version, or that follow from evidence, events and other fields. */
const FOLLOWING = [
  'updatedAt',
  'version',
  'support',
  'origins',
  'disputed',
  'sha256',
  'parties',
  'statusSince',
]

export interface Changes {
  moments: Moments
  /** The versions of the record itself, the newest first, from the one that is shown. */
  versions: LoggedVersion[]
}

/** @param knownAt the instant that the page shows; null: now */
export async function readChanges(
  { engine, reader }: ReadContext,
  { kind }: Entity,
  { id, version }: Doc,
  knownAt: string | null,
): Promise<Changes> {
  return {
    moments: await readMoments(reader, kind, id, knownAt, MAX_SHOWN),
    versions: await readVersions(engine, reader, kind, id, version + 1, MAX_SHOWN),
  }
}

/** The documents of the versions, whose names a page needs. */
export const versionDocs = ({ versions }: Changes): Doc[] =>
  versions.flatMap(({ doc }) => (doc === null ? [] : [parse({ doc })]))

export function changesOf(page: Page, entity: Entity, path: string, { moments, versions }: Changes): Html {
  const words = page.messages.changes
  const items = moments.data.map((moment) => {
    const address = href({ ...page, clocks: { ...page.clocks, knownAt: moment.at } }, path)
    const line = [
      html`<a rel="nofollow" href="${address}">${instantHtml(page.language, moment.at)}</a>`,
      moment.actorName === 'seed'
        ? words.seed
        : fill(words.by, { name: foreign(moment.actorName, null, page.language) }),
      reason(page, entity, moment),
    ]
    return html`<li><p>${join(line, ' · ')}</p>${ofParts(page, entity, moment)}${ofRecord(page, entity, versions, moment)}</li>`
  })
  const api = apiHref({ ...page, clocks: { asOf: null, knownAt: null } }, `${path}/history`)
  return section(
    'changes',
    words.title,
    html`<ol class="versions">${items}</ol><p>${moments.hasMore && html`${words.older} `}<a href="${api}">${words.history}</a></p>`,
  )
}

/** The reason that the author gave; of the first change that the record was created. */
function reason({ language, messages }: Page, { kind }: Entity, { reason: given, counts }: Moment): Html {
  if (given !== null) return foreign(given, null, language)
  const isFirst = counts.some((count) => count.kind === kind && count.op === 'create')
  return html`<span class="muted">${isFirst ? messages.changes.created : messages.changes.noReason}</span>`
}

/** How many parts and quotes were added, changed and deleted. */
function ofParts(page: Page, { kind }: Entity, { counts }: Moment): Html | null {
  const { changes: words, kinds, punctuation } = page.messages
  const byKind = Map.groupBy(
    counts.filter((count) => count.kind !== kind),
    (count) => count.kind,
  )
  if (byKind.size === 0) return null
  const lines = [...byKind].map(([part, ofKind]) => {
    const each = ofKind.map(({ op, count }) => {
      const message =
        op === 'create' ? words.partsAdded : op === 'update' ? words.partsChanged : words.partsRemoved
      return fill(message, { n: formatNumber(page.language, count) })
    })
    return html`${kinds[part].many}${punctuation.colon}${listed(page.language, each)}`
  })
  return html`<p class="muted">${join(lines, ' · ')}</p>`
}

/** The fields of the record that one write changed. */
function ofRecord(
  page: Page,
  { record }: Entity,
  versions: readonly LoggedVersion[],
  { at }: Moment,
): Html | null {
  const after = versions.find((version) => version.at === at)
  const before = after && versions.find((version) => version.version < after.version && version.at !== at)
  if (!before?.doc || !after?.doc) return null
  const [old, now] = [parse({ doc: before.doc }), parse({ doc: after.doc })]
  const changed = changedKeys(old, now).filter((key) => !FOLLOWING.includes(key))
  if (changed.length === 0) return null
  const rows = changed.map((key) => {
    const schema = (record.shape[key] as z.ZodType | undefined) ?? z.unknown()
    return html`<div><dt>${fieldWord(page, key)}</dt><dd>${difference(page, schema, key, old[key] ?? null, now[key] ?? null)}</dd></div>`
  })
  return html`<dl class="facts">${rows}</dl>`
}

/** Links to the page as it was before and after the change that it shows. */
export function changeLinks(page: Page, path: string, { data, next }: Moments): Html | null {
  const words = page.messages.changes
  const link = (at: string, rel: string, text: string) =>
    html`<a rel="${rel} nofollow" href="${href({ ...page, clocks: { ...page.clocks, knownAt: at } }, path)}">${text}${inBrackets(page.language, instantHtml(page.language, at))}</a>`
  const previous = data[1]?.at
  const links = [
    previous !== undefined && link(previous, 'prev', `← ${words.previous}`),
    next !== null && link(next, 'next', `${words.next} →`),
  ].filter((one) => one !== false)
  return links.length === 0 ? null : html`<p>${join(links, ' · ')}</p>`
}

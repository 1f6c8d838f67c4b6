// My work: what a person has begun, changed last, should look at again, and has to judge.
import { listUploads } from '../db/uploads.ts'
import { type Authored, authoredRecords, recordsInDoubt } from '../records/read/authored.ts'
import type { ReadContext } from '../records/read/context.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Resource } from '../records/schema/resource.ts'
import { instantHtml } from '../web/dates.ts'
import { type Content, type Html, html, join } from '../web/html.ts'
import { fill, foreign, plural } from '../web/languages.ts'
import { section } from '../web/layout.ts'
import { type Names, nameHtml, namesIn } from '../web/names.ts'
import { href, linkTo } from '../web/page.ts'
import { fieldWord, kindWord } from '../web/words.ts'
import { tableOf, unseen } from './controls.ts'
import { type DraftRow, listDrafts } from './drafts/store.ts'
import { namesOfPairs, type Pair, pairsOf, readPairs } from './duplicates.ts'
import { filesTable, type ListedFile } from './imports-page.ts'
import { sendWorkbench } from './respond.ts'
import type { RouteModule, Visit } from './visit.ts'

/** How many entries each list has, and how many records are compared with all others. */
const MAX_SHOWN = 10
const MAX_COMPARED = 20

interface Work {
  drafts: readonly DraftRow[]
  files: readonly ListedFile[]
  recent: readonly Authored[]
  doubtful: readonly { resource: Resource; doc: Doc }[]
  pairs: readonly Pair[]
  names: Names
}

export const workRoutes: RouteModule = ({ page }, { records, readSnapshot, imports }) => {
  const { engine } = records
  page('', async (visit) => {
    const { key } = visit
    const drafts = (await listDrafts(engine.reader, key.id)).filter(({ savedAt }) => savedAt === null)
    const uploads = (await listUploads(engine.reader, key.id)).slice(0, MAX_SHOWN)
    const files = await Promise.all(
      uploads.map(async (upload) => ({
        upload,
        job: await imports.read(engine.reader, upload.importId).catch(() => null),
      })),
    )
    const records = await readSnapshot((context) => readRecords(context, visit), { isLong: true })
    const to = { ...visit, page: { ...visit.page, names: records.names } }
    const work = { drafts: drafts.slice(0, MAX_SHOWN), files, ...records }
    return sendWorkbench(to, { title: visit.words.site.work, main: workPage(to, work) })
  })
}

async function readRecords(
  context: ReadContext,
  { key, page }: Visit,
): Promise<Omit<Work, 'drafts' | 'files'>> {
  const { reader, catalogue } = context
  const authored = await authoredRecords(reader, catalogue, key.id)
  const ids = authored.map(({ id }) => id)
  const doubtful = []
  for (const resource of catalogue.resources) {
    // A source is not supported by what it says of itself.
    if (resource.kind === 'source') continue
    const own = authored.filter(({ kind }) => kind === resource.kind).map(({ id }) => id)
    for (const doc of await recordsInDoubt(reader, resource, own, MAX_SHOWN)) doubtful.push({ resource, doc })
  }
  doubtful.sort((one, other) => ids.indexOf(one.doc.id) - ids.indexOf(other.doc.id))
  const pairs = await readPairs(context, ids.slice(0, MAX_COMPARED))
  const recent = authored.slice(0, MAX_SHOWN)
  const shown = [...recent, ...doubtful.map(({ doc }) => doc)].map(({ id }) => id)
  const names = await namesIn(context, shown, { asOf: null, seq: null }, page.language)
  return {
    recent,
    doubtful: doubtful.slice(0, MAX_SHOWN),
    pairs: pairs.slice(0, MAX_SHOWN),
    names: new Map([...names, ...(await namesOfPairs(context, pairs, page))]),
  }
}

function workPage(visit: Visit, { drafts, files, recent, doubtful, pairs }: Work): Html {
  const { page, words } = visit
  const { work, site } = words
  const part = (id: string, title: string, content: Content, none: string, isEmpty: boolean) =>
    section(id, title, isEmpty ? html`<p class="muted">${none}</p>` : content)
  const add = page.catalogue.resources
    .filter(({ kind }) => kind !== 'source')
    .map(({ path, kind }) => linkTo(page, `/edit/${path}/new`, page.messages.kinds[kind].one))
  return html`<h1>${site.work}</h1><p class="lead">${linkTo(page, '/edit/sources/new', work.begin)}</p><p>${work.add} ${join(add, ' · ')}</p>
${part('drafts', work.drafts, draftsTable(visit, drafts), work.noDrafts, drafts.length === 0)}
${part('judge', words.duplicates.title, pairsOf(visit, pairs), words.duplicates.none, pairs.length === 0)}<p><a href="${href(page, '/edit/duplicates', { of: 'all' })}">${words.duplicates.ofEverybody}</a></p>
${part('doubtful', work.doubtful, doubtfulTable(visit, doubtful), work.noDoubts, doubtful.length === 0)}
${part('recent', work.recent, recentTable(visit, recent), work.nothingRecent, recent.length === 0)}
${part('files', words.imports.files, filesTable(visit, files), work.noFiles, files.length === 0)}`
}

function draftsTable({ page, words }: Visit, drafts: readonly DraftRow[]): Html {
  const rows = drafts.map(({ id, title, updatedAt }) => [
    linkTo(page, `/edit/drafts/${id}`, html`<bdi>${title || words.work.untitled}</bdi>`),
    instantHtml(page.language, updatedAt),
  ])
  return tableOf(words.work.drafts, [words.work.title, words.work.changedAt], rows)
}

function recentTable({ page, words }: Visit, recent: readonly Authored[]): Html {
  const { language } = page
  const { work } = words
  const rows = recent.map(({ kind, id, at, reason, count }) => {
    const name = page.names.get(id)
    const path = `/${page.catalogue.entity(kind).path}/${id}`
    return [
      html`${name ? linkTo(page, path, nameHtml(name, language)) : html`<span class="muted">${work.gone}</span>`}<br><small>${kindWord(page, kind)}</small>`,
      plural(language, work.changes, count),
      reason && foreign(reason, null, language),
      instantHtml(language, at),
    ]
  })
  return tableOf(work.recent, [work.record, work.count, work.reason, work.changedAt], rows)
}

function doubtfulTable({ page, words }: Visit, doubtful: Work['doubtful']): Html {
  const { work } = words
  const rows = doubtful.map(({ resource, doc }) => {
    const name = page.names.get(doc.id)
    const path = `/${resource.path}/${doc.id}`
    const disputed = (doc['disputed'] ?? []) as string[]
    const fields = disputed.map((pointer) => {
      const [, field = ''] = pointer.split('/')
      return field === '' ? page.messages.status.whole : fieldWord(page, field)
    })
    const faults = [
      ...(doc['support'] === 'unsupported' ? [work.unsupported] : []),
      ...(fields.length > 0 ? [fill(work.disputed, { fields: fields.join(', ') })] : []),
    ]
    const title = name ? nameHtml(name, page.language) : doc.id
    return [
      html`${linkTo(page, path, title)}<br><small>${kindWord(page, resource.kind)}</small>`,
      join(faults, html`<br>`),
      html`<a href="${href(page, `/edit${path}`)}">${work.edit}${unseen(html`: ${title}`)}</a>`,
    ]
  })
  return tableOf(work.doubtful, [work.record, work.problem, unseen(work.edit)], rows)
}

// New sources: pasted, fetched, uploaded, or stored already. Each begins a draft, whose source is checked next.
import type { FastifyReply } from 'fastify'
import { columnSql } from '../../db/columns.ts'
import { sql } from '../../db/sql.ts'
import { comparable, namesakes } from '../../records/read/matching.ts'
import { findSurvivor, parse } from '../../records/read/record.ts'
import type { Json } from '../../records/schema/document.ts'
import { type Content, html } from '../../web/html.ts'
import { fill, formatNumber } from '../../web/languages.ts'
import { href } from '../../web/page.ts'
import { type FieldError, fileField, selectField, textArea, textField } from '../controls.ts'
import { fieldsIn } from '../forms/fields.ts'
import { inEnglish } from '../forms/render.ts'
import { ENCODINGS } from '../ingest/charset.ts'
import { IngestFailure } from '../ingest/failure.ts'
import { MAX_BYTES } from '../ingest/fetch.ts'
import { type Ingested, ingestAddress, ingestFile, ingestPasted } from '../ingest/ingest.ts'
import { redirectTo, sendWorkbench } from '../respond.ts'
import type { RouteModule, Visit, WorkbenchDeps } from '../visit.ts'
import { type DraftContent, newDraft } from './model.ts'
import { DATELINE } from './prefill.ts'
import { datesIn, mentionsIn } from './recognise.ts'
import { createDraft, listDrafts } from './store.ts'

export const newSourceRoutes: RouteModule = (routes, deps) => {
  const show = (visit: Visit) => sendNewSource(visit)
  routes.form('/sources/new', { show, submit: (visit) => pasted(visit, deps) })
  routes.form('/sources/fetch', { show, submit: (visit) => fetched(visit, deps) })
  routes.form('/sources/upload', { show, submit: (visit) => uploaded(visit, deps) }, { upload: true })
  routes.form('/sources/stored', { show, submit: (visit) => stored(visit, deps) })
}

/** The page with all ways to bring a text in, as they were filled. */
function sendNewSource(visit: Visit, errors: readonly FieldError[] = []): FastifyReply {
  const { page, words, form } = visit
  const { newSource } = words.drafts
  const typed = fieldsIn(form)
  const encoding = (name: string) =>
    selectField({
      name,
      label: newSource.encoding,
      hint: newSource.encodingHint,
      value: typed.get(name) ?? '',
      options: [
        { value: '', label: newSource.automatic },
        ...ENCODINGS.map((each) => ({ value: each, label: each })),
      ],
    })
  const section = (path: string, title: string, content: Content, upload = false) =>
    html`<section aria-labelledby="${path}-heading"><h2 id="${path}-heading">${title}</h2><form method="post" action="${href(page, `/edit/sources/${path}`)}"${upload && html` enctype="multipart/form-data"`} novalidate>${content}</form></section>`
  const button = (label: string) => html`<p><button>${label}</button></p>`
  const size = formatNumber(page.language, MAX_BYTES / 1_000_000)
  return sendWorkbench(visit, {
    title: newSource.title,
    errors,
    main: html`<h1>${newSource.title}</h1><p class="lead">${newSource.lead}</p>${section(
      'new',
      newSource.paste,
      html`${textArea({ name: 'text', label: newSource.text, hint: newSource.textHint, value: typed.get('text'), rows: 12, errors })}${button(newSource.usePasted)}`,
    )}${section(
      'fetch',
      newSource.fetch,
      html`${textField({ name: 'address', label: newSource.address, hint: newSource.addressHint, value: typed.get('address'), type: 'url', errors })}${encoding('encoding')}${button(newSource.fetchIt)}`,
    )}${section(
      'upload',
      newSource.upload,
      html`${fileField({ name: 'file', label: newSource.file, hint: fill(newSource.fileHint, { size }), accept: '.html,.htm,.xhtml,.pdf,.txt,text/html,text/plain,application/pdf', errors })}${encoding('fileEncoding')}${button(newSource.uploadIt)}`,
      true,
    )}${section(
      'stored',
      newSource.stored,
      html`${textField({ name: 'source', label: newSource.storedSource, hint: newSource.storedHint, value: typed.get('source') ?? String(page.query['source'] ?? ''), errors })}${button(newSource.useStored)}`,
    )}`,
  })
}

/** Takes a text, and begins a draft with it; if that fails, shows the form again with the reason. */
async function begin(
  visit: Visit,
  deps: WorkbenchDeps,
  name: string,
  take: () => Promise<Ingested> | Ingested,
): Promise<FastifyReply> {
  try {
    return await open(visit, deps, await draftOf(deps, await take()))
  } catch (error) {
    if (!(error instanceof IngestFailure)) throw error
    const { failures } = visit.words.drafts
    const message = fill(failures[error.code], { detail: inEnglish(visit.page, error.detail || '–') })
    return sendNewSource(visit, [{ name, message }])
  }
}

async function open(visit: Visit, { records }: WorkbenchDeps, content: DraftContent): Promise<FastifyReply> {
  const id = await createDraft(records.engine, visit.key.id, content, records.now())
  return redirectTo(visit, `/edit/drafts/${id}/source`)
}

function pasted(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> | FastifyReply {
  const text = visit.form.get('text') ?? ''
  if (text.trim() === '') return fault(visit, 'text', visit.words.drafts.newSource.noText)
  // A form sends CR LF for every line end, so these say nothing about what was pasted.
  return begin(visit, deps, 'text', () => ingestPasted(text.replaceAll('\r\n', '\n')))
}

const fault = (visit: Visit, name: string, message: string) => sendNewSource(visit, [{ name, message }])

function fetched(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> | FastifyReply {
  const address = (visit.form.get('address') ?? '').trim()
  if (address === '') return fault(visit, 'address', visit.words.drafts.newSource.noAddress)
  const encoding = visit.form.get('encoding') || null
  const options = { ...deps.fetching, encoding, now: deps.records.now() }
  return begin(visit, deps, 'address', () => ingestAddress(deps.extractor, address, options))
}

async function uploaded(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const { request } = visit
  const file = request.isMultipart() ? await request.file({ limits: { fileSize: MAX_BYTES } }) : undefined
  const bytes = await file?.toBuffer().catch((error: unknown) => {
    if ((error as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE') return null
    throw error
  })
  if (!file || bytes === undefined || bytes?.length === 0)
    return fault(visit, 'file', visit.words.drafts.newSource.noFile)
  const field = file.fields['fileEncoding']
  const encoding = field && 'value' in field ? String(field.value) || null : null
  return begin(visit, deps, 'file', () => {
    if (bytes === null) throw new IngestFailure('too-large')
    return ingestFile(deps.extractor, bytes, { name: file.filename, encoding })
  })
}

async function stored(visit: Visit, deps: WorkbenchDeps): Promise<FastifyReply> {
  const given = visit.form.get('source') ?? ''
  const id = /src_[0-9a-z]{26}/.exec(given)?.[0] ?? ''
  const content = await draftOfStored(deps, id)
  if (!content) return fault(visit, 'source', visit.words.drafts.newSource.notStored)
  const drafts = await listDrafts(deps.records.engine.reader, visit.key.id)
  const begun = drafts.find(({ sourceId, savedAt }) => sourceId === content.source.id && savedAt === null)
  return begun ? redirectTo(visit, `/edit/drafts/${begun.id}`) : open(visit, deps, content)
}

/** A draft about a stored source; undefined if there is none with a text. */
export async function draftOfStored(
  { records: { engine }, catalogue }: WorkbenchDeps,
  id: string,
): Promise<DraftContent | undefined> {
  const found = await findSurvivor(engine.reader, catalogue.entity('source'), id)
  const doc = found && parse(found)
  if (typeof doc?.['text'] !== 'string') return undefined
  const { title, language, publishedOn } = doc
  return newDraft(doc['text'], { title, language, publishedOn } as Record<string, Json>, doc.id)
}

async function draftOf(deps: WorkbenchDeps, ingested: Ingested): Promise<DraftContent> {
  const { fields, text, publisher, ...origin } = ingested
  const dateline = text.slice(0, DATELINE)
  const publisherId =
    (await publisherOf(deps, publisher, fields.url)) ??
    (publisher === null ? await publisherIn(deps, dateline) : null)
  const firstDay = datesIn(dateline, null).find((date) => date.length === 10) ?? null
  const publishedOn = fields.publishedOn ?? firstDay
  const given = Object.entries({ ...fields, publishedOn, publisherId }).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  return {
    ...newDraft(text, Object.fromEntries(given) as Record<string, Json>),
    origin: {
      publisher: publisherId === null ? publisher : null,
      dayGuessed: fields.publishedOn === null && firstDay !== null,
      ...origin,
    },
  }
}

/** The only publisher of stored sources that the beginning of a text names. */
async function publisherIn(
  { records: { engine }, catalogue }: WorkbenchDeps,
  dateline: string,
): Promise<string | null> {
  const { reader } = engine
  const mentioned = await mentionsIn({ reader }, dateline, ['organization'])
  if (mentioned.length === 0) return null
  const { table } = catalogue.resource('source')
  const publisher = columnSql(table, 'publisherId')
  const ids = await reader.pluck<string>(
    sql`select distinct ${publisher} from ${table} where ${publisher} in ${mentioned.map(({ id }) => id)} ${sql.limit(2)}`,
  )
  return ids.length === 1 ? (ids[0] ?? null) : null
}

/** The organization with the name of a publisher, or that published another page of its host; null if that is not certain. */
async function publisherOf(
  { records: { engine }, catalogue }: WorkbenchDeps,
  name: string | null,
  url: string | null,
): Promise<string | null> {
  const { reader } = engine
  if (name !== null) {
    const [only, ...others] = await namesakes(reader, catalogue.resource('organization'), comparable(name))
    if (only && others.length === 0) return only.id
  }
  const host = url === null ? undefined : URL.parse(url)?.host.replace(/^www\./, '')
  if (host === undefined) return null
  const { table } = catalogue.resource('source')
  const [address, publisher] = [columnSql(table, 'url'), columnSql(table, 'publisherId')]
  // Addresses of a host begin with it and a slash, which is before 0.
  const ids = await reader.pluck<string>(
    sql`select distinct ${publisher} from ${table} where ${address} >= ${`${host}/`} and ${address} < ${`${host}0`}
      and ${publisher} is not null ${sql.limit(2)}`,
  )
  return ids.length === 1 ? (ids[0] ?? null) : null
}

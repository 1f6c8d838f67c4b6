// The page of a file to import: what was found when it was checked, its faults to mend, its first rows, and the button that writes it.
import type { Upload } from '../db/uploads.ts'
import type { ImportJob } from '../features/imports/jobs.ts'
import type { ImportResult, RowFault } from '../features/imports/outcome.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import type { Json } from '../records/schema/document.ts'
import { type Content, type Html, html } from '../web/html.ts'
import { fill, formatNumber, plural } from '../web/languages.ts'
import { section } from '../web/layout.ts'
import { nameHtml, shortened } from '../web/names.ts'
import { href, linkTo } from '../web/page.ts'
import { hiddenField, tableOf, textField } from './controls.ts'
import { type ImportedFile, knownColumns, type Mending, type Rows, rowsAt } from './import-file.ts'
import { kindField, kindOf, NO_KIND } from './imports-page.ts'
import type { Visit } from './visit.ts'

/** How many rows with faults are shown at once, and how many differences. */
const MAX_FAULTY = 50
const MAX_DIFFERENCES = 100

/** The longest cell that is shown as one line, in characters. */
const MAX_LINE = 60

const MAX_PREVIEWED_CELL = 120

export interface ImportView {
  upload: Upload
  /** The last import of the file; null if it is no longer stored. */
  job: ImportJob | null
  /** The first rows; null if it is not CSV. */
  preview: Rows | null
  faulty: Faulty | null
}

/** Rows with faults, as far as they can be mended here. */
export interface Faulty {
  rows: { row: number; line: number | null; faults: RowFault[]; cells: string[] }[]
  /** The columns that are shown, with their position; -1: the file has none of this name. */
  columns: { name: string; at: number }[]
  /** Whether there are more. */
  more: boolean
}

export function importPage(
  visit: Visit,
  catalogue: Catalogue,
  { upload, job, preview, faulty }: ImportView,
): Html {
  const { page, words } = visit
  const { imports } = words
  const { id } = upload
  // Of a form that was sent before its sender signed in again: what is typed applies to the file as it was then.
  const importId = visit.form.get('importId') ?? upload.importId
  const isRunning = job?.finishedAt === null
  const action = href(page, `/edit/imports/${id}`)
  const form = (name: string, content: Content, button: Content) =>
    html`<form method="post" action="${action}">${hiddenField('importId', importId)}${content}<p><button name="action" value="${name}"${name === 'discard' && html` class="quiet"`}>${button}</button></p></form>`
  const isReady = job?.mode === 'dry-run' && job.status === 'succeeded'
  const isWritten = job?.mode === 'commit' && job.status === 'succeeded'
  const reason = textField({
    name: 'reason',
    value: visit.form.get('reason'),
    label: imports.reason,
    hint: imports.reasonHint,
    maxlength: 500,
  })
  return html`<h1><bdi>${upload.name}</bdi> <small>${kindOf(visit, upload.kind)}</small></h1>
<div id="status" aria-live="polite"${isRunning && html` data-refresh="2000"`}>${status(visit, job)}${job?.status === 'succeeded' && summaryTable(visit, job)}</div>
${isReady && form('commit', reason, fill(imports.commit, { rows: plural(page.language, imports.rows, job.rows ?? 0) }))}
${job?.errors && job.errors.length > 0 && section('faults', imports.faultsTitle, faultsOf(visit, upload, job.errors, faulty, form))}
${job?.differences && job.differences.length > 0 && section('differences', imports.differencesTitle, differencesOf(visit, job))}
${preview && section('rows', imports.preview, previewOf(visit, catalogue, upload, preview))}
${!isRunning && !isWritten && section('again', imports.again, form('check', kindField(visit, { value: visit.form.get('kind') ?? upload.kind ?? NO_KIND, first: null, hint: imports.againHint }), imports.check))}
${!isRunning && form('discard', '', imports.discard)}<p><a href="${href(page, '/edit/imports')}">${imports.back}</a></p>`
}

function status({ page, words }: Visit, job: ImportJob | null): Html {
  const { imports } = words
  if (!job) return html`<p class="lead">${imports.forgotten}</p>`
  const rows = plural(page.language, imports.rows, job.rows ?? 0)
  if (job.finishedAt === null)
    return html`<p class="lead">${job.mode === 'commit' ? imports.writing : imports.checking}</p>${progressOf(page.language, imports.progress, job)}<p><a href="${href(page, page.path)}">${imports.reload}</a></p>`
  if (job.status === 'succeeded')
    return html`<p class="lead">${fill(job.mode === 'commit' ? imports.written : imports.ready, { rows })}</p>`
  if (job.failure !== null) return html`<p class="lead">${imports.failed}</p><p lang="en">${job.failure}</p>`
  const faults = plural(page.language, imports.faults, job.errorCount ?? 0)
  return html`<p class="lead">${fill(imports.faulty, { faults, rows })}</p>`
}

function progressOf(
  language: Visit['page']['language'],
  words: Visit['words']['imports']['progress'],
  { progress }: ImportJob,
): Html {
  if (!progress) return html`<p>${words.queued}</p>`
  const { phase, done, total } = progress
  const count = formatNumber(language, done)
  const text = total === null ? count : `${count} / ${formatNumber(language, total)}`
  return html`<p><label for="progress">${words[phase]}: ${text}</label><br><progress id="progress"${total !== null && html` max="${total}" value="${done}"`}></progress></p>`
}

function summaryTable({ page, words }: Visit, { summary = [] }: Partial<ImportResult>): Html | null {
  const { imports } = words
  if (summary.length === 0) return null
  const rows = summary.map(({ kind, ...counts }) => [
    page.messages.kinds[kind].many,
    ...[counts.created, counts.changed, counts.unchanged].map((count) => formatNumber(page.language, count)),
  ])
  return tableOf(imports.summary, [imports.kind, imports.created, imports.changed, imports.unchanged], rows)
}

/** Rows of which one is like a stored record are answered with these. */
const ANSWERS = ['id', 'distinctFrom']

/** The first rows with faults, and the columns in which they can be mended. */
export async function faultyRows(
  catalogue: Catalogue,
  { kind }: Pick<Upload, 'kind'>,
  file: ImportedFile,
  errors: readonly RowFault[],
): Promise<Faulty | null> {
  const byRow = Map.groupBy(
    errors.filter(({ row }) => row !== null),
    ({ row }) => row ?? 0,
  )
  const numbers = [...byRow.keys()].sort((one, other) => one - other)
  const read = await rowsAt(file, new Set(numbers.slice(0, MAX_FAULTY)))
  if (!read || numbers.length === 0) return null
  const rows = [...read.rows].map(([row, cells]) => {
    const faults = byRow.get(row) ?? []
    return { row, line: faults[0]?.line ?? null, faults, cells }
  })
  const known = kind === null ? new Set<string>() : knownColumns(catalogue, catalogue.entity(kind as never))
  const faults = rows.flatMap((one) => one.faults)
  const wanted = new Set(faults.map(({ field }) => columnOf(field, read.header, known)))
  const isAlike = faults.some(({ type }) => /duplicate/.test(type))
  // A fault of a row as a whole may be in any of its cells.
  const shown = wanted.has(null)
    ? read.header
    : read.header.filter((name, position) => position === 0 || wanted.has(name))
  const names = new Set([
    ...shown,
    ...[...wanted].filter((name) => name !== null),
    ...(isAlike ? ANSWERS : []),
  ])
  const columns = [...names].map((name) => ({ name, at: read.header.indexOf(name) }))
  const isCsv = file.format === 'csv'
  return { rows, columns: isCsv ? columns : [{ name: '', at: 0 }], more: numbers.length > rows.length }
}

/** The column of a field with a fault; null if there is none. */
const columnOf = (field: string | null, header: readonly string[], known: ReadonlySet<string>) =>
  field === null
    ? null
    : ([...header, ...known].find((name) => field === name || field.startsWith(`${name}.`)) ?? null)

function faultsOf(
  visit: Visit,
  upload: Upload,
  errors: readonly RowFault[],
  faulty: Faulty | null,
  form: (name: string, content: Content, button: Content) => Html,
): Html {
  const { page, words } = visit
  const { imports } = words
  const ofFile = errors.filter(({ row }) => row === null)
  const download = html`<p><a href="${href(page, `/edit/imports/${upload.id}/faults.csv`)}">${imports.download}</a></p>`
  const whole =
    ofFile.length > 0 && html`<ul>${ofFile.map(({ detail }) => html`<li lang="en">${detail}</li>`)}</ul>`
  if (!faulty)
    return html`${whole}${ofFile.length < errors.length && faultList(visit, errors)}<p>${imports.notHere}</p>${download}`
  const { rows, columns, more } = faulty
  const table = tableOf(
    imports.faultsTitle,
    [
      imports.row,
      imports.wrong,
      ...columns.map(({ name }) => (name === '' ? imports.line : html`<code>${name}</code>`)),
      imports.omit,
    ],
    rows.map(({ row, line, faults, cells }) => [
      html`${row}${line !== null && html`<br><small>${fill(imports.onLine, { line })}</small>`}`,
      html`<ul class="plain" id="fault-${row}">${faults.map(faultItem)}</ul>`,
      ...columns.map(({ name, at }, position) =>
        cellField(visit, { row, column: name, position }, cells[at] ?? '', faults),
      ),
      html`<input type="checkbox" id="omit-${row}" name="omit.${row}"${visit.form.has(`omit.${row}`) && html` checked`}><label for="omit-${row}" class="hidden">${fill(imports.omitRow, { row })}</label>`,
    ]),
  )
  return html`${whole}<p>${imports.mendLead}${more && html` ${imports.more}`}</p>${form('mend', table, imports.mend)}${download}`
}

const faultItem = ({ field, detail }: RowFault): Html =>
  html`<li>${field !== null && html`<code>${field}</code>: `}<span lang="en">${detail}</span></li>`

const faultList = ({ words }: Visit, errors: readonly RowFault[]): Html =>
  tableOf(
    words.imports.faultsTitle,
    [words.imports.row, words.imports.wrong],
    errors
      .filter(({ row }) => row !== null)
      .slice(0, MAX_FAULTY)
      .map((fault) => [fault.row ?? '', html`<ul class="plain">${faultItem(fault)}</ul>`]),
  )

/** The name of the field of a cell; that of a line of NDJSON has an empty column. */
const cellName = (row: number, column: string) => `cell.${row}.${column}`

interface Cell {
  row: number
  column: string
  /** Of the column on the page. */
  position: number
}

function cellField(
  { words, form }: Visit,
  { row, column, position }: Cell,
  stored: string,
  faults: readonly RowFault[],
): Html {
  const name = cellName(row, column)
  const value = form.get(name) ?? stored
  const id = `cell-${row}-${position}`
  const isFaulty = faults.some(({ field }) => field === column || field?.startsWith(`${column}.`))
  const label = fill(words.imports.cellOf, { row, column: column || words.imports.line })
  const attributes = html` id="${id}" name="${name}" aria-describedby="fault-${row}"${isFaulty && html` aria-invalid="true"`}`
  const isLong = value.length > MAX_LINE || /[\r\n]/.test(value)
  return html`<label for="${id}" class="hidden">${label}</label>${
    isLong
      ? html`<textarea${attributes} rows="3" cols="40">\n${value}</textarea>`
      : html`<input${attributes} value="${value}">`
  }`
}

/** What a form mends of a file: cells that were changed, and rows that are left out. */
export async function mendingIn(sent: URLSearchParams, file: ImportedFile): Promise<Mending> {
  const entries = [...sent].flatMap(([name, value]) => {
    const [, row = '', column = ''] = /^cell\.(\d{1,9})\.(.*)$/s.exec(name) ?? []
    return row === '' ? [] : [{ row: Number(row), column, value: value.replaceAll('\r\n', '\n') }]
  })
  const read = await rowsAt(file, new Set(entries.map(({ row }) => row)))
  const cells = new Map<number, Map<string, string>>()
  for (const { row, column, value } of entries) {
    const former = read?.rows.get(row)?.[column === '' ? 0 : (read.header.indexOf(column) ?? -1)] ?? ''
    if (value === former.replaceAll('\r\n', '\n')) continue
    const ofRow = cells.get(row) ?? new Map<string, string>()
    // A line of NDJSON stays one.
    ofRow.set(column, file.format === 'csv' ? value : value.replaceAll('\n', ' '))
    cells.set(row, ofRow)
  }
  return {
    cells,
    omitted: new Set(
      [...sent.keys()].flatMap((name) => /^omit\.(\d{1,9})$/.exec(name)?.[1] ?? []).map(Number),
    ),
  }
}

function previewOf({ words }: Visit, catalogue: Catalogue, { kind }: Upload, { header, rows }: Rows): Html {
  const { imports } = words
  const known = kind === null ? null : knownColumns(catalogue, catalogue.entity(kind as never))
  const heads = header.map(
    (name) =>
      html`<code>${name}</code>${known && !known.has(name) && html`<br><small class="fault">${imports.unknownColumn}</small>`}`,
  )
  return tableOf(
    imports.preview,
    [imports.row, ...(header.length === 0 ? [imports.line] : heads)],
    [...rows].map(([row, cells]) => [row, ...cells.map((cell) => shortened(cell, MAX_PREVIEWED_CELL))]),
  )
}

function differencesOf({ page, words }: Visit, { differences = [], differenceCount = 0 }: ImportJob): Html {
  const { imports } = words
  const textOf = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))
  const recordOf = (id: string) => {
    const name = page.names.get(id)
    return name
      ? linkTo(page, `/${page.catalogue.entity(name.kind).path}/${id}`, nameHtml(name, page.language))
      : html`<code>${id}</code>`
  }
  const rows = differences
    .slice(0, MAX_DIFFERENCES)
    .map(({ row, field, id, record, report }) => [
      row ?? '',
      recordOf(id),
      html`<code>${field}</code>`,
      shortened(textOf(record), MAX_PREVIEWED_CELL),
      shortened(textOf(report), MAX_PREVIEWED_CELL),
    ])
  const heads = [imports.row, imports.record, imports.field, imports.kept, imports.inFile]
  return html`<p>${fill(imports.differencesLead, { count: plural(page.language, imports.differences, differenceCount) })}</p>${tableOf(imports.differencesTitle, heads, rows)}`
}

// The page of imports: the form with a file, and the files of this person.
import type { ListedUpload } from '../db/uploads.ts'
import type { ImportJob } from '../features/imports/jobs.ts'
import { kindsInOrder } from '../features/imports/kinds.ts'
import type { Catalogue } from '../records/schema/catalogue.ts'
import { instantHtml } from '../web/dates.ts'
import { type Html, html } from '../web/html.ts'
import { plural } from '../web/languages.ts'
import { section } from '../web/layout.ts'
import { href, linkTo } from '../web/page.ts'
import { type FieldError, fileField, selectField, tableOf } from './controls.ts'
import type { PageRequest, Visit } from './visit.ts'

/** A file with the state of its last import, if that is still stored. */
export interface ListedFile {
  upload: ListedUpload
  job: ImportJob | null
}

/** The choice of files of which each row contains its kind. */
export const NO_KIND = 'each'

export function importsPage(visit: Visit, files: readonly ListedFile[], errors: readonly FieldError[]): Html {
  const { page, words } = visit
  const { imports } = words
  const fields = html`${kindField(visit, { value: '', first: imports.recognised, hint: imports.kindHint, errors })}${fileField(
    {
      name: 'file',
      label: imports.file,
      hint: imports.fileHint,
      accept: '.csv,.ndjson,.jsonl',
      required: true,
      errors,
    },
  )}`
  return html`<h1>${imports.title}</h1><p class="lead">${imports.lead}</p><form method="post" enctype="multipart/form-data" action="${href(page, '/edit/imports')}" class="drop">${fields}<p><button>${imports.check}</button></p></form>${
    files.length > 0 && section('files', imports.files, filesTable(visit, files))
  }`
}

export function filesTable(visit: PageRequest, files: readonly ListedFile[]): Html {
  const { page, words } = visit
  const { imports } = words
  const rows = files.map(({ upload, job }) => [
    linkTo(page, `/edit/imports/${upload.id}`, html`<bdi>${upload.name}</bdi>`),
    kindOf(visit, upload.kind),
    stateOf(visit, job),
    instantHtml(page.language, upload.updatedAt),
  ])
  return tableOf(imports.files, [imports.name, imports.kind, imports.state, imports.changedAt], rows)
}

export const kindOf = ({ page, words }: PageRequest, kind: string | null): string =>
  kind === null ? words.imports.eachRow : page.messages.kinds[kind as keyof typeof page.messages.kinds].many

/** The state of an import in a few words. */
export function stateOf({ page, words }: PageRequest, job: ImportJob | null): string {
  const { states, faults } = words.imports
  if (!job) return states.unknown
  if (job.finishedAt === null) return job.mode === 'commit' ? states.writing : states.checking
  if (job.status === 'succeeded') return job.mode === 'commit' ? states.written : states.ready
  return job.failure === null ? plural(page.language, faults, job.errorCount ?? 0) : states.failed
}

interface KindChoice {
  value: string
  /** What the choice of no kind means; null: there is none. */
  first: string | null
  hint: string
  errors?: readonly FieldError[]
}

export function kindField(
  { page, words }: PageRequest,
  { value, first, hint, errors = [] }: KindChoice,
): Html {
  const { imports } = words
  return selectField({
    name: 'kind',
    label: imports.kind,
    hint,
    value,
    errors,
    options: [
      ...(first === null ? [] : [{ value: '', label: first }]),
      ...kindsOf(page.catalogue).map((kind) => ({
        value: kind as string,
        label: page.messages.kinds[kind].many,
      })),
      { value: NO_KIND, label: imports.eachRow },
    ],
  })
}

const kindsOf = (catalogue: Catalogue) => kindsInOrder(catalogue)

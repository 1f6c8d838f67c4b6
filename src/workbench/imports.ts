// The import page: a file is chosen and checked, its faults are mended in a table, and it is written in one transaction.
import { notFound, Problem } from '../core/problems.ts'
import { singleLine } from '../core/text.ts'
import {
  deleteUpload,
  findUpload,
  insertUpload,
  listUploads,
  type Upload,
  updateUpload,
} from '../db/uploads.ts'
import { cellsOf, csvText } from '../features/formats/columns.ts'
import type { ImportJob } from '../features/imports/jobs.ts'
import { decodeUtf8, type ImportFormat } from '../features/imports/rows.ts'
import { storeFile } from '../features/imports/upload.ts'
import type { Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import { namesIn } from '../web/names.ts'
import type { FieldError } from './controls.ts'
import { mend, recogniseKind, rowsAt } from './import-file.ts'
import { faultyRows, importPage, mendingIn } from './import-page.ts'
import { importsPage, NO_KIND } from './imports-page.ts'
import { redirectTo, sendWorkbench } from './respond.ts'
import { authorOf, type RouteModule, type Visit } from './visit.ts'

/** The largest file, in bytes. Larger ones are for the API. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024

const FORMATS: Record<string, ImportFormat> = { csv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' }

export const importPageRoutes: RouteModule = (
  { page, form },
  { records, catalogue, readSnapshot, imports },
) => {
  const { engine } = records

  const jobOf = (upload: Pick<Upload, 'importId'>) =>
    imports.read(engine.reader, upload.importId).catch(() => null)

  async function sendList(visit: Visit, errors: readonly FieldError[] = []) {
    const uploads = await listUploads(engine.reader, visit.key.id)
    const files = await Promise.all(uploads.map(async (upload) => ({ upload, job: await jobOf(upload) })))
    const main = importsPage(visit, files, errors)
    return sendWorkbench(visit, { title: visit.words.imports.title, main, errors, scripts: ['drop'] })
  }

  /** Starts an import of a content, and stores both. @param store returns whether the file is still as it was read */
  async function run(
    visit: Visit,
    { content, format, kind }: Pick<Upload, 'content' | 'format' | 'kind'>,
    mode: ImportJob['mode'],
    store: (tx: Parameters<Parameters<typeof imports.submit>[3]>[0], importId: string) => Promise<boolean>,
  ): Promise<void> {
    async function* bytes() {
      yield Buffer.from(content)
    }
    const file = await storeFile(bytes(), format as ImportFormat)
    const author = authorOf(visit, visit.form.get('reason')?.slice(0, 500))
    await imports.submit(author, file, { mode, kind: kind as Kind | null }, async (tx, { id }) => {
      if (!(await store(tx, id)))
        throw new Problem('precondition-failed', 'The file was changed in another window.')
    })
  }

  form(
    '/imports',
    {
      show: (visit) => sendList(visit),
      async submit(visit) {
        const received = await receive(visit)
        if ('fault' in received) return sendList(visit, [{ name: 'file', message: received.fault }])
        const { name, format, content, chosen } = received
        const recognised = await recogniseKind(catalogue, name, { format, content })
        const kind = chosen === '' ? recognised : kindNamed(chosen)
        if (kind === undefined || (kind === null && format === 'csv'))
          return sendList(visit, [{ name: 'kind', message: visit.words.imports.kindFault }])
        let id = ''
        const stored = { content, format, kind }
        await run(visit, stored, 'dry-run', async (tx, importId) => {
          id = await insertUpload(tx, { ...stored, keyId: visit.key.id, name, importId }, tx.at)
          return true
        })
        return redirectTo(visit, `/edit/imports/${id}`)
      },
    },
    { upload: true },
  )

  form('/imports/:id', {
    async show(visit) {
      const upload = await uploadOf(visit)
      const file = { format: upload.format as ImportFormat, content: upload.content }
      const job = await jobOf(upload)
      const preview = await rowsAt(file)
      const faulty = job?.errors ? await faultyRows(catalogue, upload, file, job.errors) : null
      const differences = (job?.differences ?? []) as unknown as Json
      const names = await readSnapshot((context) =>
        namesIn(context, differences, { asOf: null, seq: null }, visit.page.language),
      )
      const view = { upload, job, preview, faulty }
      const to = { ...visit, page: { ...visit.page, names } }
      return sendWorkbench(to, {
        title: `${upload.name} · ${visit.words.imports.title}`,
        main: importPage(to, catalogue, view),
        scripts: job?.finishedAt === null ? ['refresh'] : [],
      })
    },
    async submit(visit) {
      const { form: sent } = visit
      const upload = await uploadOf(visit)
      const path = `/edit/imports/${upload.id}`
      const action = sent.get('action')
      if (action === 'discard') {
        await engine.write((writer) => deleteUpload(writer, visit.key.id, upload.id))
        return redirectTo(visit, '/edit/imports', { done: 'fileDiscarded' })
      }
      // What is sent again, or from a window that shows an earlier state, changes nothing.
      if (sent.get('importId') !== upload.importId) return redirectTo(visit, path, { done: 'fileChanged' })
      const changed = await changedBy(visit, upload)
      const mode = action === 'commit' && (await isReady(upload)) ? 'commit' : 'dry-run'
      try {
        await run(visit, { ...upload, ...changed }, mode, (tx, importId) =>
          updateUpload(tx, upload, { ...changed, importId }, tx.at),
        )
      } catch (error) {
        if (error instanceof Problem && error.code === 'precondition-failed')
          return redirectTo(visit, path, { done: 'fileChanged' })
        throw error
      }
      return redirectTo(visit, path)
    },
  })

  page('/imports/:id/faults.csv', async (visit) => {
    const { errors = [] } = (await jobOf(await uploadOf(visit))) ?? {}
    const columns = ['row', 'line', 'field', 'detail', 'type'].map((name) => [name])
    const rows = errors.map((fault) => cellsOf(columns, fault as unknown as Json))
    return sendFile(visit, 'faults.csv', `\ufeff${csvText([columns.flat(), ...rows])}`)
  })

  page('/imports/:id/file', async (visit) => {
    const { format, content } = await uploadOf(visit)
    return sendFile(visit, `import.${format}`, content)
  })

  async function uploadOf({ key, params }: Visit): Promise<Upload> {
    const { id = '' } = params
    const upload = await findUpload(engine.reader, key.id, id)
    if (!upload) throw notFound('file', id)
    return upload
  }

  async function isReady(upload: Upload): Promise<boolean> {
    const job = await jobOf(upload)
    return job?.mode === 'dry-run' && job.status === 'succeeded'
  }

  /** What a form changes of a file: its rows or the kind of them. */
  async function changedBy(
    { form: sent }: Visit,
    upload: Upload,
  ): Promise<Partial<Pick<Upload, 'kind' | 'content'>>> {
    switch (sent.get('action')) {
      case 'mend': {
        const file = { format: upload.format as ImportFormat, content: upload.content }
        const isTable = (await rowsAt(file)) !== null
        return isTable ? { content: await mend(file, await mendingIn(sent, file)) } : {}
      }
      case 'check': {
        const kind = kindNamed(sent.get('kind') ?? '')
        return kind === undefined ? {} : { kind }
      }
      default:
        return {}
    }
  }

  /** The kind that was chosen; null if each row contains it, undefined if there is no such kind. */
  function kindNamed(chosen: string): Kind | null | undefined {
    return chosen === NO_KIND ? null : catalogue.entities.find(({ kind }) => kind === chosen)?.kind
  }
}

type Received = { fault: string } | { name: string; format: ImportFormat; content: string; chosen: string }

/** Reads the file of a form. */
async function receive({ request, words }: Visit): Promise<Received> {
  const { imports } = words
  const part = await request.file({ limits: { fileSize: MAX_FILE_BYTES, files: 1 } })
  const name = singleLine(part?.filename.split(/[/\\]/).at(-1) ?? '')
    .trim()
    .slice(0, 200)
  const format = FORMATS[name.split('.').at(-1)?.toLowerCase() ?? '']
  const bytes = await part?.toBuffer().catch((error: { code?: string }) => {
    if (error.code === 'FST_REQ_FILE_TOO_LARGE') return null
    throw error
  })
  if (bytes === null) return { fault: imports.tooLarge }
  if (!bytes || name === '' || bytes.length === 0) return { fault: imports.noFile }
  if (!format) return { fault: imports.wrongFormat }
  let content = ''
  try {
    for await (const text of decodeUtf8(chunksOf(bytes))) content += text
  } catch {
    return { fault: imports.notUtf8 }
  }
  if (content.includes('\0')) return { fault: imports.notUtf8 }
  const field = part?.fields['kind']
  const chosen = field && !Array.isArray(field) && field.type === 'field' ? String(field.value) : ''
  return { name, format, content, chosen }
}

async function* chunksOf(bytes: Buffer) {
  yield bytes
}

const sendFile = ({ reply }: Visit, name: string, content: string) =>
  reply
    .headers({
      'content-type': `${name.endsWith('.csv') ? 'text/csv' : 'application/x-ndjson'}; charset=utf-8`,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'private, no-cache',
    })
    .send(content)

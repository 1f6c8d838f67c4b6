// What of the OpenAPI document the tests have seen: operations and statuses, and headers that never came. Written to
// coverage/openapi.md when a run ends.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenapiDocument } from './document.ts'

const root = new URL('../../', import.meta.url)

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-seen-'))
  const file = join(folder, 'seen.txt')
  writeFileSync(file, '')
  // Workers inherit it, and each notes what its answers covered (helpers/document.ts).
  process.env['SEEN_FILE'] = file
  return () => {
    report(new Set(readFileSync(file, 'utf8').split('\n')))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Statuses that no request can provoke: they need a broken disk, a stopping service, or a limit that is off. */
const PROVOKED = new Set(['429', '500', '503'])

function report(seen: ReadonlySet<string>): void {
  const text = readFileSync(new URL('openapi/openapi.json', root), 'utf8')
  const { paths, components } = JSON.parse(text) as OpenapiDocument
  const missing: string[] = []
  const unsent: string[] = []
  let described = 0
  for (const methods of Object.values(paths)) {
    for (const { operationId, responses } of Object.values(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        const where = `${operationId} ${status}`
        described++
        if (!seen.has(where)) {
          missing.push(where)
          continue
        }
        const named = response.$ref && components['responses']?.[response.$ref.split('/').at(-1) ?? '']
        const headers = Object.keys((named || response).headers ?? {})
        const never = headers.filter((name) => !seen.has(`${where} ${name.toLowerCase()}`))
        if (never.length > 0) unsent.push(`${where}: ${never.join(', ')}`)
      }
    }
  }
  const [rare, plain] = [true, false].map((wanted) =>
    missing.filter((where) => PROVOKED.has(where.split(' ')[1] ?? '') === wanted),
  ) as [string[], string[]]
  const list = (lines: string[]) => lines.map((line) => `- ${line}\n`).join('')
  mkdirSync(new URL('coverage/', root), { recursive: true })
  writeFileSync(
    new URL('coverage/openapi.md', root),
    `# Operations and statuses\n\n${described - missing.length} of ${described} answers that the document describes were received by this run.\n\n` +
      `## Not received\n\n${list(plain)}\n## Not received, and only the state of the service brings them about\n\n${list(rare)}\n` +
      `## Headers that were not on any such answer\n\n${list(unsent)}`,
  )
  process.stdout.write(
    `${described - missing.length} of ${described} answers of the OpenAPI document received, ${plain.length} others missing (coverage/openapi.md)\n`,
  )
}

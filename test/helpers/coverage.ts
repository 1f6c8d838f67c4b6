// Reports in coverage/openapi.md which operations, statuses and headers of the OpenAPI document a test run received.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenapiDocument } from './document.ts'

const root = new URL('../../', import.meta.url)

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sco-tracker-seen-'))
  const file = join(folder, 'seen.txt')
  writeFileSync(file, '')
  // Workers inherit the variable, and append what their responses covered (helpers/document.ts).
  process.env['SEEN_FILE'] = file
  return () => {
    report(new Set(readFileSync(file, 'utf8').split('\n')))
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(seen: ReadonlySet<string>): void {
  const text = readFileSync(new URL('openapi/openapi.json', root), 'utf8')
  const { paths, components } = JSON.parse(text) as OpenapiDocument
  const missing: string[] = []
  const unsent: string[] = []
  let described = 0
  for (const methods of Object.values(paths)) {
    for (const { operationId, responses } of Object.values(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        if (status === 'default') continue
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
  const list = (lines: string[]) => lines.map((line) => `- ${line}\n`).join('')
  mkdirSync(new URL('coverage/', root), { recursive: true })
  writeFileSync(
    new URL('coverage/openapi.md', root),
    `# Operations and statuses\n\n${described - missing.length} of ${described} responses that the document lists were received.\n\n` +
      `## Not received\n\n${list(missing)}\n## Headers not received with any such response\n\n${list(unsent)}`,
  )
  process.stdout.write(
    `${described - missing.length} of ${described} responses of the OpenAPI document received (coverage/openapi.md)\n`,
  )
}

// The documentation is complete: every setting, npm script and route, and correct links and figures.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { plotOf, type Results, withFigures } from '../../bench/report.ts'
import { documentsWithTables } from '../../src/cli/reference-tables.ts'
import type { Document } from '../../src/http/document-nodes.ts'
import { service } from '../helpers/app.ts'

const root = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, root), 'utf8')

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root.pathname })]
const documentation = documents.map(read).join('\n')

test('every npm script is documented', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const documented = (name: string) => new RegExp(`npm (run )?${name}\\b`).test(documentation)
  expect(Object.keys(scripts).filter((name) => !documented(name))).toEqual([])
})

test('the tables of settings, routes, filters, sorts and includes equal those generated from the code', async () => {
  const { app } = await service()
  const documents = documentsWithTables(app.swagger() as unknown as Document)
  expect([...documents].map(([path]) => path.replace(root.pathname, ''))).toEqual([
    'README.md',
    'docs/routes.md',
    'docs/querying.md',
  ])
  for (const [path, wanted] of documents) expect(readFileSync(path, 'utf8'), path).toBe(wanted)
})

test('every source file that the guides name exists', () => {
  const files = globSync(['*.ts', 'src/**/*.ts', 'test/**/*.ts'], { cwd: root.pathname })
  const missing = ['docs/architecture.md', 'CONTRIBUTING.md'].flatMap((guide) =>
    [...read(guide).matchAll(/`([\w/.-]+\.ts)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)))
      .map((name) => `${guide}: ${name}`),
  )
  expect(missing).toEqual([])
})

test('every link in the documentation leads to a file', () => {
  const broken = [...documents, 'CONTRIBUTING.md', 'CHANGELOG.md'].flatMap((name) =>
    [...read(name).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap(([, target = '']) => {
      const file = new URL(target, new URL(name, root))
      return globSync(file.pathname.replace(/\/$/, '')).length > 0 ? [] : [`${name}: ${target}`]
    }),
  )
  expect(broken).toEqual([])
})

test('the figures and the plot of docs/performance.md equal those of bench/results.json', () => {
  const results = JSON.parse(read('bench/results.json')) as Results
  const page = read('docs/performance.md')
  expect(withFigures(page, results)).toBe(page)
  expect(plotOf(results)).toBe(read('docs/performance.svg'))
})

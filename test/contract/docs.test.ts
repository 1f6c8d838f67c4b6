// What there is, is documented: every setting, every npm script, every route.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { plotOf, type Results, withFigures } from '../../bench/report.ts'
import { SETTINGS } from '../../src/config.ts'
import { service } from '../helpers/app.ts'

const root = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, root), 'utf8')

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root.pathname })]
const documentation = documents.map(read).join('\n')

test('every setting stands in the README', () => {
  expect(SETTINGS.filter((name) => !read('README.md').includes(`\`${name}\``))).toEqual([])
})

test('every npm script is documented', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const documented = (name: string) => new RegExp(`npm (run )?${name}\\b`).test(documentation)
  expect(Object.keys(scripts).filter((name) => !documented(name))).toEqual([])
})

test('docs/routes.md lists every operation of the OpenAPI document, and no other', async () => {
  const { app } = await service()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, { summary: string }>> }
  const wanted = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { summary }]) => `| \`${method.toUpperCase()} ${path}\` | ${summary} |`,
    ),
  )
  const listed = read('docs/routes.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const missing = wanted.filter((line) => !listed.includes(line))
  const surplus = listed.filter((line) => !wanted.includes(line))
  expect(missing, `Add these lines to docs/routes.md:\n${missing.join('\n')}\n`).toEqual([])
  expect(surplus, `Take these lines out of docs/routes.md:\n${surplus.join('\n')}\n`).toEqual([])
})

test('every link inside the documentation leads to a file', () => {
  const broken = [...documents, 'CONTRIBUTING.md', 'CHANGELOG.md'].flatMap((name) =>
    [...read(name).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap(([, target = '']) => {
      const file = new URL(target, new URL(name, root))
      return globSync(file.pathname.replace(/\/$/, '')).length > 0 ? [] : [`${name}: ${target}`]
    }),
  )
  expect(broken).toEqual([])
})

test('the figures of docs/performance.md, and its plot, are those of bench/results.json', () => {
  const results = JSON.parse(read('bench/results.json')) as Results
  const page = read('docs/performance.md')
  expect(withFigures(page, results)).toBe(page)
  expect(plotOf(results)).toBe(read('docs/performance.svg'))
})

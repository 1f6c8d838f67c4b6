// Who may import whom (docs/architecture.md), for every file of src, types included.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const src = new URL('../../src/', import.meta.url).pathname

const files = globSync('**/*.ts', { cwd: src }).sort()

const read = (file: string) => readFileSync(join(src, file), 'utf8')

/** What a file imports, statically, dynamically or for its types; comments do not count. */
function specifiers(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [
    ...code.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ].map(([, specifier]) => specifier ?? '')
}

/** The files of ours that each file imports. */
const imports = new Map(
  files.map((file) => [
    file,
    specifiers(read(file))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(file), specifier)))
      .filter((target) => target.endsWith('.ts')),
  ]),
)

const edges = [...imports].flatMap(([from, targets]) => targets.map((to) => ({ from, to })))
const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '')
const resourceOf = (file: string) => /^resources\/([^/]+)\//.exec(file)?.[1]

/** Imports out of the files of a folder into anything but what is allowed. */
const breaches = (folder: string, allowed: (from: string, to: string) => boolean) =>
  edges
    .filter(({ from, to }) => folderOf(from) === folder && !allowed(from, to))
    .map(({ from, to }) => `${from} imports ${to}`)

/** Imports into the given folders, or within the own. */
const within =
  (...folders: string[]) =>
  (from: string, to: string) =>
    [folderOf(from), ...folders].includes(folderOf(to))

describe('the structure of src', () => {
  test('is read whole: every import leads to a file', () => {
    expect(files.length).toBeGreaterThan(40)
    expect(edges.length).toBeGreaterThan(150)
    expect(edges.filter(({ to }) => !files.includes(to))).toEqual([])
    for (const folder of ['core', 'db', 'http', 'records', 'resources', 'features'])
      expect([folder, files.some((file) => folderOf(file) === folder)]).toEqual([folder, true])
    for (const file of files.filter((each) => /^import /m.test(read(each))))
      expect([file, specifiers(read(file)).length > 0]).toEqual([file, true])
  })

  test('core imports nothing of ours', () => {
    expect(breaches('core', within())).toEqual([])
  })

  test('core knows neither HTTP nor SQL', () => {
    const known = files
      .filter((file) => folderOf(file) === 'core')
      .flatMap((file) => specifiers(read(file)))
      .filter((specifier) => /fastify|drizzle|sqlite|^pg$|^node:(http|net|fs)/.test(specifier))
    expect(known).toEqual([])
  })

  test('db imports core only', () => {
    expect(breaches('db', within('core'))).toEqual([])
  })

  test('http imports core and db only', () => {
    expect(breaches('http', within('core', 'db'))).toEqual([])
  })

  test('records imports core and db only', () => {
    expect(breaches('records', within('core', 'db'))).toEqual([])
  })

  test('a resource imports core, db, records, http, and its own files', () => {
    const allowed = (from: string, to: string) =>
      from === 'resources/index.ts' ||
      ['core', 'db', 'records', 'http'].includes(folderOf(to)) ||
      (folderOf(to) === 'resources' && resourceOf(to) === resourceOf(from))
    expect(breaches('resources', allowed)).toEqual([])
  })

  test('resources/index.ts imports every resource', () => {
    const listed = imports.get('resources/index.ts')?.map(resourceOf)
    const all = new Set(files.map(resourceOf).filter((name) => name !== undefined))
    expect(all.size).toBeGreaterThanOrEqual(11)
    for (const name of all) expect(listed).toContain(name)
  })

  test('features import core, db, records and http, and no resource', () => {
    expect(breaches('features', within('core', 'db', 'records', 'http'))).toEqual([])
  })

  test('nothing imports what stands above all: the app, the start, the commands', () => {
    const above = ['app.ts', 'start.ts', 'main.ts', 'seed.ts']
    const below = ['core', 'db', 'http', 'records', 'resources', 'features']
    expect(
      edges.filter(
        ({ from, to }) => below.includes(folderOf(from)) && (above.includes(to) || folderOf(to) === 'cli'),
      ),
    ).toEqual([])
  })

  test('has no cycle of imports, types included', () => {
    const cycles: string[] = []
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, trail: string[]) => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
        return
      }
      state.set(file, 'open')
      for (const target of imports.get(file) ?? []) visit(target, [...trail, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  test('loads a driver only with the engine that needs it', () => {
    const statically = (file: string) =>
      [...read(file).matchAll(/^\s*(?:import|export)\b(?! type)[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm)].map(
        ([, specifier]) => specifier ?? '',
      )
    const loads = (pattern: RegExp) =>
      files.filter((file) => statically(file).some((each) => pattern.test(each)))
    expect(loads(/^pg$/)).toEqual(['db/postgres/engine.ts'])
    expect(loads(/postgres\/engine\.ts$/)).toEqual([])
    expect(loads(/^better-sqlite3$/)).toEqual(['cli/backup.ts', 'db/sqlite/connection.ts'])
    expect(loads(/sqlite\/engine\.ts$/)).toEqual(['cli/openapi.ts'])
  })

  test('gets its settings from the command line, and reads no environment itself', () => {
    const reading = files.filter((file) => {
      const code = read(file)
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\/\/.*$/gm, '')
      return /process\s*\.\s*env|process\[|\bfrom 'node:process'/.test(code)
    })
    expect(reading).toEqual([])
  })

  test('opens each file with a line that says what it is for', () => {
    const silent = files.filter((file) => !/^(#!.*\n)?\/\/ /.test(read(file)))
    expect(silent).toEqual([])
  })
})

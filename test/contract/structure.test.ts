// The import rules of docs/architecture.md, for every file of src, including type imports.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const src = new URL('../../src/', import.meta.url).pathname

const files = globSync('**/*.ts', { cwd: src }).sort()

const read = (file: string) => readFileSync(join(src, file), 'utf8')

/** The modules that a file imports, statically, dynamically or as types, ignoring comments. */
function specifiers(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [
    ...code.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ].map(([, specifier]) => specifier ?? '')
}

/** The files of src that each file imports. */
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

/** The imports from a folder that are not allowed. */
const violations = (folder: string, allowed: (from: string, to: string) => boolean) =>
  edges
    .filter(({ from, to }) => folderOf(from) === folder && !allowed(from, to))
    .map(({ from, to }) => `${from} imports ${to}`)

/** Allows imports from the same folder and the given ones. */
const within =
  (...folders: string[]) =>
  (from: string, to: string) =>
    [folderOf(from), ...folders].includes(folderOf(to))

describe('the structure of src', () => {
  test('is read completely: every import leads to a file', () => {
    expect(files.length).toBeGreaterThan(40)
    expect(edges.length).toBeGreaterThan(150)
    expect(edges.filter(({ to }) => !files.includes(to))).toEqual([])
    for (const folder of ['core', 'db', 'http', 'records', 'resources', 'features', 'web', 'workbench'])
      expect([folder, files.some((file) => folderOf(file) === folder)]).toEqual([folder, true])
    for (const file of files.filter((each) => /^import /m.test(read(each))))
      expect([file, specifiers(read(file)).length > 0]).toEqual([file, true])
  })

  test('core imports nothing else of src', () => {
    expect(violations('core', within())).toEqual([])
  })

  test('core imports no HTTP, SQL or file library', () => {
    const libraries = files
      .filter((file) => folderOf(file) === 'core')
      .flatMap((file) => specifiers(read(file)))
      .filter((specifier) => /fastify|drizzle|sqlite|^pg$|^node:(http|net|fs)/.test(specifier))
    expect(libraries).toEqual([])
  })

  test('db imports core only', () => {
    expect(violations('db', within('core'))).toEqual([])
  })

  test('http imports core and db only', () => {
    expect(violations('http', within('core', 'db'))).toEqual([])
  })

  test('records imports core and db only', () => {
    expect(violations('records', within('core', 'db'))).toEqual([])
  })

  test('a resource imports core, db, records, http, and its own files', () => {
    const allowed = (from: string, to: string) =>
      from === 'resources/index.ts' ||
      ['core', 'db', 'records', 'http'].includes(folderOf(to)) ||
      (folderOf(to) === 'resources' && resourceOf(to) === resourceOf(from))
    expect(violations('resources', allowed)).toEqual([])
  })

  test('resources/index.ts imports every resource', () => {
    const listed = imports.get('resources/index.ts')?.map(resourceOf)
    const all = new Set(files.map(resourceOf).filter((name) => name !== undefined))
    expect(all.size).toBeGreaterThanOrEqual(11)
    for (const name of all) expect(listed).toContain(name)
  })

  test('features import core, db, records and http, and no resource', () => {
    expect(violations('features', within('core', 'db', 'records', 'http'))).toEqual([])
  })

  test('web imports core, db, records and http, and no resource or feature', () => {
    expect(violations('web', within('core', 'db', 'records', 'http'))).toEqual([])
  })

  test('workbench imports core, db, records, http, features and web, and no resource', () => {
    expect(violations('workbench', within('core', 'db', 'records', 'http', 'features', 'web'))).toEqual([])
  })

  test('only app.ts imports workbench', () => {
    const importing = edges.filter(
      ({ from, to }) => folderOf(to) === 'workbench' && folderOf(from) !== 'workbench',
    )
    expect([...new Set(importing.map(({ from }) => from))]).toEqual(['app.ts'])
  })

  test('no layer imports the modules above it: app, start, main, seed, cli', () => {
    const above = ['app.ts', 'start.ts', 'main.ts', 'seed.ts']
    const below = ['core', 'db', 'http', 'records', 'resources', 'features', 'web', 'workbench']
    expect(
      edges.filter(
        ({ from, to }) => below.includes(folderOf(from)) && (above.includes(to) || folderOf(to) === 'cli'),
      ),
    ).toEqual([])
  })

  test('has no import cycles, including type imports', () => {
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

  test('imports only packages that are installed without development dependencies', () => {
    const manifest = new URL('../../package.json', import.meta.url)
    const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: object }
    const packages = files
      .flatMap((file) => specifiers(read(file)))
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
    expect(packages.length).toBeGreaterThan(50)
    expect([...new Set(packages)].filter((name) => !(name in dependencies))).toEqual([])
  })

  test('loads a database driver only with its engine', () => {
    const statically = (file: string) =>
      [...read(file).matchAll(/^\s*(?:import|export)\b(?! type)[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm)].map(
        ([, specifier]) => specifier ?? '',
      )
    const loads = (pattern: RegExp) =>
      files.filter((file) => statically(file).some((each) => pattern.test(each)))
    expect(loads(/^pg$/)).toEqual(['db/postgres/engine.ts'])
    expect(loads(/postgres\/engine\.ts$/)).toEqual([])
    expect(loads(/^better-sqlite3$/)).toEqual([
      'cli/backup.ts',
      'db/sqlite/connection.ts',
      'db/sqlite/read-pool.ts',
    ])
    expect(loads(/sqlite\/engine\.ts$/)).toEqual(['cli/openapi.ts'])
  })

  test('gets settings from the command line, and never reads the environment', () => {
    const reading = files.filter((file) => {
      const code = read(file)
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\/\/.*$/gm, '')
      return /process\s*\.\s*env|process\[|\bfrom 'node:process'/.test(code)
    })
    expect(reading).toEqual([])
  })

  test('has a heading comment in every file', () => {
    const undocumented = files.filter((file) => !/^(#!.*\n)?\/\/ /.test(read(file)))
    expect(undocumented).toEqual([])
  })
})

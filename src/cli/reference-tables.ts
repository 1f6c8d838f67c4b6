// Generates the tables of the documentation from the OpenAPI document, the resources and the settings.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTINGS } from '../config.ts'
import { type Document, nameOf } from '../http/document-nodes.ts'
import { includePaths } from '../records/read/include.ts'
import type { Listable } from '../records/read/parameters.ts'
import { catalogue } from '../resources/index.ts'

const root = join(import.meta.dirname, '..', '..')

/** @returns the documents with up-to-date tables, by path */
export function documentsWithTables(document: Document): Map<string, string> {
  const { resources, children } = catalogue
  const rows = (cells: (kind: Listable) => string[]) =>
    [...resources, ...children].map((kind) => [code([kind.path]), ...cells(kind)])
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary }]) => [
      code([`${method.toUpperCase()} ${path}`]),
      String(summary),
    ]),
  )
  const parameters = resources.map(({ path }) => queryParameters(document, path))
  const ofEvery = parameters.reduce((one, other) => one.filter((name) => other.includes(name)))
  const tables: Record<string, Record<string, string[][]>> = {
    'README.md': {
      settings: [
        ['Setting', 'Default', 'Meaning'],
        ...SETTINGS.map(({ name, preset, description }) => [
          code([name]),
          preset === undefined ? 'none' : code([preset]),
          description,
        ]),
      ],
    },
    'docs/routes.md': { operations: [['Operation', 'What it does'], ...operations] },
    'docs/querying.md': {
      filters: [
        ['Resource', 'Filters'],
        ...rows(({ path }) => [
          code(queryParameters(document, path).filter((name) => !ofEvery.includes(name))),
        ]),
      ],
      sorts: [
        ['Resource', 'Sorts by', 'Default'],
        ...rows(({ sorts, defaultSort }) => [code(sorts), code([defaultSort])]),
      ],
      includes: [
        ['Resource', 'Relations'],
        ...rows((resource) => [
          code(includePaths(catalogue, resource).filter((path) => !path.includes('.'))),
        ]),
      ],
    },
  }
  return new Map(
    Object.entries(tables).map(([file, byName]) => {
      const path = join(root, file)
      return [path, Object.entries(byName).reduce(withTable, readFileSync(path, 'utf8'))]
    }),
  )
}

function queryParameters({ paths, components }: Document, path: string): string[] {
  const parameters = paths[`/v1/${path}`]?.['get']?.parameters ?? []
  return parameters
    .map((each) => ('$ref' in each ? (components['parameters']?.[nameOf(each['$ref'])] ?? each) : each))
    .filter((each) => each['in'] === 'query')
    .map(({ name }) => String(name))
}

const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ')

/** Replaces the table after the comment `<!-- table NAME: … -->`. */
function withTable(text: string, [name, [head = [], ...rows]]: [string, string[][]]): string {
  const place = new RegExp(`(<!-- table ${name}: [^\n]*\n\n)(?:\\|[^\n]*\n)*`)
  if (!place.test(text)) throw new Error(`There is no comment for the table ${name}.`)
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`)
  return text.replace(place, (_, comment: string) => comment + lines.join(''))
}

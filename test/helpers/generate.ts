// Generates values that a schema of the OpenAPI document allows.
import fc from 'fast-check'

type Schema = Record<string, any>

export interface Generating {
  /** Resolves a reference into the document. */
  deref: (schema: Schema) => Schema
  /** Ids of existing records by prefix; `state` for the codes of states. */
  existingIds: Readonly<Record<string, string[]>>
}

/** Trimmed text of characters that cause trouble in databases, spreadsheets and HTML. */
const words = (min: number, max: number) =>
  fc
    .array(
      fc.constantFrom(
        ...[
          'a',
          'Z',
          'é',
          '谢',
          'Ш',
          '😀',
          "'",
          '"',
          '<b>',
          '&',
          '%',
          '\\',
          '-',
          '=1',
          '/',
          '\n',
          ' ',
          'a\u202eb',
        ],
      ),
      { minLength: Math.max(min, 1), maxLength: Math.min(max, 24) },
    )
    .map((parts) =>
      parts
        .join('')
        .slice(0, Math.max(max - 2, 1))
        .replace(/[\ud800-\udbff]$/, ''),
    )
    .map((text) => (text.trim() === text && text.length >= min ? text : 'x'.repeat(Math.max(min, 1))))

/** An existing date, with the precision of a year, month or day. */
const partialDate = fc
  .record({
    year: fc.integer({ min: 1900, max: 2026 }),
    month: fc.integer({ min: 1, max: 9 }),
    day: fc.integer({ min: 1, max: 28 }),
    length: fc.constantFrom(4, 7, 10),
  })
  .map(({ year, month, day, length }) => `${year}-0${month}-${String(day).padStart(2, '0')}`.slice(0, length))

/** A date in the subset of EDTF that records use. */
const edtfDate = fc.oneof(
  partialDate,
  fc.tuple(partialDate, fc.constantFrom('~', '?', '%')).map((parts) => parts.join('')),
  partialDate.map((date) => `[${date}..]`),
  partialDate.map((date) => `[..${date}]`),
  partialDate.map((date) => `[${date}..2027]`),
)

const instant = fc
  .integer({ min: 0, max: 1_780_000_000 })
  .map((seconds) => new Date(seconds * 1000).toISOString())

const matching = new Map<string, fc.Arbitrary<string>>()

/** Text that matches a pattern. Kept, because fast-check takes long to take a pattern apart. */
export const textMatching = (pattern: string, maxLength: number): fc.Arbitrary<string> =>
  matching.getOrInsertComputed(`${maxLength} ${pattern}`, () =>
    fc.stringMatching(new RegExp(pattern), { maxLength }),
  )

export function valuesOf(input: Schema, generating: Generating, depth = 0): fc.Arbitrary<unknown> {
  const schema = generating.deref(input)
  if ('const' in schema) return fc.constant(schema['const'])
  if (schema['enum']) return fc.constantFrom(...(schema['enum'] as unknown[]))
  const members = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined
  if (members) return fc.oneof(...members.map((member) => valuesOf(member, generating, depth)))
  if (Array.isArray(schema['type']))
    return fc.oneof(
      ...(schema['type'] as string[]).map((type) => valuesOf({ ...schema, type }, generating, depth)),
    )
  switch (schema['type']) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return fc.integer({ min: schema['minimum'] ?? 0, max: Math.min(schema['maximum'] ?? 1000, 1000) })
    case 'array':
      return fc.array(valuesOf(schema['items'] ?? {}, generating, depth + 1), {
        minLength: schema['minItems'] ?? 0,
        maxLength: Math.min(schema['maxItems'] ?? 3, depth > 2 ? 1 : 3),
      })
    case 'object': {
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
      return fc.record(
        Object.fromEntries(
          properties.map(([name, inner]) => [
            name,
            // The fields that evidence can be about differ by kind; empty: the whole record.
            name === 'field' ? fc.constant('') : valuesOf(inner, generating, depth + 1),
          ]),
        ),
        { requiredKeys: (schema['required'] ?? []) as string[] },
      )
    }
    case 'string':
      return text(schema, generating)
  }
  return fc.constantFrom<unknown>(null, 1, 'any', true)
}

function text(schema: Schema, { existingIds }: Generating): fc.Arbitrary<string> {
  if (schema['format'] === 'date') return partialDate.filter((date) => date.length === 10)
  if (schema['format'] === 'date-time') return instant
  if (schema['format'] === 'uri') return fc.constantFrom('https://example.org/a?b=c', 'http://example.org/')
  // References in a report can also be `=key`, but few keys would exist.
  const pattern = (schema['pattern'] as string | undefined)?.replace(/\|\^=.*$/, '')
  if (pattern === undefined) return words(schema['minLength'] ?? 0, schema['maxLength'] ?? 100)
  if (pattern.startsWith('^\\d{4}')) return partialDate
  if (pattern.startsWith('^(?:\\d{4}')) return edtfDate
  if (pattern.startsWith('^[A-Za-z]{2,3}(-')) return fc.constantFrom('en', 'zh-Hans', 'ru', 'uz-Cyrl-UZ')
  const ids = [...pattern.matchAll(/\^([a-z]{3})_/g)].flatMap(([, prefix = '']) => existingIds[prefix] ?? [])
  if (pattern === '^[A-Z]{2}$') ids.push(...(existingIds['state'] ?? []))
  const generated = textMatching(pattern, schema['maxLength'] ?? 100).filter(
    (text) => text === '' || text.trim() !== '',
  )
  return ids.length > 0
    ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: generated })
    : generated
}

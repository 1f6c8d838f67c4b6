// What an item of a report, or a row of an import, has in the field that a quote is about.
type Fields = Record<string, unknown>

/** The value of a quote that gives none: undefined if the item has nothing there, or a list. */
export function ownValue(item: Fields, { field, value }: Fields): unknown {
  if (typeof field !== 'string' || field === '' || value !== undefined) return undefined
  const own = valueIn(item, field.slice(1).split('/'))
  return Array.isArray(own) ? undefined : own
}

/** The field of a record that a pointer leads into. */
export const fieldAt = (pointer: unknown): string => String(pointer).split('/')[1] ?? ''

function valueIn(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? valueIn((value as Fields)[key], rest)
    : undefined
}

// Language tags (BCP 47).

/** The canonical form of a language tag, `en-GB` for `EN-gb`; null for a text that is no tag. */
export function canonicalLanguage(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

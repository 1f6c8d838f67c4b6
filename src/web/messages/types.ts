// The types that the catalogues of messages share.

/** The forms of a message with a number, `{n}`, by the plural category of the number. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }

/** A kind of records. */
export interface KindWords {
  one: string
  many: string
  /** What its records are, in one sentence. */
  about: string
}

// What is taken from a page or a file, for an analyst to check.

export interface Extracted {
  title: string | null
  /** The name of the publisher or the website, as the page has it. */
  publisher: string | null
  authors: string[]
  /** A language tag as the page has it; null if it names none. */
  language: string | null
  /** The day of publication as the page writes it, without conversion to another time zone: `2022-08-24`. */
  publishedOn: string | null
  /** The address that the page gives for itself. */
  url: string | null
  text: string
  /** Whether no article was recognised, so that the text is that of the whole page, with its menus. */
  whole: boolean
  /** How many pages of a PDF were left out, since it has too many. */
  pagesLeftOut: number
}

export const NOTHING_EXTRACTED: Extracted = {
  title: null,
  publisher: null,
  authors: [],
  language: null,
  publishedOn: null,
  url: null,
  text: '',
  whole: false,
  pagesLeftOut: 0,
}

// HTML as a type: what is not Html is escaped where it is inserted, and addresses have a scheme that is allowed.

/** Safe HTML text. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What a template takes. Null, undefined and false are left out. */
export type Content = Html | string | number | null | undefined | false | readonly Content[]

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // A parser would turn it into a line feed.
  '\r': '&#13;',
}

const SPECIAL = /[&<>"'\r]/

const escapeText = (text: string) =>
  SPECIAL.test(text) ? text.replace(/[&<>"'\r]/g, (char) => ENTITIES[char] ?? char) : text

/** Attributes whose value is an address. */
const ADDRESS = /\s(?:href|src|action|cite)="$/

/** HTML from a template. In an attribute, write the quotation marks in the template; an address is one value. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    text += ADDRESS.test(strings[index] ?? '') ? escapeText(safeAddress(String(value))) : textOf(value)
    text += strings[index + 1] ?? ''
  }
  return new Html(text)
}

function textOf(value: Content): string {
  if (value instanceof Html) return value.text
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'object') return value.map(textOf).join('')
  return escapeText(String(value))
}

/** Text that is HTML already. Never call it with a text of a record. */
export const raw = (text: string): Html => new Html(text)

/** The text of HTML, without its tags. */
export const plainText = (content: Content): string =>
  textOf(content)
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:amp|lt|gt|quot|#39|#13);/g, (entity) => CHARACTERS.get(entity) ?? entity)

const CHARACTERS = new Map(Object.entries(ENTITIES).map(([char, entity]) => [entity, char]))

/** Joins contents with a separator. */
export const join = (contents: readonly Content[], separator: Content): Html =>
  html`${contents.flatMap((content, index) => (index === 0 ? [content] : [separator, content]))}`

export const isEmpty = (content: Content): boolean => textOf(content) === ''

/** An address of this service, or one of the web; `#` for any other scheme, such as `javascript:`. */
export const safeAddress = (address: string): string =>
  /^(?:\/(?!\/)|[?#]|https?:\/\/)/i.test(address) ? address : '#'

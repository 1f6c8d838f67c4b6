// Hashes texts, changes their case, and removes characters that XML and iCalendar forbid.
import { createHash } from 'node:crypto'

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A text without the control characters and non-characters that XML 1.0 (section 2.2) and iCalendar forbid. */
export const printable = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it searches for.
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, '\ufffd')

/**
 * A text on one line, without characters that are invisible or change the direction of what follows. Joiners and direction marks
 * stay, which Persian, Hindi and others need.
 */
export const singleLine = (text: string) =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it searches for.
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u00ad\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff]/g, '')

export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export const uncapitalised = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

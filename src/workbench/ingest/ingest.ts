// Takes a source from what was pasted, uploaded or found at an address: its text, and its fields as far as they can be read.
import { canonicalLanguage } from '../../core/language.ts'
import { decode, metaCharset } from './charset.ts'
import type { Extracted } from './extracted.ts'
import type { Extractor } from './extractor.ts'
import { IngestFailure } from './failure.ts'
import { type Fetched, type FetchOptions, fetchPage } from './fetch.ts'
import { guessLanguage } from './language.ts'
import { type Changes, MAX_TEXT, normalizeText } from './text.ts'

/** What was taken, for an analyst to check. */
export interface Ingested {
  /** Fields of a source, as in a report. */
  fields: {
    title: string
    authors: string[]
    language: string
    publishedOn: string | null
    url: string | null
    archivedUrl: string | null
    retrievedAt: string | null
    mediaType: string | null
  }
  text: string
  /** The name of the publisher as it is written. */
  publisher: string | null
  changes: Changes
  /** The encoding of the bytes; null for what was pasted. */
  encoding: string | null
  encodingGuessed: boolean
  languageGuessed: boolean
  whole: boolean
  pagesLeftOut: number
}

/** @throws IngestFailure `no-text` or `too-large` */
export const ingestPasted = (pasted: string): Ingested => complete({ ...NO_ORIGIN, text: pasted })

/**
 * @param name of the file, which tells HTML from text if the content does not
 * @param encoding chosen by hand
 * @throws IngestFailure
 */
export async function ingestFile(
  extractor: Extractor,
  bytes: Uint8Array,
  { name = '', encoding = null }: { name?: string; encoding?: string | null },
): Promise<Ingested> {
  const type = /\.x?html?$/i.test(name) ? 'text/html' : ''
  const origin = await read(extractor, bytes, { type, charset: encoding, url: null })
  return complete({ ...origin, url: origin.extracted?.url ?? null })
}

/** @throws IngestFailure */
export async function ingestAddress(
  extractor: Extractor,
  address: string,
  { encoding = null, now, ...options }: FetchOptions & { encoding?: string | null; now: Date },
): Promise<Ingested> {
  const fetched = await fetchPage(address, options)
  const origin = await read(extractor, fetched.bytes, { ...fetched, charset: encoding ?? fetched.charset })
  return complete({
    ...origin,
    ...addressesOf(origin.extracted?.url ?? fetched.url, fetched.url),
    language: fetched.language,
    retrievedAt: now.toISOString(),
  })
}

interface Origin {
  text: string
  extracted: Extracted | null
  url: string | null
  archivedUrl: string | null
  retrievedAt: string | null
  mediaType: string | null
  encoding: string | null
  encodingGuessed: boolean
  /** A language tag that the server gives. */
  language: string | null
}

const NO_ORIGIN: Omit<Origin, 'text'> = {
  extracted: null,
  url: null,
  archivedUrl: null,
  retrievedAt: null,
  mediaType: null,
  encoding: null,
  encodingGuessed: false,
  language: null,
}

async function read(
  extractor: Extractor,
  bytes: Uint8Array,
  { type, charset, url }: Pick<Fetched, 'type' | 'charset'> & { url: string | null },
): Promise<Origin> {
  if (isPdf(bytes)) {
    const extracted = await extractor.run({ pdf: new Uint8Array(bytes) })
    return { ...NO_ORIGIN, extracted, text: extracted.text, mediaType: 'application/pdf' }
  }
  const isHtml = /html|xml/.test(type) || (type !== 'text/plain' && looksLikeHtml(bytes))
  const { text, encoding, guessed } = decode(bytes, charset ?? (isHtml ? metaCharset(bytes) : null))
  if (isBinary(text)) throw new IngestFailure('type', type)
  const shared = { ...NO_ORIGIN, encoding, encodingGuessed: guessed }
  if (!isHtml) return { ...shared, text, mediaType: 'text/plain' }
  const extracted = await extractor.run({ html: text, address: url })
  return { ...shared, extracted, text: extracted.text, mediaType: 'text/html' }
}

const PDF_START = Buffer.from('%PDF-')

/** How far from its beginning a PDF, or the first tag of a page, may start. */
const HEAD = 1024

const isPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, HEAD)).includes(PDF_START)

const looksLikeHtml = (bytes: Uint8Array) =>
  /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype html|html|head|body|meta|title)\b/i.test(
    new TextDecoder('latin1').decode(bytes.subarray(0, HEAD)).replace(/^ï»¿/, ''),
  )

/** Whether a text has the characters of other files: NUL, or many control characters. */
function isBinary(text: string): boolean {
  const start = text.slice(0, 4096)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it searches for.
  const controls = start.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0
  return start.includes('\0') || controls > 2 + start.length / 20
}

function complete({ extracted, ...origin }: Origin & { text: string }): Ingested {
  const { text, changes } = normalizeText(origin.text)
  if (text.trim() === '') throw new IngestFailure('no-text')
  if (text.length > MAX_TEXT) throw new IngestFailure('too-large')
  const stated = extracted?.language ?? (origin.language === null ? null : canonicalLanguage(origin.language))
  return {
    fields: {
      title: extracted?.title ?? firstLine(text),
      authors: extracted?.authors ?? [],
      language: stated ?? guessLanguage(text),
      publishedOn: extracted?.publishedOn ?? null,
      url: origin.url,
      archivedUrl: origin.archivedUrl,
      retrievedAt: origin.retrievedAt,
      mediaType: origin.mediaType,
    },
    text,
    publisher: extracted?.publisher ?? (origin.url === null ? null : hostOf(origin.url)),
    changes,
    encoding: origin.encoding,
    encodingGuessed: origin.encodingGuessed,
    languageGuessed: stated === null,
    whole: extracted?.whole ?? false,
    pagesLeftOut: extracted?.pagesLeftOut ?? 0,
  }
}

const MAX_TITLE = 500

const firstLine = (text: string) => (/\S.*/.exec(text)?.[0] ?? '').trim().slice(0, MAX_TITLE)

const hostOf = (url: string) => URL.parse(url)?.hostname.replace(/^www\./, '') ?? null

/** A page of the Internet Archive is a copy of the page whose address is in its own. */
function addressesOf(own: string, fetched: string): { url: string; archivedUrl: string | null } {
  const original = /^https?:\/\/web\.archive\.org(?::\d+)?\/web\/\d+[a-z_]*\/(https?:\/\/.+)$/.exec(
    fetched,
  )?.[1]
  return original === undefined ? { url: own, archivedUrl: null } : { url: original, archivedUrl: fetched }
}

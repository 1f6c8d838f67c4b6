// Decodes bytes as text: by what the publisher says, by a byte order mark, or by what the bytes look like.

/** The encodings that can be chosen by hand, as the Encoding Standard names them. */
export const ENCODINGS = [
  'utf-8',
  'windows-1251',
  'koi8-r',
  'gb18030',
  'big5',
  'windows-1256',
  'windows-1254',
  'windows-1252',
  'utf-16le',
  'utf-16be',
] as const

export type Encoding = (typeof ENCODINGS)[number]

export interface Decoded {
  text: string
  /** The name of the encoding in the Encoding Standard. */
  encoding: string
  /** Whether nothing said the encoding, and the bytes are not UTF-8, so that it may be another one. */
  guessed: boolean
}

/**
 * @param declared an encoding that was chosen, or that the publisher names; an unknown one is passed over
 */
export function decode(bytes: Uint8Array, declared?: string | null): Decoded {
  const marked = markedEncoding(bytes)
  const named = marked ?? knownEncoding(declared)
  if (named) return { text: new TextDecoder(named).decode(bytes), encoding: named, guessed: false }
  const utf8 = strictly('utf-8', bytes)
  if (utf8 !== null) return { text: utf8, encoding: 'utf-8', guessed: false }
  return { ...likeliest(bytes), guessed: true }
}

function markedEncoding([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}

function knownEncoding(label: string | null | undefined): string | null {
  if (!label) return null
  try {
    return new TextDecoder(label.trim()).encoding
  } catch {
    return null
  }
}

function strictly(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Encodings without a mark, and what their texts consist of beyond ASCII, in order of preference. */
const GUESSES: readonly [Encoding, RegExp][] = [
  ['windows-1251', /[а-яёА-ЯЁ]{2}/g],
  ['koi8-r', /[а-яё]{2}/g],
  ['gb18030', /[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]/g],
  ['windows-1256', /[\u0600-\u06ff]{2}/g],
  ['windows-1252', /[a-z][à-ÿ]|[à-ÿ][a-z]/gi],
]

/** Frequent characters, which texts in the wrong encoding lack. */
const FREQUENT =
  /[оеаинтсрвл]|[的一是不了在人有我他这中大来上个国和地到以说时要就出会可也你对生能而子那得于着下自之年]|[ايوتنملرهب]/g

/** How much of a file is looked at. */
const SAMPLE = 20_000

function likeliest(bytes: Uint8Array): { text: string; encoding: string } {
  const sample = bytes.subarray(0, SAMPLE)
  const scores = GUESSES.map(([encoding, pattern]) => {
    const text = new TextDecoder(encoding).decode(sample)
    const share = (found: RegExpMatchArray | null) => (found?.join('').length ?? 0) / text.length
    const faults = share(text.match(/[\ufffd\u0080-\u009f]/g))
    return { encoding, score: share(text.match(pattern)) + share(text.match(FREQUENT)) - 10 * faults }
  })
  const [best] = scores.toSorted((one, other) => other.score - one.score)
  const encoding = best?.encoding ?? 'windows-1252'
  return { text: new TextDecoder(encoding).decode(bytes), encoding }
}

/** How much of a page is searched for its declaration (HTML Standard, section 13.2.3.2). */
const PRESCANNED = 1024

/** The encoding that an HTML page declares in itself. */
export function metaCharset(bytes: Uint8Array): string | null {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, PRESCANNED))
  const uncommented = start.replace(/<!--[\s\S]*?-->/g, '')
  const meta = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(uncommented)?.[1]
  const xml = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w:.-]+)/i.exec(start)?.[1]
  const label = meta ?? xml ?? null
  // A page that says so in ASCII is not in UTF-16.
  return label && /^utf-16/i.test(label) ? 'utf-8' : label
}

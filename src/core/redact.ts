// Redacts API keys and webhook secrets in texts that are logged or sent.

const LOOKS_LIKE_A_KEY = /sco_([0-9a-z]{26})_[\w-]+/gi

const WEBHOOK_SECRET = /whsec_[A-Za-z0-9+/=_-]+/g

/** Replaces webhook signing secrets in a text. */
export const redactSecrets = (text: string) => text.replace(WEBHOOK_SECRET, 'whsec_[redacted]')

/** Redacts the secret part of API keys and webhook secrets in a text, percent-encoded keys included. */
export function redactKeys(text: string): string {
  const plain = redacted(text)
  if (!plain.includes('%')) return plain
  const decoded = decode(plain)
  const both = redacted(decoded)
  return both === decoded ? plain : both
}

/** A fast test for texts without keys, which are most. */
const SUSPICIOUS = /sco_|whsec_/i

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Invalid or non-UTF-8 escapes: decoding byte by byte is enough for keys, which are ASCII.
    return text.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
  }
}

const redacted = (text: string) =>
  SUSPICIOUS.test(text) ? redactSecrets(text).replace(LOOKS_LIKE_A_KEY, 'sco_$1_[redacted]') : text

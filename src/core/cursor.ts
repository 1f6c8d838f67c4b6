// Opaque, tamper-evident cursors: base64url of a MAC and the state of a walk, bound to the list they were made for.
import { hash, timingSafeEqual } from 'node:crypto'
import { Problem } from './problems.ts'

/** A value of a sort column. */
export type CursorValue = string | number | null

export interface CursorState {
  /** The sort values of the last row of the page, in order; the id comes last. */
  after: CursorValue[]
  /** The change at which the walk began: every page shows the list as it stood then. */
  snapshot: number
  /** The number of rows that matched, when it was asked for. */
  total?: number
}

const MAC_BYTES = 12

/** How SHA-256 takes its input: HMAC (RFC 2104) fills the secret up to a block. */
const BLOCK_BYTES = 64

/** HMAC-SHA-256, by the form of hash that is several times as fast for what is short. */
function mac(secret: Buffer, scope: string, payload: string): Buffer {
  const [inner, outer] = padsOf(secret)
  const digest = hash('sha256', Buffer.concat([inner, Buffer.from(`${scope}\0${payload}`)]), 'buffer')
  return hash('sha256', Buffer.concat([outer, digest]), 'buffer').subarray(0, MAC_BYTES)
}

const pads = new WeakMap<Buffer, [Buffer, Buffer]>()

function padsOf(secret: Buffer): [Buffer, Buffer] {
  const known = pads.get(secret)
  if (known) return known
  const block = Buffer.alloc(BLOCK_BYTES)
  block.set(secret.length > BLOCK_BYTES ? hash('sha256', secret, 'buffer') : secret)
  const made: [Buffer, Buffer] = [
    block.map((byte) => byte ^ 0x36) as Buffer,
    block.map((byte) => byte ^ 0x5c) as Buffer,
  ]
  pads.set(secret, made)
  return made
}

/** @param scope what the cursor belongs to: the list, its filters and its sort */
export function signCursor(secret: Buffer, scope: string, state: CursorState): string {
  const payload = JSON.stringify(state)
  return Buffer.concat([mac(secret, scope, payload), Buffer.from(payload)]).toString('base64url')
}

/** @throws Problem `invalid-cursor` when altered, or made for another scope */
export function readCursor(secret: Buffer, scope: string, cursor: string): CursorState {
  const bytes = Buffer.from(cursor, 'base64url')
  const payload = bytes.subarray(MAC_BYTES).toString()
  if (
    // Node reads past letters that are not of the alphabet, and past the spare bits of the last one.
    bytes.toString('base64url') !== cursor ||
    bytes.length <= MAC_BYTES ||
    !timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(secret, scope, payload))
  ) {
    throw new Problem(
      'invalid-cursor',
      'The cursor was altered, or made for other filters or another sort. Start again without it.',
      {
        errors: [
          { parameter: 'cursor', detail: 'Not a cursor of this list with these filters and this sort.' },
        ],
      },
    )
  }
  return JSON.parse(payload) as CursorState
}

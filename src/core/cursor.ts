// Opaque, tamper-evident cursors: base64url of a MAC and the state of a walk, bound to the list they were made for.
import { createHmac, timingSafeEqual } from 'node:crypto'
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

const mac = (secret: Buffer, scope: string, payload: string) =>
  createHmac('sha256', secret).update(scope).update('\0').update(payload).digest().subarray(0, MAC_BYTES)

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

// Signs and reads cursors: opaque, tamper-evident, bound to the list that they were issued for.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from './problems.ts'

/** A value of a sort column. */
export type CursorValue = string | number | null

export interface CursorState {
  /** The sort values of the last row of the page, in order; the id comes last. */
  after: CursorValue[]
  /** The sequence number of the last change that the pages show. */
  walkStart: number
  /** The number of matching rows, if it was counted. */
  total?: number
}

const MAC_BYTES = 12

const macOf = (secret: Buffer, scope: string, payload: string): Buffer =>
  createHmac('sha256', secret).update(`${scope}\0${payload}`).digest().subarray(0, MAC_BYTES)

/** @param scope identifies the list with its filters and its sort */
export function signCursor(secret: Buffer, scope: string, state: CursorState): string {
  const payload = JSON.stringify(state)
  return Buffer.concat([macOf(secret, scope, payload), Buffer.from(payload)]).toString('base64url')
}

/** @throws Problem `invalid-cursor` if the cursor was altered or issued for another scope */
export function readCursor(secret: Buffer, scope: string, cursor: string): CursorState {
  const bytes = Buffer.from(cursor, 'base64url')
  const payload = bytes.subarray(MAC_BYTES).toString()
  if (
    // Node ignores characters outside the alphabet and the spare bits of the last one.
    bytes.toString('base64url') !== cursor ||
    bytes.length <= MAC_BYTES ||
    !timingSafeEqual(bytes.subarray(0, MAC_BYTES), macOf(secret, scope, payload))
  ) {
    throw new Problem(
      'invalid-cursor',
      'The cursor was altered, or issued for other filters or another sort. Start again without it.',
      {
        errors: [
          { parameter: 'cursor', detail: 'Not a cursor of this list with these filters and this sort.' },
        ],
      },
    )
  }
  return JSON.parse(payload) as CursorState
}

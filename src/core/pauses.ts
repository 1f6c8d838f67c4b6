// Lets other requests run during long work, which would otherwise block the event loop.
import { setImmediate } from 'node:timers/promises'

/** How long work may block the event loop, in milliseconds. */
const MAX_BLOCKING_MS = 8

/** Makes a function that pauses if there was no pause for MAX_BLOCKING_MS. @param onPause called before each pause */
export function pauses(onPause: () => void = () => undefined): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < MAX_BLOCKING_MS) return
    onPause()
    await setImmediate()
    last = performance.now()
  }
}

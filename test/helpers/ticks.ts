// Counts event-loop ticks, to show that work lets other requests run.

/** How often the event loop went round while something was done. */
export async function ticksDuring(work: () => Promise<unknown>): Promise<number> {
  let ticks = -1
  let done = false
  const tick = () => {
    ticks++
    if (!done) setImmediate(tick)
  }
  setImmediate(tick)
  await work()
  done = true
  return ticks
}

// Notices when the clock of the machine was set.

/** @returns a function that returns by how many milliseconds the clock jumped since its last call; 0 if by less than `least` */
export function jumpDetector(least: number, wall: () => number, steady: () => number): () => number {
  let offset = wall() - steady()
  return () => {
    const before = offset
    offset = wall() - steady()
    const jump = offset - before
    return Math.abs(jump) < least ? 0 : jump
  }
}

// Tries a write and rolls it back, to show what it would do, or why it is not possible.

import { Problem } from '../../core/problems.ts'
import type { Author, WriteTransaction } from '../../records/schema/catalogue.ts'
import type { Records } from '../../records/write/records.ts'

class RolledBack extends Error {}

export type Outcome<Result> = { result: Result } | { problem: Problem }

/** What a write would return, or the problem that it would throw. */
export async function rehearse<Result>(
  records: Records,
  author: Author,
  work: (tx: WriteTransaction) => Promise<Result>,
): Promise<Outcome<Result>> {
  let outcome: Outcome<Result> | undefined
  try {
    await records.write(author, async (tx) => {
      outcome = { result: await work(tx) }
      throw new RolledBack('A rehearsal.')
    })
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { problem: error }
    if (!(error instanceof RolledBack)) throw error
  }
  if (!outcome) throw new Error('A rehearsal has an outcome.')
  return outcome
}

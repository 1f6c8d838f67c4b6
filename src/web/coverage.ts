// The sentences of a source, and which of them nothing is quoted from.
import { setImmediate as nextTick } from 'node:timers/promises'
import type { Range } from './marks.ts'

export interface Coverage {
  sentences: number
  /** The sentences that no range touches. */
  uncited: Range[]
}

/** How much of a text is segmented before other requests get their turn, in UTF-16 units. */
const MAX_UNINTERRUPTED = 20_000

/** Letters or digits: what is only punctuation is no sentence. */
const WORDS = /[\p{L}\p{N}]/u

/** @param language of the text @param cited the quoted ranges, in the order of their beginning */
export async function coverageOf(text: string, language: string, cited: readonly Range[]): Promise<Coverage> {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' })
  const uncited: Range[] = []
  let sentences = 0
  let next = 0
  let reached = 0
  let start = 0
  for (const paragraph of paragraphsOf(text)) {
    for (const { segment, index } of segmenter.segment(paragraph)) {
      if (!WORDS.test(segment)) continue
      sentences++
      const from = start + index + (segment.length - segment.trimStart().length)
      const to = start + index + segment.trimEnd().length
      for (; (cited[next]?.from ?? to) < to; next++) reached = Math.max(reached, cited[next]?.to ?? 0)
      if (reached <= from) uncited.push({ from, to })
    }
    start += paragraph.length
    await nextTick()
  }
  return { sentences, uncited }
}

/** Parts of a text that end with a line, of a length that is segmented at once. Joined, they are the text. */
function* paragraphsOf(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    const line = text.indexOf('\n', from + MAX_UNINTERRUPTED)
    const to = line === -1 ? text.length : line + 1
    yield text.slice(from, to)
    from = to
  }
}

// Computes the JSON Patch (RFC 6902) between two versions of a document, in bounded time.
import { isDeepStrictEqual } from 'node:util'
import { createPatch, type Operation, type Pointer } from 'rfc6902'

/**
 * How many pairs of items a patch compares at most. The shortest patch of a list compares each item with each other; longer
 * lists are compared place by place, or replaced as a whole.
 */
export const MAX_COMPARISONS = 1000

/** The patch from one document, as JSON text, to the next; null is one that does not exist. */
export function jsonPatch(before: string | null, after: string | null): Operation[] {
  if (after === null) return [{ op: 'remove', path: '' }]
  if (before === null) return [{ op: 'add', path: '', value: JSON.parse(after) }]
  let comparisonsLeft = MAX_COMPARISONS
  const diff = (from: unknown, to: unknown, pointer: Pointer): Operation[] | undefined => {
    if (!Array.isArray(from) || !Array.isArray(to)) return undefined
    const comparisons = from.length * to.length
    if (comparisons > comparisonsLeft) return diffLongLists(from, to, pointer)
    comparisonsLeft -= comparisons
    return undefined
  }
  return createPatch(JSON.parse(before), JSON.parse(after), diff)
}

/** The patch between lists, apart from their common begin and end: items added, removed or replaced, or else the whole list. */
function diffLongLists(from: unknown[], to: unknown[], pointer: Pointer): Operation[] {
  const shorter = Math.min(from.length, to.length)
  let begin = 0
  while (begin < shorter && isDeepStrictEqual(from[begin], to[begin])) begin++
  let end = 0
  while (end < shorter - begin && isDeepStrictEqual(from.at(-1 - end), to.at(-1 - end))) end++
  const removed = from.length - begin - end
  const added = to.slice(begin, to.length - end)
  const at = (index: number) => pointer.add(String(begin + index)).toString()
  if (removed === 0) return added.map((value, index) => ({ op: 'add', path: at(index), value }))
  if (added.length === 0) return Array.from({ length: removed }, () => ({ op: 'remove', path: at(0) }))
  if (removed === added.length)
    return added.map((value, index) => ({ op: 'replace', path: at(index), value }))
  return [{ op: 'replace', path: pointer.toString(), value: to }]
}

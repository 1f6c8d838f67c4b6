// Positions in a text of the page: the DOM counts UTF-16 units from its nodes, quotes count code points from the start.

/**
 * The units from the start of an element to a position in it.
 * @param {Node} root
 * @param {Node} node
 * @param {number} offset
 */
export function unitsTo(root, node, offset) {
  const range = document.createRange()
  range.selectNodeContents(root)
  range.setEnd(node, offset)
  return range.toString().length
}

/**
 * A range of an element from positions in units.
 * @param {Node} root
 * @param {number} from
 * @param {number} to
 */
export function rangeOf(root, from, to) {
  const range = document.createRange()
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  let passed = 0
  let isStarted = false
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0
    // A position between two nodes is the start of the second for a start, and the end of the first for an end.
    if (!isStarted && from < passed + length) {
      range.setStart(node, from - passed)
      isStarted = true
    }
    if (isStarted && to <= passed + length) {
      range.setEnd(node, to - passed)
      return range
    }
    passed += length
  }
  range.setEnd(root, root.childNodes.length)
  return range
}

/**
 * The code points in the first units of a text.
 * @param {string} text
 * @param {number} units
 */
export const pointsIn = (text, units) => [...text.slice(0, units)].length

/**
 * A part of a text without white space at its ends.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
export function trimmed(text, from, to) {
  const part = text.slice(from, to)
  const start = from + (part.length - part.trimStart().length)
  return { from: start, to: Math.max(start, start + part.trim().length) }
}

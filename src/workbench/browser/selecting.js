// Selects words of the text: by mouse or touch as the browser does, and by keyboard sentence by sentence and word by word.
import { rangeOf, trimmed, unitsTo } from './offsets.js'

/** @typedef {{ from: number, to: number }} Span in UTF-16 units */

/**
 * @param {HTMLElement} root the text
 * @param {{ selected: (span: Span | null) => void, confirmed: () => void }} events
 */
export function selecting(root, { selected, confirmed }) {
  const text = root.textContent ?? ''
  const language = root.lang || 'en'
  const sentences = spansOf(text, language, 'sentence')
  const words = spansOf(text, language, 'word')
  /** @type {Span | null} */
  let current = null

  const highlight = new Highlight()
  CSS.highlights.set('chosen', highlight)

  /** @param {Span | null} span */
  function select(span) {
    current = span
    highlight.clear()
    if (span) highlight.add(rangeOf(root, span.from, span.to))
    selected(span)
  }

  /** Takes over what is selected by mouse or touch. */
  function takeSelection() {
    const selection = getSelection()
    const range = selection && selection.rangeCount > 0 ? selection.getRangeAt(0) : null
    if (!range || range.collapsed || !root.contains(range.commonAncestorContainer)) return
    const from = unitsTo(root, range.startContainer, range.startOffset)
    const span = trimmed(text, from, from + range.toString().length)
    if (span.to > span.from) select(span)
  }

  /**
   * Moves the selection to the sentence before or after it.
   * @param {number} by
   */
  function toSentence(by) {
    const at = current?.from ?? -1
    const index =
      by > 0
        ? sentences.findIndex(({ from }) => from > at)
        : sentences.findLastIndex(({ from }) => from < (current ? at : Number.POSITIVE_INFINITY))
    const span = sentences[index]
    if (span) moveTo(span)
  }

  /**
   * Moves the start or the end of the selection by a word.
   * @param {'from' | 'to'} edge
   * @param {number} by
   */
  function moveEdge(edge, by) {
    if (!current) return toSentence(1)
    const { from, to } = current
    const found =
      by > 0
        ? words.find((word) => word[edge] > (edge === 'from' ? from : to))
        : words.findLast((word) => word[edge] < (edge === 'from' ? from : to))
    if (!found) return
    const next = { from, to, [edge]: found[edge] }
    if (next.from < next.to) moveTo(next)
  }

  /** @param {Span} span */
  function moveTo(span) {
    getSelection()?.removeAllRanges()
    select(span)
    const { top, bottom } = rangeOf(root, span.from, span.to).getBoundingClientRect()
    if (top < 0 || bottom > innerHeight) scrollBy({ top: top - innerHeight / 3 })
  }

  root.addEventListener('pointerup', () => setTimeout(takeSelection))
  // Touch changes the selection by handles, and screen readers by commands of their own.
  let settled = 0
  document.addEventListener('selectionchange', () => {
    clearTimeout(settled)
    settled = window.setTimeout(takeSelection, 300)
  })
  root.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== root) return
    if (event.key === 'ArrowDown') toSentence(1)
    else if (event.key === 'ArrowUp') toSentence(-1)
    else if (event.key === 'ArrowRight') moveEdge(event.shiftKey ? 'to' : 'from', 1)
    else if (event.key === 'ArrowLeft') moveEdge(event.shiftKey ? 'to' : 'from', -1)
    else if (event.key === 'Enter' && current) confirmed()
    else if (event.key === 'Escape') select(null)
    else return
    event.preventDefault()
  })

  return {
    /** The selected words. */
    span: () => current,
    clear: () => select(null),
  }
}

/**
 * The sentences or words of a text, without white space and punctuation around them.
 * @param {string} text
 * @param {string} language
 * @param {'sentence' | 'word'} granularity
 * @returns {Span[]}
 */
function spansOf(text, language, granularity) {
  const segmenter = new Intl.Segmenter(language, { granularity })
  return [...segmenter.segment(text)].flatMap(({ segment, index, isWordLike }) => {
    if (granularity === 'word') return isWordLike ? [{ from: index, to: index + segment.length }] : []
    // A line break ends a sentence too.
    return [...segment.matchAll(/[^\n]*\p{L}[^\n]*/gu)].map((line) =>
      trimmed(text, index + line.index, index + line.index + line[0].length),
    )
  })
}

// Selects words of the text: by mouse or touch as the browser does, and by keyboard by sentences, words and letters.
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
  const letters = new Intl.Segmenter(language, { granularity: 'grapheme' }).segment(text)
  /** @type {Span | null} */
  let current = null
  /** Where the last selection began, from which the keyboard goes on. */
  let last = -1

  const highlight = new Highlight()
  CSS.highlights.set('chosen', highlight)

  /** The timer after which a selection counts. */
  let settled = 0

  /** @param {Span | null} span */
  function select(span) {
    clearTimeout(settled)
    current = span
    highlight.clear()
    if (span) {
      last = span.from
      highlight.add(rangeOf(root, span.from, span.to))
    }
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
   * Moves the selection to the sentence before or after it. If nothing is selected, to the one where something was.
   * @param {number} by
   */
  function toSentence(by) {
    const at = current?.from ?? last
    const isAgain = current === null && at >= 0
    const span =
      by > 0 && !isAgain
        ? sentences.find(({ from }) => from > at)
        : sentences.findLast(({ from }) => (isAgain ? from <= at : at < 0 || from < at))
    if (span) moveTo(span)
  }

  /**
   * Moves the start or the end of the selection.
   * @param {'from' | 'to'} edge
   * @param {number} by
   * @param {boolean} byLetter otherwise by a word or a mark between words
   */
  function moveEdge(edge, by, byLetter) {
    if (!current) return toSentence(1)
    const at = current[edge]
    const isFurther = (/** @type {Span} */ word) => (by > 0 ? word[edge] > at : word[edge] < at)
    const word = by > 0 ? words.find(isFurther) : words.findLast(isFurther)
    const found = byLetter ? nextLetter(at, by) : word?.[edge]
    if (found === undefined) return
    const next = { ...current, [edge]: found }
    if (next.from < next.to) moveTo(next)
  }

  /**
   * The end of the letter at a position, or the start of the one before it.
   * @param {number} at
   * @param {number} by
   */
  function nextLetter(at, by) {
    const letter = letters.containing(by > 0 ? at : at - 1)
    return letter && letter.index + (by > 0 ? letter.segment.length : 0)
  }

  /** @param {Span} span */
  function moveTo(span) {
    getSelection()?.removeAllRanges()
    select(span)
    const { top, bottom } = rangeOf(root, span.from, span.to).getBoundingClientRect()
    if (top < 0 || bottom > innerHeight) scrollBy({ top: top - innerHeight / 3 })
  }

  /** Whether words are being dragged over: the toolbar would be in the way. */
  let isDragging = false
  root.addEventListener('pointerdown', () => {
    isDragging = true
    clearTimeout(settled)
  })
  for (const end of ['pointerup', 'pointercancel'])
    document.addEventListener(end, () => {
      if (isDragging) setTimeout(takeSelection)
      isDragging = false
    })
  // Touch changes the selection by handles, and screen readers by commands of their own.
  document.addEventListener('selectionchange', () => {
    clearTimeout(settled)
    if (!isDragging) settled = window.setTimeout(takeSelection, 300)
  })
  root.addEventListener('keydown', (event) => {
    if (event.metaKey || event.target !== root) return
    // Ctrl with arrows is taken on a Mac, and Alt elsewhere.
    const byLetter = event.ctrlKey || event.altKey
    const edge = event.shiftKey ? 'to' : 'from'
    if (event.key === 'ArrowRight') moveEdge(edge, 1, byLetter)
    else if (event.key === 'ArrowLeft') moveEdge(edge, -1, byLetter)
    else if (byLetter) return
    else if (event.key === 'ArrowDown') toSentence(1)
    else if (event.key === 'ArrowUp') toSentence(-1)
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
 * The sentences of a text without white space around them, or its words and the marks between them.
 * @param {string} text
 * @param {string} language
 * @param {'sentence' | 'word'} granularity
 * @returns {Span[]}
 */
export function spansOf(text, language, granularity) {
  const segmenter = new Intl.Segmenter(language, { granularity })
  return [...segmenter.segment(text)].flatMap(({ segment, index }) => {
    if (granularity === 'word')
      return segment.trim() === '' ? [] : [{ from: index, to: index + segment.length }]
    // A line break ends a sentence too.
    return [...segment.matchAll(/[^\n]*\p{L}[^\n]*/gu)].map((line) =>
      trimmed(text, index + line.index, index + line.index + line[0].length),
    )
  })
}

// Breaks texts into lines by an estimate of their width, for pictures, which do not wrap texts.

/** The widths of a narrow and of a wide character at the font size of pictures, in pixels. */
const NARROW = 7.2
const WIDE = 14

const isWide = (char: string) =>
  /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60\u{20000}-\u{3fffd}]/u.test(
    char,
  )

const widthOf = (text: string) => [...text].reduce((sum, char) => sum + (isWide(char) ? WIDE : NARROW), 0)

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/** The lines of a text, at most so many: the last one ends in an ellipsis if the text is longer. Breaks are between words. */
export function linesOfText(text: string, width: number, max: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const { segment } of segmenter.segment(text)) {
    for (const piece of widthOf(segment) > width ? segment : [segment]) {
      if (line === '' || widthOf(line + piece) <= width) {
        line += piece
        continue
      }
      if (lines.length === max - 1) return [...lines, `${line.trimEnd()}…`]
      lines.push(line.trimEnd())
      line = piece.trimStart()
    }
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()]
}

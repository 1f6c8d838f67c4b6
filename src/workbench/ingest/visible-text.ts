// The text of an element as readers see it: white space as in CSS, paragraphs and lines apart, nothing that is hidden.

/** What is read of a DOM node: those of linkedom have it. */
export interface DomNode {
  nodeType: number
  nodeName: string
  textContent: string | null
  childNodes: Iterable<DomNode>
  getAttribute?(name: string): string | null
}

const TEXT = 3
const ELEMENT = 1

/** Elements with an empty line before and after. */
const PARAGRAPHS = new Set(
  'P H1 H2 H3 H4 H5 H6 BLOCKQUOTE FIGURE UL OL DL PRE TABLE ARTICLE SECTION HEADER FOOTER ASIDE HR'.split(
    ' ',
  ),
)

/** Elements on lines of their own. */
const LINES = new Set(
  'DIV LI DT DD TR CAPTION FIGCAPTION ADDRESS MAIN FORM FIELDSET DETAILS SUMMARY NAV BODY THEAD TBODY TFOOT CENTER'.split(
    ' ',
  ),
)

/** Elements of which readers see no text. */
const UNSEEN = new Set(
  'SCRIPT STYLE NOSCRIPT TEMPLATE HEAD TITLE IFRAME OBJECT EMBED CANVAS SVG MATH AUDIO VIDEO SELECT TEXTAREA BUTTON INPUT DATALIST'.split(
    ' ',
  ),
)

/** How many line feeds are due, before what comes next. */
const LINE = 1
const PARAGRAPH = 2

class Lines {
  #text = ''
  #due = 0
  /** Whether a space is due, unless a line ends here. */
  #space = false

  break(count: number): void {
    if (count === 0) return
    this.#due = Math.max(this.#due, count)
    this.#space = false
  }

  /** A line feed that readers see, such as that of `<br>`. */
  lineFeed(): void {
    this.#due = Math.min(PARAGRAPH, this.#due + 1)
    this.#space = false
  }

  /** Text in which white space is one space, as in CSS; a no-break space stays. */
  add(text: string): void {
    const parts = text.split(/[ \t\n\r\f]+/)
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.#space = true
      if (part !== '') this.#put(part)
    }
  }

  addPreformatted(text: string): void {
    if (text !== '') this.#put(text)
  }

  toString(): string {
    return this.#text
  }

  #put(text: string): void {
    if (this.#text !== '') {
      if (this.#due > 0) this.#text += '\n'.repeat(this.#due)
      else if (this.#space) this.#text += ' '
    }
    this.#due = 0
    this.#space = false
    this.#text += text
  }
}

export function visibleText(root: DomNode): string {
  const lines = new Lines()
  addNode(root, lines, false)
  return lines.toString()
}

function addNode(node: DomNode, lines: Lines, preformatted: boolean): void {
  if (node.nodeType === TEXT) {
    const text = node.textContent ?? ''
    if (preformatted) lines.addPreformatted(text)
    else lines.add(text)
    return
  }
  const name = node.nodeName.toUpperCase()
  if (node.nodeType === ELEMENT) {
    if (UNSEEN.has(name) || isHidden(node)) return
    if (name === 'BR') {
      lines.lineFeed()
      return
    }
  }
  const due = PARAGRAPHS.has(name) ? PARAGRAPH : LINES.has(name) ? LINE : 0
  lines.break(due)
  for (const [index, child] of [...node.childNodes].entries()) {
    if (index > 0 && /^T[DH]$/.test(child.nodeName)) lines.addPreformatted('\t')
    addNode(child, lines, preformatted || name === 'PRE')
  }
  lines.break(due)
}

function isHidden(element: DomNode): boolean {
  const get = (name: string) => element.getAttribute?.(name) ?? null
  return (
    get('hidden') !== null ||
    get('aria-hidden') === 'true' ||
    /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(get('style') ?? '')
  )
}

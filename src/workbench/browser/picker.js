// The toolbar at the selected words: says what they are.

/** The letters of kinds. They can be switched off. @type {Record<string, string>} */
const LETTERS = {
  meeting: 'm',
  speaker: 's',
  proposal: 'p',
  statement: 't',
  agreement: 'a',
  organization: 'o',
  topic: 'c',
  event: 'e',
  position: 'n',
  membership: 'b',
}

/** Between the words and the toolbar, in pixels. */
const GAP = 6

const SETTING = 'letters off'

const usesLetters = () => localStorage.getItem(SETTING) === null

/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/**
 * @param {() => HTMLSelectElement} choice the control with all kinds and cards
 * @param {() => string | null} open the value of the open card in it
 * @param {{ toolbar: string, addTo: string, letters: string }} words
 * @param {{ chosen: (value: string) => void, left: () => void }} events
 */
export function picker(choice, open, words, { chosen, left }) {
  const box = document.createElement('div')
  box.className = 'picker'
  box.popover = 'manual'
  box.setAttribute('role', 'toolbar')
  box.setAttribute('aria-label', words.toolbar)
  document.querySelector('main')?.append(box)

  const buttons = () => [...box.querySelectorAll('button')]

  box.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLButtonElement)) return
    const all = buttons()
    const step = STEPS[event.key]
    const letter = usesLetters() && all.find(({ dataset }) => dataset['letter'] === event.key.toLowerCase())
    if (step !== undefined) all[(all.indexOf(event.target) + step + all.length) % all.length]?.focus()
    else if (event.key === 'Home') all[0]?.focus()
    else if (event.key === 'End') all.at(-1)?.focus()
    else if (event.key === 'Escape') {
      hide()
      left()
    } else if (letter) letter.click()
    else return
    event.preventDefault()
  })

  /** @param {string} value */
  function choose(value) {
    hide()
    chosen(value)
  }

  /** @param {HTMLOptionElement} option */
  function button({ value, label }, sign = '') {
    const element = document.createElement('button')
    element.type = 'button'
    element.className = 'quiet'
    element.append(sign + label)
    const letter = usesLetters() ? LETTERS[value] : undefined
    if (letter) {
      const key = document.createElement('kbd')
      key.textContent = letter
      element.append(' ', key)
      element.dataset['letter'] = letter
    }
    element.addEventListener('click', () => choose(value))
    return element
  }

  /** A list of all cards. @param {readonly HTMLOptionElement[]} cards */
  function list(cards) {
    const element = document.createElement('select')
    element.setAttribute('aria-label', words.addTo)
    element.append(new Option(words.addTo, ''), ...cards.map(({ label, value }) => new Option(label, value)))
    element.addEventListener('change', () => choose(element.value))
    return element
  }

  /** The box that switches letters off. */
  function letters() {
    const label = document.createElement('label')
    label.className = 'choice'
    const check = document.createElement('input')
    check.type = 'checkbox'
    check.checked = usesLetters()
    check.addEventListener('change', () => {
      if (check.checked) localStorage.removeItem(SETTING)
      else localStorage.setItem(SETTING, '1')
      fill()
      box.querySelector('input')?.focus()
    })
    label.append(check, ' ', words.letters)
    return label
  }

  function fill() {
    const [kinds = [], cards = []] = [...choice().querySelectorAll('optgroup')].map((group) => [
      ...group.querySelectorAll('option'),
    ])
    const present = cards.find(({ value }) => value === open())
    box.replaceChildren(
      ...(present ? [button(present, '+ ')] : []),
      ...kinds.map((option) => button(option)),
      list(cards),
      letters(),
    )
  }

  function hide() {
    if (box.matches(':popover-open')) box.hidePopover()
  }

  return {
    /** Shows it below a place of the window, or above it if there is room only there. @param {DOMRect} place */
    show({ left, top, bottom }) {
      const isShown = box.matches(':popover-open')
      if (!isShown) fill()
      box.style.left = `${Math.max(8, Math.min(left, innerWidth - 430)) + scrollX}px`
      if (!isShown) box.showPopover()
      const height = box.offsetHeight + GAP
      const isAbove = bottom + height > innerHeight && top >= height
      box.style.top = `${(isAbove ? top - height : bottom + GAP) + scrollY}px`
    },
    hide,
    focus: () => buttons()[0]?.focus(),
  }
}

// Turns the search for a record into a combobox: records are proposed while words are typed (ARIA 1.2).

/** @typedef {{ id: string, name: string, details: string }} Found */

const DELAY_MS = 150

enhanceSearches(document)

/**
 * Enhances the searches in a part of the page.
 * @param {ParentNode} part
 */
export function enhanceSearches(part) {
  for (const fieldset of part.querySelectorAll('fieldset')) {
    const input = fieldset.querySelector('input[name$=":find"]')
    const status = fieldset.querySelector('[role="status"]')
    if (fieldset.className === 'find' && input instanceof HTMLInputElement && status)
      enhance(fieldset, input, status)
  }
}

/**
 * @param {HTMLElement} fieldset
 * @param {HTMLInputElement} input
 * @param {Element} status
 */
function enhance(fieldset, input, status) {
  const { find, name = '', kinds = '' } = fieldset.dataset
  const list = document.createElement('ul')
  list.id = `${input.id}-list`
  list.className = 'proposals'
  list.hidden = true
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', fieldset.querySelector('legend')?.textContent ?? '')
  input.after(list)
  input.setAttribute('role', 'combobox')
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)
  input.setAttribute('aria-expanded', 'false')

  /** @type {Found[]} */
  let found = []
  let active = -1
  let timer = 0
  let request = new AbortController()

  input.addEventListener('input', () => {
    clearTimeout(timer)
    request.abort()
    timer = window.setTimeout(propose, DELAY_MS)
  })
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !list.hidden) close()
    else if (event.key === 'ArrowDown') move(1)
    else if (event.key === 'ArrowUp') move(-1)
    else if (event.key === 'Enter' && active >= 0) choose(active)
    else return
    event.preventDefault()
  })
  input.addEventListener('blur', close)
  // Pressing on a proposal would take the focus away, and so close the list, before the click.
  list.addEventListener('mousedown', (event) => event.preventDefault())
  list.addEventListener('click', (event) => {
    const option = event.target instanceof Element && event.target.closest('[role="option"]')
    if (option) choose([...list.children].indexOf(option))
  })

  async function propose() {
    const q = input.value.trim()
    if (q === '') return close()
    request = new AbortController()
    try {
      const response = await fetch(`${find}?${new URLSearchParams({ kind: kinds, q })}`, {
        signal: request.signal,
      })
      // Without proposals, the button to search still works.
      if (response.ok) show(await response.json())
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) close()
    }
  }

  /** @param {{ records: Found[], message: string }} answer */
  function show({ records, message }) {
    found = records
    active = -1
    list.replaceChildren(...records.map(option))
    status.textContent = message
    list.hidden = records.length === 0
    input.setAttribute('aria-expanded', String(records.length > 0))
    input.removeAttribute('aria-activedescendant')
  }

  /**
   * @param {Found} record
   * @param {number} index
   */
  function option({ name: title, details }, index) {
    const item = document.createElement('li')
    item.id = `${list.id}-${index}`
    item.setAttribute('role', 'option')
    item.setAttribute('aria-selected', 'false')
    const small = document.createElement('small')
    small.textContent = details
    item.append(title, ' ', small)
    return item
  }

  function close() {
    list.hidden = true
    active = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }

  /** @param {number} by */
  function move(by) {
    if (list.hidden || found.length === 0) return
    list.children[active]?.setAttribute('aria-selected', 'false')
    active = (active + by + found.length) % found.length
    const option = list.children[active]
    option?.setAttribute('aria-selected', 'true')
    option?.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', option?.id ?? '')
  }

  /** @param {number} index */
  function choose(index) {
    const record = found[index]
    if (!record) return
    const id = `${input.id}-${record.id}`
    const present = document.getElementById(id)
    const radio = present instanceof HTMLInputElement ? present : document.createElement('input')
    Object.assign(radio, { type: 'radio', id, name, value: record.id, checked: true })
    if (!present) {
      const label = document.createElement('label')
      label.htmlFor = id
      label.textContent = record.name
      const hint = document.createElement('span')
      hint.className = 'hint'
      hint.textContent = record.details
      const choice = document.createElement('p')
      choice.className = 'choice'
      choice.append(radio, ' ', label, ' ', hint)
      status.before(choice)
    }
    input.value = ''
    status.textContent = record.name
    close()
  }
}

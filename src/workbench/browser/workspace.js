// The page of a draft: sends its forms one after the other without leaving the page, saves the open card while it is filled, and
// makes cards of selected words.
import { enhanceSearches } from './choose.js'
import { pointsIn, rangeOf } from './offsets.js'
import { picker } from './picker.js'
import { selecting } from './selecting.js'
import { forgetUnsent, SHOWN, watchUnsent } from './unsent.js'

/** @typedef {import('./selecting.js').Span} Span */

/** How long after typing, and after a choice, the open card is saved. */
const AUTOSAVE_MS = 1500
const CHOICE_MS = 200

const workspace = /** @type {HTMLElement} */ (document.getElementById('workspace'))
const text = /** @type {HTMLElement} */ (document.getElementById('draft-text'))
/** The messages of the page. */
const words = /** @type {Record<string, string>} */ (workspace.dataset)

/** The last request; the next one waits for it. @type {Promise<unknown>} */
let last = Promise.resolve()
let autosave = 0
/** Whether the open card was changed since it was saved. */
let isDirty = false
/** Whether that includes a choice, which is saved soon. */
let isChosen = false
/** Whether the session has ended: forms are left to the browser, which shows the page to sign in, with all that was typed. */
let isSignedOut = false

/** Runs requests one at a time. @param {() => Promise<void>} work */
function queue(work) {
  last = last.then(work).catch(() => say(words['offline']))
  return last
}

/** The form of the open card. */
const openForm = () => /** @type {HTMLFormElement | null} */ (document.querySelector('#cards form.record'))
const openCard = () => document.querySelector('#cards li:has(form.record)')

/** Under which name what is typed into a form is stored. @param {HTMLFormElement} form */
const nameOf = (form) => new URL(form.action).pathname

/** @param {string | undefined} message for screen readers */
function say(message) {
  const status = document.getElementById('said')
  if (status) status.textContent = message ?? ''
}

/**
 * Requests a page of this draft.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<Document | null>} null: another page came, such as that to sign in
 */
async function request(url, options) {
  const response = await fetch(url, { ...options, headers: { accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  if (!page.getElementById('workspace')) return null
  if (response.redirected) history.replaceState(null, '', response.url)
  return page
}

/**
 * The fields of a form as a browser sends them.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
const bodyOf = (form, submitter) =>
  new URLSearchParams([...new FormData(form, submitter)].map(([name, value]) => [name, String(value)]))

/**
 * Lets the browser send a form.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
function sendNatively(form, submitter) {
  form.dataset['native'] = ''
  // Not while its submission is being handled, when a second one is passed over.
  setTimeout(() => form.requestSubmit(submitter))
}

/**
 * Sends a form, and shows the page that comes.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
const send = (form, submitter) =>
  queue(async () => {
    const isOpenCard = form === openForm()
    const page = await request(form.action, { method: 'POST', body: bodyOf(form, submitter) })
    if (!page) return sendNatively(form, submitter)
    if (isOpenCard) forgetUnsent(nameOf(form))
    const focused = isOpenCard && form.contains(document.activeElement) ? document.activeElement?.id : ''
    showPage(page)
    focusAfter(submitter, focused)
  })

/**
 * Saves the open card, and shows what became of the cards. The form stays as it is, since it may be in use. If the session has
 * ended, what was typed stays stored in the browser.
 */
const saveOpenCard = () =>
  queue(async () => {
    clearTimeout(autosave)
    isChosen = false
    const form = openForm()
    if (!form || !isDirty) return
    isDirty = false
    const body = bodyOf(form, null)
    body.set('do', 'save')
    try {
      const page = await request(form.action, { method: 'POST', body })
      if (!page) {
        isDirty = true
        isSignedOut = true
        return
      }
      if (!isDirty) forgetUnsent(nameOf(form))
      showStates(page, form)
      say(words['saved'])
    } catch (error) {
      isDirty = true
      throw error
    }
  })

/** Shows all of a page but the frame. @param {Document} page */
function showPage(page) {
  isDirty = false
  isChosen = false
  clearTimeout(autosave)
  selection.clear()
  text.replaceChildren(...(page.getElementById('draft-text')?.childNodes ?? []))
  const opened = [...document.querySelectorAll('#cards details[id][open]')]
  for (const id of ['mark', 'cards', 'coverage']) replace(id, page)
  for (const { id } of opened) document.getElementById(id)?.setAttribute('open', '')
  const main = document.getElementById('main')
  for (const old of main?.querySelectorAll(':scope > .errors, :scope > .notice') ?? []) old.remove()
  main?.prepend(...page.querySelectorAll('#main > .errors, #main > .notice'))
  document.title = page.title
  enhance()
}

/**
 * Shows what became of the cards.
 * @param {Document} page
 * @param {HTMLFormElement} form of the open card
 */
function showStates(page, form) {
  const other = /** @type {HTMLFormElement | null} */ (page.querySelector('#cards form.record'))
  // Such as a change in another window, which is for the person to look at.
  if (!other || page.querySelector('[role="alert"]')) return showPage(page)
  for (const name of SHOWN) {
    const [own, now] = [form, other].map(({ elements }) => elements.namedItem(name))
    if (own instanceof HTMLInputElement && now) own.value = /** @type {HTMLInputElement} */ (now).value
  }
  for (const { id } of document.querySelectorAll('[data-live]')) replace(id, page)
  // A quote for another field has other controls for its value.
  for (const value of form.querySelectorAll('[data-value]')) {
    const other = page.getElementById(value.id)
    if (!other || fieldsIn(other) === fieldsIn(value)) continue
    value.replaceWith(other)
    enhanceSearches(other)
  }
}

/** The names of the fields in a part of a page. @param {Element} part */
const fieldsIn = (part) =>
  [...part.querySelectorAll('[name]')].map((field) => field.getAttribute('name')).join()

/**
 * @param {string} id
 * @param {Document} page
 */
function replace(id, page) {
  const [own, other] = [document.getElementById(id), page.getElementById(id)]
  if (own && other) own.replaceWith(other)
}

/**
 * Moves the focus to what a form or link has brought.
 * @param {HTMLElement | null} submitter
 * @param {string} [focused] the id of the field from which the form was sent
 */
function focusAfter(submitter, focused = '') {
  const card = openCard()
  const action = submitter instanceof HTMLButtonElement ? submitter.value : ''
  const same = [...(card?.querySelectorAll('button') ?? [])].find(
    ({ value, tabIndex }) => value === action && tabIndex >= 0,
  )
  const target =
    document.getElementById('errors') ??
    document.getElementById(focused) ??
    (action === '' ? undefined : same) ??
    card ??
    document.getElementById('cards')
  if (!(target instanceof HTMLElement)) return
  if (target.tabIndex < 0) target.tabIndex = -1
  target.focus({ preventScroll: true })
  target.scrollIntoView({ block: target === card ? 'start' : 'nearest' })
}

/** Gives new parts of the page what the old ones had. */
function enhance() {
  enhanceSearches(document)
  // Words in a link cannot be selected by mouse. By keyboard, the list of cards leads to each of them.
  for (const link of text.querySelectorAll('a[href]')) {
    link.setAttribute('data-href', link.getAttribute('href') ?? '')
    link.removeAttribute('href')
  }
  const form = openForm()
  if (!form) return
  const { offer = '', restore = '', discard = '' } = words
  watchUnsent(form, nameOf(form), { offer, restore, discard })
  form.addEventListener('input', ({ target }) => {
    isDirty = true
    const isChoice = target instanceof HTMLSelectElement
    // What is typed after a choice is saved with it.
    if (isChosen && !isChoice) return
    isChosen = isChoice
    clearTimeout(autosave)
    const save = async () => {
      await saveOpenCard()
      if (isSignedOut) sendNatively(form, null)
    }
    autosave = window.setTimeout(save, isChoice ? CHOICE_MS : AUTOSAVE_MS)
  })
}

const markForm = () => /** @type {HTMLFormElement} */ (document.getElementById('mark'))

/** A control of the form that marks words. @param {string} name */
const markField = (name) =>
  /** @type {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */ (
    markForm().elements.namedItem(name)
  )

const toolbar = picker(
  () => /** @type {HTMLSelectElement} */ (markField('as')),
  () => openCard()?.id.replace('card-', '=') ?? null,
  { toolbar: words['toolbar'] ?? '', addTo: words['addTo'] ?? '', letters: words['letters'] ?? '' },
  {
    chosen: (as) => {
      markField('as').value = as
      markForm().requestSubmit()
    },
    left: () => text.focus(),
  },
)

const selection = selecting(text, {
  selected: (span) => {
    const [words, place] = [markField('words'), markField('place')]
    if (!span) {
      // Words that were typed stay.
      if (place.value !== '') words.value = ''
      place.value = ''
      return toolbar.hide()
    }
    const content = text.textContent ?? ''
    words.value = content.slice(span.from, span.to)
    place.value = `${pointsIn(content, span.from)}-${pointsIn(content, span.to)}`
    say(words.value)
    toolbar.show(rangeOf(text, span.from, span.to).getBoundingClientRect())
  },
  confirmed: () => toolbar.focus(),
})

// In the capture phase, so that no other script takes a form for sent.
document.addEventListener('submit', sendOrSave, { capture: true })

/** @param {SubmitEvent} event */
async function sendOrSave(event) {
  const { target: form, submitter } = event
  if (!(form instanceof HTMLFormElement) || !workspace.contains(form) || 'native' in form.dataset) return
  event.preventDefault()
  // What was typed into the open card is saved first.
  if (form !== openForm()) await saveOpenCard()
  if (form.id !== 'save') return send(form, submitter)
  await last
  const open = openForm()
  if (isSignedOut && open) return sendNatively(open, null)
  const save = document.getElementById('save')
  if (save instanceof HTMLFormElement && !isDirty) sendNatively(save, null)
}

document.addEventListener('click', async (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || !workspace.contains(link) || event.ctrlKey || event.metaKey || event.shiftKey) return
  const marked = link.dataset['href']
  // Words were selected, of which some are marked already.
  if (marked !== undefined && getSelection()?.isCollapsed === false) return
  const url = new URL(marked ?? link.href, location.href)
  const isHere = url.pathname === new URL(markForm().action).pathname.replace(/\/mark$/, '')
  if (!isHere || (url.hash !== '' && url.search === location.search && marked === undefined)) return
  event.preventDefault()
  await saveOpenCard()
  queue(async () => {
    const page = await request(url.href)
    if (!page) return location.assign(url)
    history.replaceState(null, '', url)
    showPage(page)
    focusAfter(null)
  })
})

// Back to the text, from wherever one is. A list of proposals closes first.
workspace.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented || event.target === text) return
  event.preventDefault()
  text.focus()
})

document.addEventListener('pointerdown', ({ target }) => {
  if (target instanceof Element && !target.closest('.picker, #draft-text, #mark')) selection.clear()
})

document.addEventListener('input', ({ target }) => {
  // Words that are typed are looked for in the whole text.
  if (target === markField('words')) markField('place').value = ''
})

text.tabIndex = 0
text.setAttribute('role', 'group')
text.setAttribute('aria-labelledby', 'text-heading')
text.setAttribute('aria-describedby', 'keys')
document.getElementById('keys')?.removeAttribute('hidden')
enhance()

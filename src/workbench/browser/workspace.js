// The page of a draft: sends its forms one after the other without leaving the page, saves the open card while it is filled, and
// makes cards of selected words.
import { enhanceSearches } from './choose.js'
import { pointsIn, rangeOf } from './offsets.js'
import { picker } from './picker.js'
import { selecting } from './selecting.js'
import { forgetUnsent, watchUnsent } from './unsent.js'

/** @typedef {import('./selecting.js').Span} Span */

const AUTOSAVE_MS = 1500

const workspace = /** @type {HTMLElement} */ (document.getElementById('workspace'))
const text = /** @type {HTMLElement} */ (document.getElementById('text'))
/** The messages of the page. */
const words = /** @type {Record<string, string>} */ (workspace.dataset)

/** The last request; the next one waits for it. @type {Promise<unknown>} */
let last = Promise.resolve()
let autosave = 0
/** Whether the open card was changed since it was saved. */
let isDirty = false

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
    showPage(page)
    focusAfter(submitter)
  })

/** Saves the open card, and shows what became of the cards. The form stays as it is, since it may be in use. */
const saveOpenCard = () =>
  queue(async () => {
    clearTimeout(autosave)
    const form = openForm()
    if (!form || !isDirty) return
    isDirty = false
    const body = bodyOf(form, null)
    body.set('do', 'save')
    try {
      const page = await request(form.action, { method: 'POST', body })
      // The session has ended: the page to sign in has all that was typed.
      if (!page) return sendNatively(form, null)
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
  clearTimeout(autosave)
  selection.clear()
  text.replaceChildren(...(page.getElementById('text')?.childNodes ?? []))
  for (const id of ['mark', 'cards', 'coverage']) replace(id, page)
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
  const seen = page.querySelector('#cards form.record input[name="seen"]')
  const own = form.elements.namedItem('seen')
  const isOther = page.querySelector('[role="alert"]') !== null
  // Such as a change in another window, which is for the person to look at.
  if (isOther || !(seen instanceof HTMLInputElement) || !(own instanceof HTMLInputElement))
    return showPage(page)
  own.value = seen.value
  for (const { id } of document.querySelectorAll('[data-live]')) replace(id, page)
}

/**
 * @param {string} id
 * @param {Document} page
 */
function replace(id, page) {
  const [own, other] = [document.getElementById(id), page.getElementById(id)]
  if (own && other) own.replaceWith(other)
}

/** Moves the focus to what a form or link has brought. @param {HTMLElement | null} submitter */
function focusAfter(submitter) {
  const card = openCard()
  const action = submitter instanceof HTMLButtonElement ? submitter.value : ''
  const same = [...(card?.querySelectorAll('button') ?? [])].find(
    ({ value, tabIndex }) => value === action && tabIndex >= 0,
  )
  const target =
    document.getElementById('errors') ?? (action && same) ?? card ?? document.getElementById('cards')
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
  form.addEventListener('input', () => {
    isDirty = true
    clearTimeout(autosave)
    autosave = window.setTimeout(saveOpenCard, AUTOSAVE_MS)
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
    const content = text.textContent ?? ''
    markField('words').value = span ? content.slice(span.from, span.to) : ''
    markField('place').value = span ? `${pointsIn(content, span.from)}-${pointsIn(content, span.to)}` : ''
    if (!span) return toolbar.hide()
    say(markField('words').value)
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

document.addEventListener('pointerdown', ({ target }) => {
  if (target instanceof Element && !target.closest('.picker, #text, #mark')) selection.clear()
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

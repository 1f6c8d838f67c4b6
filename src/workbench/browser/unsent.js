// Stores what is typed and not saved yet in the browser, and offers it when the form is opened again. It is never put in silently.

const PREFIX = 'unsent '

/** The fields that say what a form was like when it was shown. */
export const SHOWN = ['seen', 'shown']

/** The other fields of a form as text. @param {HTMLFormElement} form */
const textOf = (form) =>
  JSON.stringify(
    [...new FormData(form)].filter(([name, value]) => !SHOWN.includes(name) && typeof value === 'string'),
  )

/**
 * Watches a form. Offers what an earlier visit has left, if it differs from what the form shows.
 * @param {HTMLFormElement} form
 * @param {string} name under which it is stored
 * @param {{ offer: string, restore: string, discard: string }} words
 */
export function watchUnsent(form, name, words) {
  const key = PREFIX + name
  const shown = textOf(form)
  const left = localStorage.getItem(key)
  if (left !== null && left !== shown) offer(form, key, left, words)
  else localStorage.removeItem(key)
  form.addEventListener('input', () => localStorage.setItem(key, textOf(form)))
  form.addEventListener('change', () => localStorage.setItem(key, textOf(form)))
}

/** Forgets what was typed, since it is saved. @param {string} name */
export const forgetUnsent = (name) => localStorage.removeItem(PREFIX + name)

/**
 * @param {HTMLFormElement} form
 * @param {string} key
 * @param {string} left
 * @param {{ offer: string, restore: string, discard: string }} words
 */
function offer(form, key, left, words) {
  const box = document.createElement('div')
  box.className = 'notice unsent'
  box.setAttribute('role', 'status')
  const message = document.createElement('p')
  message.textContent = words.offer
  box.append(
    message,
    button(words.restore, () => {
      for (const [name, value] of JSON.parse(left)) put(form, name, value)
      box.remove()
      form.dispatchEvent(new Event('input', { bubbles: true }))
    }),
    ' ',
    button(words.discard, () => {
      localStorage.removeItem(key)
      box.remove()
    }),
  )
  form.prepend(box)
}

/**
 * @param {string} label
 * @param {() => void} action
 */
function button(label, action) {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'quiet'
  element.textContent = label
  element.addEventListener('click', action)
  return element
}

/**
 * Puts a value into a control of a form. Controls that the form no longer has are passed over.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
function put(form, name, value) {
  for (const control of form.elements) {
    if (control instanceof HTMLInputElement && (control.type === 'radio' || control.type === 'checkbox')) {
      if (control.name === name) control.checked = control.value === value
    } else if (
      (control instanceof HTMLInputElement ||
        control instanceof HTMLTextAreaElement ||
        control instanceof HTMLSelectElement) &&
      control.name === name &&
      name !== 'do'
    )
      control.value = value
  }
}

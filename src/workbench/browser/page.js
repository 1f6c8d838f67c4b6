// On every page: moves the focus to what is wrong with a form, and sends a form once, however often its button is pressed.
document.getElementById('errors')?.focus()

/** @type {WeakSet<EventTarget>} */
const sent = new WeakSet()

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!form || event.defaultPrevented) return
  if (sent.has(form)) event.preventDefault()
  sent.add(form)
})

// A page that the button Back shows again can be sent again.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) for (const form of document.forms) sent.delete(form)
})

// Lets a file be dropped anywhere on its form.
for (const form of document.querySelectorAll('form.drop')) {
  const input = /** @type {HTMLInputElement | null} */ (form.querySelector('input[type=file]'))
  if (!input) continue
  form.addEventListener('dragover', (event) => event.preventDefault())
  form.addEventListener('drop', (event) => {
    event.preventDefault()
    const files = /** @type {DragEvent} */ (event).dataTransfer?.files
    if (files && files.length > 0) input.files = files
  })
}

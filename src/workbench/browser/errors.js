// Moves the focus to the summary of what is wrong with a form.
document.getElementById('errors')?.focus()

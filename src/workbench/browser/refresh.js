// Follows something that runs: reads the page again and again, shows its status, and loads it as a whole at the end.
const status = document.getElementById('status')

/** @returns {Promise<void>} */
async function refresh() {
  const wait = Number(status?.dataset['refresh'])
  if (!status || !wait) return
  await new Promise((resolve) => setTimeout(resolve, wait))
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } })
    // Too many requests, for example: later.
    if (!response.ok) return refresh()
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const now = page.getElementById('status')
    if (response.redirected || !now?.dataset['refresh']) return location.reload()
    status.replaceChildren(...now.childNodes)
  } catch {
    // The connection may come back.
  }
  return refresh()
}

refresh()

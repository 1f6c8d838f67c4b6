// Compares URLs of publications.

/** A URL as URLs are compared: without scheme, `www`, fragment, trailing slash and parameters that only track. */
export function urlKey(url: string): string {
  const { host, pathname, searchParams } = new URL(url)
  for (const name of [...searchParams.keys()])
    if (/^utm_|^(?:fbclid|gclid|yclid)$/.test(name)) searchParams.delete(name)
  searchParams.sort()
  const query = searchParams.size > 0 ? `?${searchParams}` : ''
  return `${host.replace(/^www\./, '')}${pathname.replace(/\/+$/, '')}${query}`
}

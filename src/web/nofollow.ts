// Marks the links of a page that search engines are not to follow.
import { type Html, raw } from './html.ts'

/** Marks all links of a page: pages of the past lead to each other without end. Texts of records have no tags, as they are escaped. */
export const withoutFollowing = (page: Html): Html =>
  raw(
    page.text.replaceAll(/<a ([^>]*)>/g, (link, attributes: string) => {
      if (/rel="[^"]*nofollow/.test(attributes)) return link
      return attributes.includes('rel="')
        ? link.replace(/rel="([^"]*)"/, 'rel="$1 nofollow"')
        : `<a ${attributes} rel="nofollow">`
    }),
  )

// Writes records as an Atom feed (RFC 4287).
import { Feed } from 'feed'
import { escapeHtml } from '../../core/snippet.ts'
import { printable } from '../../core/text.ts'
import type { Listable } from '../../records/read/parameters.ts'
import type { Doc } from '../../records/schema/document.ts'

/** The `updated` of an empty feed. */
const NEVER = new Date(0)

export function atomFeed(resource: Listable, docs: Doc[], base: string, url: string): string {
  const { titleField = 'id' } = resource
  const self = `${base}${url}`
  const newest = docs
    .map(({ updatedAt }) => updatedAt)
    .sort()
    .at(-1)
  const feed = new Feed({
    // Ids do not depend on the address of the service.
    id: `urn:sco-tracker:${resource.path}`,
    title: `SCO tracker: ${resource.path}`,
    link: `${base}/v1/${resource.path}`,
    feedLinks: { atom: self },
    updated: newest ? new Date(newest) : NEVER,
    author: { name: 'SCO tracker' },
    copyright: '',
    generator: 'sco-tracker',
  })
  for (const doc of docs) {
    const link = `${base}/v1/${resource.path}/${doc.id}`
    const { status } = doc
    const text = doc['summary'] ?? doc['subject']
    feed.addItem({
      id: `urn:sco-tracker:${doc.id}`,
      // The library writes titles and summaries as HTML, so texts are escaped.
      title: escapeHtml(printable(String(doc[titleField]))),
      link,
      date: new Date(doc.updatedAt),
      published: new Date(doc.createdAt),
      ...(typeof status === 'string' && {
        category: [{ term: status, name: status, scheme: `${base}/v1/${resource.path}` }],
      }),
      ...(typeof text === 'string' && { description: escapeHtml(printable(text)) }),
    })
  }
  return feed.atom1()
}

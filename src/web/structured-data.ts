// Structured data of pages for search engines and link previews: the vocabulary of schema.org as JSON-LD.
import { PARTIAL_DATE } from '../core/dates.ts'
import type { Doc, Json } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Resource } from '../records/schema/resource.ts'
import { type Html, html, raw } from './html.ts'
import { localPath, type Page, showsPast } from './page.ts'
import type { RecordData } from './record-data.ts'

/** An item of schema.org: its type and properties. What is null or empty is left out. */
type Item = { [property: string]: Json }

const TYPES: Partial<Record<Kind, string>> = {
  meeting: 'Event',
  proposal: 'CreativeWork',
  agreement: 'Legislation',
  statement: 'Claim',
  speaker: 'Person',
  organization: 'Organization',
  state: 'Country',
  topic: 'DefinedTerm',
  source: 'CreativeWork',
}

/** The types of some classifications and kinds, which say more. */
const NARROWER: Readonly<Record<string, string>> = {
  direct: 'Quotation',
  ministry: 'GovernmentOrganization',
  news: 'NewsArticle',
  'news-agency': 'NewsMediaOrganization',
  'treaty-text': 'Legislation',
  law: 'Legislation',
}

/** How many quotes are in the structured data of a record. */
const MAX_QUOTES = 10

/** The data of the page of a record, as an element. Null for pages of the past, which search engines leave out. */
export function recordItem(page: Page, resource: Resource, data: RecordData): Html | null {
  const { doc } = data
  const { path, kind } = resource
  if (showsPast(page)) return null
  const type = NARROWER[String(doc['classification'] ?? doc['kind'])] ?? TYPES[kind] ?? 'Thing'
  const identifiers = (doc['identifiers'] ?? []) as { scheme: string; identifier: string }[]
  const isWork = !['Event', 'Person', 'Country'].includes(type) && !type.endsWith('Organization')
  return jsonLd({
    '@type': type,
    '@id': addressOf(page, `/${path}/${doc.id}`),
    url: `${page.origin}${page.base}${localPath(page.language, `/${path}/${doc.id}`)}`,
    name: doc[resource.titleField] ?? null,
    alternateName: alternateNames(doc),
    identifier: identifiers.map(({ scheme, identifier }) => ({
      '@type': 'PropertyValue',
      propertyID: scheme,
      value: identifier,
    })),
    sameAs: identifiers.flatMap(({ scheme, identifier }) =>
      scheme === 'wikidata' ? [`https://www.wikidata.org/entity/${identifier}`] : [],
    ),
    subjectOf: quotations(page, data),
    ...(isWork && kind !== 'topic' && { dateModified: doc.updatedAt }),
    ...OWN[kind]?.(page, doc, data),
  })
}

/** The data of the start page: the site, and how it is searched. */
export function siteItem(page: Page): Html {
  const { site } = page.messages
  return jsonLd({
    '@type': 'WebSite',
    name: site.name,
    url: addressOf(page, localPath(page.language, '/')),
    description: `${site.tagline} ${site.promise}`,
    inLanguage: page.language,
    potentialAction: {
      '@type': 'SearchAction',
      target: {
        '@type': 'EntryPoint',
        urlTemplate: `${addressOf(page, localPath(page.language, '/search'))}?q={search_term_string}`,
      },
      'query-input': 'required name=search_term_string',
    },
  })
}

type Own = (page: Page, doc: Doc, data: RecordData) => Item

const OWN: Partial<Record<Kind, Own>> = {
  meeting: (page, doc) => ({
    description: doc['summary'] ?? null,
    startDate: day(doc['startDate']),
    endDate: day(doc['endDate']),
    previousStartDate: ((doc['previousStartDates'] ?? []) as Json[]).flatMap((date) => day(date) ?? []),
    eventStatus: term(EVENT_STATUSES, doc['status']),
    eventAttendanceMode: term(ATTENDANCE, doc['format']),
    location: place(doc['venue'] ?? doc['city'], doc['city'], doc['countryCode']),
    organizer: item(page, doc['organizationId']),
    superEvent: item(page, doc['parentId']),
    attendee: actors(page, doc['participants']),
  }),
  proposal: (page, doc) => ({
    abstract: doc['summary'] ?? null,
    creativeWorkStatus: doc['status'] ?? null,
    dateCreated: day(doc['proposedOn']),
    creator: actors(page, doc['contributors']),
    about: items(page, doc['topicIds']),
    recordedAt: item(page, doc['meetingId']),
    isPartOf: item(page, doc['parentId']),
  }),
  agreement: (page, doc) => ({
    abstract: doc['subject'] ?? null,
    legislationType: doc['kind'] ?? null,
    legislationLegalForce: term(LEGAL_FORCE, doc['status']),
    legislationDate: ['adopted', 'signed'].includes(String(doc['status'])) ? day(doc['statusSince']) : null,
    legislationPassedBy: item(page, doc['organizationId']),
    contributor: actors(page, doc['contributors']),
    about: items(page, doc['topicIds']),
  }),
  statement: (page, doc, { evidence }) => ({
    text: doc['text'] ?? null,
    inLanguage: doc['language'] ?? null,
    dateCreated: day(doc['date']),
    ...(doc['kind'] === 'direct'
      ? { spokenByCharacter: actors(page, doc['contributors']) }
      : {
          author: actors(page, doc['contributors']),
          appearance: [...new Set((evidence.get(doc.id) ?? []).map(({ sourceId }) => sourceId ?? null))].map(
            (id) => item(page, id),
          ),
        }),
    about: items(page, doc['topicIds']),
    recordedAt: item(page, doc['meetingId']),
  }),
  speaker: (page, _, { parts }) => ({
    memberOf: parts.membership.map((membership) => ({
      '@type': 'OrganizationRole',
      roleName: membership['role'] ?? null,
      startDate: day(membership['startDate']),
      endDate: day(membership['endDate']),
      memberOf: item(page, membership['organizationId']) ?? government(page, membership['stateCode']),
    })),
  }),
  organization: (page, doc) => ({
    foundingDate: day(doc['foundingDate']),
    dissolutionDate: day(doc['dissolutionDate']),
    parentOrganization: item(page, doc['parentId']),
    location: place(doc['seat'], doc['seat'], doc['countryCode']),
  }),
  topic: (page, doc) => ({
    termCode: doc['slug'] ?? null,
    description: doc['definition'] ?? null,
    inDefinedTermSet: addressOf(page, '/topics'),
  }),
  source: (page, doc) => ({
    headline: doc['classification'] === 'news' ? (doc['title'] ?? null) : null,
    datePublished: day(doc['publishedOn']),
    publisher: item(page, doc['publisherId']),
    creditText: ((doc['authors'] ?? []) as string[]).join(', ') || null,
    inLanguage: doc['language'] ?? null,
    isBasedOn: doc['url'] ?? null,
    archivedAt: doc['archivedUrl'] ?? null,
  }),
}

const EVENT_STATUSES = {
  scheduled: 'EventScheduled',
  held: 'EventScheduled',
  cancelled: 'EventCancelled',
  postponed: 'EventPostponed',
}

const ATTENDANCE = {
  'in-person': 'OfflineEventAttendanceMode',
  video: 'OnlineEventAttendanceMode',
  hybrid: 'MixedEventAttendanceMode',
}

const LEGAL_FORCE = { 'in-force': 'InForce', suspended: 'NotInForce', terminated: 'NotInForce' }

/** A term of schema.org. */
const term = (terms: Readonly<Record<string, string>>, value: Json | undefined): string | null =>
  Object.hasOwn(terms, String(value)) ? `https://schema.org/${terms[String(value)]}` : null

/** A day, a month or a year; what is uncertain is left out. */
const day = (date: Json | undefined): string | null =>
  typeof date === 'string' && PARTIAL_DATE.test(date) ? date : null

function alternateNames(doc: Doc): string[] {
  const others = (doc['otherNames'] ?? []) as { name: string; type: string }[]
  const names = [doc['shortTitle'], doc['officialName'], doc['abbreviation']]
  return [
    ...names.filter((name) => typeof name === 'string'),
    ...others.filter(({ type }) => type !== 'search').map(({ name }) => name),
  ]
}

/** The quotes that the record rests on, each with its address here and its source. */
function quotations(page: Page, { doc, evidence }: RecordData): Item[] {
  const quotes = (evidence.get(doc.id) ?? []).filter(
    ({ motivation, direction, standing }) =>
      motivation === 'quote' && direction !== 'disputes' && standing !== 'retracted',
  )
  return quotes.slice(0, MAX_QUOTES).map((quote) => ({
    '@type': 'Quotation',
    text: quote['exact'] ?? null,
    url: addressOf(page, `/sources/${quote['sourceId']}#${quote.id}`),
    isPartOf: item(page, quote['sourceId']),
  }))
}

const addressOf = ({ origin, base }: Page, path: string): string => `${origin}${base}${path}`

/** A record that is mentioned. */
function item(page: Page, id: Json | undefined): Item | null {
  const name = page.names.get(String(id))
  if (!name) return null
  const address = addressOf(page, `/${page.catalogue.entity(name.kind).path}/${id}`)
  return { '@type': TYPES[name.kind] ?? 'Thing', '@id': address, name: name.text, url: name.url ?? address }
}

const items = (page: Page, ids: Json | undefined): Json[] =>
  (Array.isArray(ids) ? ids : []).map((id) => item(page, id))

/** A state that acts: schema.org has countries as places only. */
const government = (page: Page, code: Json | undefined): Item | null => {
  const name = page.names.get(String(code))
  return name ? { '@type': 'GovernmentOrganization', name: name.text } : null
}

const actors = (page: Page, list: Json | undefined): Json[] =>
  ((list ?? []) as Record<string, Json>[]).flatMap(({ speakerId, organizationId, stateCode }) =>
    [item(page, speakerId), item(page, organizationId), government(page, stateCode)].filter(
      (one) => one !== null,
    ),
  )

function place(name: Json | undefined, city: Json | undefined, country: Json | undefined): Item | null {
  if (!name && !country) return null
  return {
    '@type': 'Place',
    name: name ?? null,
    address: { '@type': 'PostalAddress', addressLocality: city ?? null, addressCountry: country ?? null },
  }
}

/** An item as an element. It is data: browsers do not run it, and nothing in it can end it. */
export function jsonLd(value: Item): Html {
  const text = JSON.stringify({ '@context': 'https://schema.org', ...value }, (_key, inner: unknown) => {
    if (Array.isArray(inner)) {
      const kept = inner.filter((one) => one !== null)
      return kept.length === 0 ? undefined : kept
    }
    return inner === null || inner === '' ? undefined : inner
  })
  return html`<script type="application/ld+json">${raw(text.replace(/[<>&\u2028\u2029]/g, escapeJson))}</script>`
}

const escapeJson = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

// The frame of every page: head, navigation, search, languages, and the banner of another time.
import type { Kind } from '../records/schema/kinds.ts'
import { ICON_PATH, STYLES_PATH } from './assets.ts'
import { clockBanner } from './clocks.ts'
import { type Content, type Html, html } from './html.ts'
import { LANGUAGES, type Language, OWN_NAMES } from './languages.ts'
import { withoutFollowing } from './nofollow.ts'
import { href, localPath, type Page, queryText, showsPast } from './page.ts'

interface Frame {
  title: string
  main: Content
  /** For search engines and link previews. */
  description?: string
  /** What link previews take it for. Default: a website. */
  type?: 'article'
  /** The path that stands for all addresses of the page. */
  canonical?: string
  /** Whether search engines leave it out. */
  hidden?: boolean
  /** Whether it can be shown as of another time. */
  timeless?: boolean
  /** Style sheets and scripts of its own. */
  head?: Content
  /** Instead of the links to the lists. */
  navigation?: Content
}

const NAVIGATION: readonly Kind[] = [
  'meeting',
  'proposal',
  'agreement',
  'statement',
  'speaker',
  'organization',
  'state',
  'topic',
  'source',
]

export const OVERVIEWS = ['timeline', 'board', 'matrix', 'quiet', 'statistics'] as const

export function layout(page: Page, frame: Frame): Html {
  const whole = document(page, frame)
  return showsPast(page) ? withoutFollowing(whole) : whole
}

function document(page: Page, frame: Frame): Html {
  const { title, main, description, hidden, timeless, head, navigation } = frame
  const { language, messages, base, path, query } = page
  const { site } = messages
  const past = showsPast(page)
  const robots = hidden || past
  const canonical = frame.canonical ?? (past ? path : null)
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${path === '/' ? title : `${title} · ${site.name}`}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${description && preview(page, frame, description)}
${robots && html`<meta name="robots" content="${past ? 'noindex, nofollow' : 'noindex'}">`}
${canonical !== null && html`<link rel="canonical" href="${`${base}${localPath(language, canonical)}`}">`}
<link rel="icon" type="image/svg+xml" href="${`${base}${ICON_PATH}`}">
<link rel="stylesheet" href="${`${base}${STYLES_PATH}`}">${head}
${!past && LANGUAGES.map((other) => html`<link rel="alternate" hreflang="${other}" href="${inLanguage(other)}">`)}</head>
<body><a class="skip" href="#main">${site.skip}</a>
<header class="site"><p class="name"><a href="${href(page, '/')}">${site.name}</a></p>
${path !== '/' && searchForm(page)}
${navigation ?? readerNavigation()}</header>
<main id="main" tabindex="-1">${timeless ? null : clockBanner(page)}${main}</main>
<footer class="site"><nav aria-label="${site.languages}"><ul>${LANGUAGES.map((other) =>
    other === language
      ? html`<li><span aria-current="true">${OWN_NAMES[other]}</span></li>`
      : html`<li><a lang="${other}" hreflang="${other}" href="${inLanguage(other)}">${OWN_NAMES[other]}</a></li>`,
  )}</ul></nav>
<p>${site.tagline}${messages.punctuation.space}<a href="${`${base}/docs/`}">${site.api}</a> · <a rel="nofollow" href="${href(page, '/edit')}">${site.workbench}</a></p></footer></body></html>
`

  function inLanguage(other: Page['language']): string {
    return `${base}${localPath(other, path)}${queryText(query)}`
  }

  /** The links to the lists, and to the overviews. */
  function readerNavigation(): Html {
    return html`<nav aria-label="${site.navigation}"><ul>${NAVIGATION.map((kind) => navigationLink(kind))}</ul></nav>
<nav aria-label="${site.overviews}"><ul>${OVERVIEWS.map((name) => link(`/${name}`, messages[name].title))}</ul></nav>`
  }

  function navigationLink(kind: Kind): Html {
    return link(`/${page.catalogue.entity(kind).path}`, messages.kinds[kind].many)
  }

  function link(target: string, words: string): Html {
    const current = path === target ? html` aria-current="page"` : null
    return html`<li><a href="${href(page, target)}"${current}>${words}</a></li>`
  }
}

const OG_LOCALES: Record<Language, string> = { en: 'en_GB', ru: 'ru_RU', zh: 'zh_CN' }

/** What search engines and link previews show. */
function preview(page: Page, { title, type, canonical, hidden }: Frame, description: string): Html {
  const { language, messages, origin, base, path, query } = page
  const address = canonical ?? `${path}${queryText(query)}`
  const properties = {
    title,
    description,
    type: type ?? 'website',
    url: `${origin}${base}${localPath(language, address)}`,
    site_name: messages.site.name,
    locale: OG_LOCALES[language],
  }
  return html`<meta name="description" content="${description}">${
    !hidden &&
    Object.entries(properties).map(
      ([name, content]) => html`
<meta property="og:${name}" content="${content}">`,
    )
  }`
}

/** The form that searches everything. @param name what tells it from the one in the header */
export function searchForm(page: Page, id = 'search', name?: string): Html {
  const { site } = page.messages
  return html`<form role="search" class="search" action="${href(page, '/search')}"${name !== undefined && html` aria-label="${name}"`}><label for="${id}" class="hidden">${site.searchAll}</label><input type="search" id="${id}" name="q" placeholder="${site.searchAll}" required maxlength="500"><button>${site.search}</button></form>`
}

/** A part of a page with a heading; null if it has no content. */
export const section = (id: string, title: Content, content: Content): Html =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`

// Checks of pages: valid HTML, and nothing in it but the elements and attributes that the templates have.
import { HtmlValidate, type ResolvedConfig, StaticConfigLoader } from 'html-validate'
import { expect } from 'vitest'
import { isRepeated } from '../helpers/database.ts'

/** Resolves the rules once, not for each page. */
class OneConfig extends StaticConfigLoader {
  #resolved: ResolvedConfig | Promise<ResolvedConfig> | undefined
  override getConfigFor(handle: string): ResolvedConfig | Promise<ResolvedConfig> {
    this.#resolved ??= super.getConfigFor(handle)
    return this.#resolved
  }
}

const rules = new OneConfig({
  extends: ['html-validate:recommended', 'html-validate:a11y'],
  rules: {
    'attribute-boolean-style': 'off',
    'doctype-style': 'off',
    // Records have long titles.
    'long-title': 'off',
    'no-implicit-button-type': 'off',
    'no-implicit-input-type': 'off',
    // `>` in texts is escaped; what else the rule asks for is no error in HTML.
    'no-raw-characters': 'off',
    'no-trailing-whitespace': 'off',
    // Texts of records may look like telephone numbers.
    'tel-non-breaking': 'off',
  },
})

const validator = new HtmlValidate(rules)

const ELEMENTS =
  /^(?:html|head|meta|title|link|body|a|header|main|footer|nav|section|aside|form|label|input|textarea|select|option|optgroup|button|datalist|fieldset|legend|progress|output|table|caption|thead|tbody|tr|th|td|script|details|summary|h[1-3]|p|ul|ol|li|dl|dt|dd|div|span|small|strong|b|br|mark|blockquote|q|figure|figcaption|time|bdi|code|del|ins|svg|desc|defs|pattern|g|rect|line|path|circle|text|tspan)$/

const ATTRIBUTES =
  /^(?:lang|dir|charset|name|content|rel|href|hreflang|class|id|for|type|value|placeholder|required|maxlength|action|method|enctype|accept|autocomplete|autofocus|rows|cols|checked|property|target|disabled|readonly|multiple|list|min|max|scope|colspan|width|height|viewBox|d|x|y|[xy][12]|dy|cx|cy|r|fill|patternUnits|text-anchor|src|role|tabindex|title|datetime|selected|open|step|inputmode|aria-(?:label|labelledby|describedby|current|hidden|invalid|live|expanded|controls)|data-[a-z-]+|hidden|spellcheck|formaction|formnovalidate|novalidate|label)$/

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*)\s*\/?>/g

/** Asserts that a page is valid and has no element, attribute or address that a text brought in. */
export async function expectSafe(where: string, page: string): Promise<void> {
  // The templates are the same on both engines.
  if (!isRepeated) {
    const { results } = await validator.validateString(page)
    const messages = results.flatMap((result) => result.messages)
    expect([where, messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)]).toEqual([where, []])
  }
  expect([
    where,
    page
      .replace('<!doctype html>', '')
      .replaceAll(TAG, '')
      .match(/.{0,40}<.{0,40}/g),
  ]).toEqual([where, null])
  // Scripts are modules of this service, or structured data; nothing else is inside the element.
  for (const [script] of page.matchAll(/<script[^>]*>[\s\S]*?<\/script>/g))
    expect(script).toMatch(
      /^<script (?:type="module" src="(?:\/[\w-]+)?\/assets\/workbench\/[\w-]+\.js">|type="application\/ld\+json">[^<>&]*)<\/script>$/,
    )
  for (const [, , element = '', attributes = ''] of page.matchAll(TAG)) {
    expect(element).toMatch(ELEMENTS)
    for (const [, name = '', value = ''] of attributes.matchAll(/\s([a-zA-Z0-9-]+)(?:="([^"]*)")?/g)) {
      expect(name).toMatch(ATTRIBUTES)
      if (name === 'fill') expect(value).toMatch(/^url\(#[a-z0-9-]+\)$/)
      if (['href', 'action', 'formaction'].includes(name))
        expect(value).toMatch(/^(?:\/(?!\/)|#|\?|https?:\/\/)/)
    }
  }
}

/** The text of an element by its class. */
export function textOfClass(page: string, name: string): string {
  const start = page.indexOf('>', page.indexOf(`class="${name}"`)) + 1
  return textOf(page.slice(start, page.indexOf('</div>', start)))
}

/** The text of a part of a page, as a parser reads it. */
export const textOf = (part: string): string => unescaped(part.replaceAll(/<[^>]*>/g, ''))

/** The value of an attribute, or a text without elements, as a parser reads it. */
export const unescaped = (text: string): string =>
  text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

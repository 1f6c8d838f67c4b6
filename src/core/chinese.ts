// Traditional Chinese characters in simplified form, by the table of OpenCC.
/// <reference path="./opencc-js.d.ts" />
import table from 'opencc-js/dict/TSCharacters'

let simplified: Map<string, string> | undefined

/** A text with its traditional Chinese characters simplified, each alone. */
export function simplifiedChinese(text: string): string {
  // Read at the first Chinese text, since most processes of the command line meet none.
  simplified ??= new Map(table.split('|').map((pair) => pair.split(' ') as [string, string]))
  let result = ''
  for (const character of text) result += simplified.get(character) ?? character
  return result
}

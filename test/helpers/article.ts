// The seeded article as an analyst works it in: cards with their fields and quotes, in the order in which they are made.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Doc, Json } from '../../src/records/schema/document.ts'
import type { Kind } from '../../src/records/schema/kinds.ts'
import { catalogue } from '../../src/resources/index.ts'
import type { Service } from './app.ts'

type Values = Record<string, Json>

export interface ArticleQuote {
  exact: string
  /** The text before it, if the words occur several times. */
  prefix: string
  fields: Values
}

export interface ArticleCard {
  /** The name by which other cards refer to it. */
  name: string
  kind: Kind
  /** The name of the card that a part belongs to. */
  of: string | null
  fields: Values
  quotes: ArticleQuote[]
}

const read = (path: string) => readFileSync(new URL(`../../seeds/${path}`, import.meta.url), 'utf8')

export const ARTICLE_TEXT = read('sources/ria-2022-08-24-shoigu-sco.txt')

const PARTS = ['memberships', 'events', 'positions', 'relations']

type Item = Values & { key?: string; evidence?: (Values & { exact: string; prefix?: string })[] }

/** The source and its cards. References have the form `=name`. */
export function articleCards(): { source: ArticleCard; cards: ArticleCard[] } {
  const { source, records } = parse(read('article.yaml')) as {
    source: Item
    records: (Item & { record: Kind })[]
  }
  const card = (item: Item, kind: Kind, name: string, of: string | null = null): ArticleCard => {
    const { key: _, record: __, file: ___, evidence = [], ...fields } = item
    const quotes = evidence.map(({ exact, prefix = '', ...rest }) => ({ exact, prefix, fields: rest }))
    return { name, kind, of, fields: omit(fields, PARTS), quotes }
  }
  const cards = records.flatMap((item) => {
    const name = String(item.key)
    const parts = PARTS.flatMap((list) =>
      ((item[list] ?? []) as Item[]).map((part, index) => {
        const { kind } = catalogue.children.find(({ path }) => path === list) ?? { kind: 'event' as const }
        return card(part, kind, `${name}-${list}-${index}`, name)
      }),
    )
    return [card(item, item.record, name), ...parts]
  })
  return { source: card(source, 'source', 'ria-article'), cards }
}

const omit = (fields: Values, keys: readonly string[]): Values =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)))

/** The context of a quote is what an analyst gave, or what the text has. */
const LEFT_OUT = ['id', 'createdAt', 'updatedAt', 'version', 'prefix', 'suffix']

/** The same without names in Russian and Chinese, which the article does not have. */
export function withoutTranslations<Fields extends Values>(fields: Fields): Fields {
  const names = (fields['otherNames'] ?? []) as { language?: string }[]
  const others = names.filter(({ language }) => !/^(?:ru|zh)/.test(language ?? ''))
  return names.length === 0 ? fields : { ...fields, otherNames: others as Json }
}

/**
 * All records of a service as sorted lines, without ids, times and the context of quotes, so that those of two services can be compared. Ids in fields are
 * replaced by the titles of the records.
 * @param change of each record
 */
export async function recordLines(
  s: Pick<Service, 'get'>,
  change = (doc: Doc): Doc => doc,
): Promise<string[]> {
  const docs: { kind: string; doc: Doc }[] = []
  for (const { kind, path } of catalogue.entities) {
    let url: string | null = `/v1/${path}?limit=200`
    while (url) {
      const { body } = await s.get(url)
      const { data, page } = body as { data: Doc[]; page: { nextCursor: string | null } }
      docs.push(...data.map((doc) => ({ kind, doc })))
      url = page.nextCursor && `/v1/${path}?limit=200&cursor=${encodeURIComponent(page.nextCursor)}`
    }
  }
  const titles = new Map(
    docs.flatMap(({ kind, doc }) => {
      const resource = catalogue.findResource(kind as Kind)
      return resource ? [[doc.id, `${kind} ${String(doc[resource.titleField])}`] as const] : []
    }),
  )
  const bare = (doc: Doc) =>
    JSON.stringify(omit(change(doc), LEFT_OUT)).replaceAll(/"([a-z]{3}_[0-9a-z]{26})"/g, (_, id) =>
      JSON.stringify(titles.get(id) ?? 'part'),
    )
  return docs.map(({ kind, doc }) => `${kind} ${bare(doc)}`).toSorted()
}

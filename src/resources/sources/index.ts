// A document that facts come from, kept byte for byte.
import { z } from 'zod'
import { sha256 } from '../../core/text.ts'
import { partialDate, ref, text, url } from '../../records/schema/fields.ts'
import { dateRange, defineResource } from '../../records/schema/resource.ts'
import { sources as table } from './table.ts'

/** A language tag (BCP 47), brought into its canonical form. */
const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'Must be a language tag (BCP 47), such as en or zh-Hans.')
  .refine(isLanguageTag, 'There is no such language tag.')
  .meta({ maxLength: 100, description: 'The language of the text (BCP 47).', examples: ['en'] })

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

export const sources = defineResource({
  kind: 'source',
  path: 'sources',
  about: 'A document that facts come from.',
  table,
  fields: {
    title: text(500, 'Its title.'),
    publisherId: ref('organization', 'Who published it: the reporter of what it says.').nullable(),
    publishedOn: partialDate('When it was published.').nullable(),
    language,
    url: url('Where it was published.').nullable(),
    text: z
      .string()
      .min(1)
      .max(1_000_000)
      .meta({ description: 'The text, byte for byte. It never changes once evidence cites it.' }),
  },
  required: ['title', 'language', 'text'],
  derived: {
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ maxLength: 64, description: "SHA-256 of the text's UTF-8 bytes, in hexadecimal." }),
  },
  titleField: 'title',
  includes: {
    publisher: { to: 'organization', field: 'publisherId' },
    citations: { from: 'evidence', field: 'sourceId' },
    evidence: { part: 'evidence' },
  },
  filters: {
    publisher: {
      by: 'reference',
      fields: ['publisherId'],
      kind: 'organization',
      description: 'Who published it.',
    },
    ...dateRange('published', 'publishedOn', 'Published'),
    language: { by: 'column', column: 'language', value: language, description: 'The language of the text.' },
    sha256: {
      by: 'column',
      column: 'sha256',
      value: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .meta({ maxLength: 64 }),
      description: 'The hash of the text.',
    },
  },
  sorts: ['publishedOn', 'title', 'createdAt', 'updatedAt'],
  defaultSort: '-publishedOn',
  searchText: (doc) => ({
    title: String(doc['title']),
    body: [String(doc['text'])],
    date: (doc['publishedOn'] ?? null) as string | null,
  }),
  complete: (doc) => {
    doc['sha256'] = sha256(String(doc['text']))
  },
  example: {
    title: "Shoigu proposed to increase the SCO's potential in the military sphere",
    publishedOn: '2022-08-24',
    language: 'en',
    text: 'TASHKENT, 24 Aug – RIA Novosti. The Minister of defence of Russia …',
  },
})

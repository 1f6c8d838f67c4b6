// Sources: documents with their exact text.
import { z } from 'zod'
import { canonicalLanguage } from '../../core/language.ts'
import { sha256 } from '../../core/text.ts'
import { date, pattern, ref, text, url } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'

/** A language tag (BCP 47), in its canonical form. */
const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'Must be a language tag (BCP 47), such as en or zh-Hans.')
  .refine((tag) => canonicalLanguage(tag) !== null, 'The language tag is invalid.')
  .overwrite((tag) => canonicalLanguage(tag) ?? tag)
  .meta({ maxLength: 100, examples: ['en'] })

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ maxLength: 64 })

export const sources = defineResource({
  kind: 'source',
  path: 'sources',
  about: 'A document with facts, stored with its exact text.',
  titleField: 'title',
  searchDate: 'publishedOn',
  defaultSort: '-publishedOn',
  digest: { field: 'sha256', of: 'text', unless: ['publisherId', 'url'] },
  patchProblems: ['source-cited'],
  fields: {
    title: text(500, 'The title of the document.', { required: true, sort: true, search: 'title' }),
    publisherId: ref('organization', 'The organization that published it.', {
      filterExample: 'org_01gb6jc400ff6rnw30kjratpjj',
      filter: 'publisher',
      include: 'publisher',
      inverse: 'published',
    }),
    publishedOn: date('When it was published.', { filter: 'published', sort: true }),
    language: pattern(languageTag, 'The language of the text (BCP 47).', {
      required: true,
      filter: true,
      match: 'language',
    }),
    url: url('The URL of the publication.'),
    text: pattern(
      z.string().min(1).max(1_000_000),
      'The exact text. It cannot be changed once evidence cites it.',
      { required: true, search: 'body' },
    ),
  },
  derived: {
    sha256: pattern(hash, "SHA-256 of the text's UTF-8 bytes, in hexadecimal.", {
      required: true,
      filter: true,
    }),
  },
  complete: (source) => {
    source.sha256 = sha256(source.text)
  },
  example: {
    title: "Shoigu proposed to increase the SCO's potential in the military sphere",
    publishedOn: '2022-08-24',
    language: 'en',
    text: 'TASHKENT, 24 Aug – RIA Novosti. The Minister of defence of Russia …',
  },
})

// Sources: documents with their exact text.
import { z } from 'zod'
import type { Fault } from '../../core/problems.ts'
import { STANDINGS } from '../../core/relation-types.ts'
import { sha256 } from '../../core/text.ts'
import { urlKey } from '../../core/url-key.ts'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import { languageTag, nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import { choice, date, list, pattern, pointInTime, ref, text, url } from '../../records/schema/fields.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { named } from '../../records/schema/shapes.ts'
import { sourcesAlike } from './alike.ts'

const CLASSIFICATIONS = [
  'treaty-text',
  'official-document',
  'press-release',
  'law',
  'news',
  'interview',
  'speech',
  'reference',
  'other',
] as const

const TEXT_STATUSES = ['full', 'excerpt', 'none'] as const

const license = z
  .string()
  .trim()
  .max(500)
  .regex(
    /^(?:https?:\/\/\S+|[A-Za-z0-9][A-Za-z0-9.+-]*)$/,
    'Must be an SPDX identifier, such as CC-BY-4.0, or an http or https URL.',
  )

const mediaType = z
  .string()
  .trim()
  .toLowerCase()
  .max(100)
  .regex(
    /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/,
    'Must be a media type without parameters, such as text/html.',
  )
  .meta({ examples: ['text/html'] })

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ maxLength: 64 })

const sourceText = z.string().min(1).max(1_000_000)

const putText = z
  .strictObject({
    text: sourceText.meta({ description: 'The exact text.' }),
    textStatus: named('ReplacedTextStatus', z.enum(['full', 'excerpt'])).meta({
      description: 'Whether it is the whole text of the document or a part of it.',
    }),
  })
  .meta({
    id: 'SourceText',
    description: 'A new text of a source.',
    examples: [{ text: 'The whole text.', textStatus: 'full' }],
  })

export const sources: Resource = defineResource({
  kind: 'source',
  path: 'sources',
  about: 'A document with facts, stored with its exact text.',
  titleField: 'title',
  searchDate: 'publishedOn',
  defaultSort: '-publishedOn',
  digest: { field: 'sha256', of: 'text', unless: ['publisherId', 'url'] },
  formats: ['csl.json', 'ris', 'bib'],
  putText,
  patchProblems: ['source-cited'],
  fields: {
    title: text(500, 'The title of the document.', { required: true, sort: true, search: 'title' }),
    otherNames,
    classification: choice('SourceClassification', CLASSIFICATIONS, 'What kind of document it is.', {
      filter: true,
      mayGrow: true,
    }),
    authors: list(
      text(300, 'An author, as printed.', { search: 'body' }),
      100,
      'The authors, as printed and in that order.',
    ),
    containerTitle: text(
      500,
      'The newspaper, journal, website or collection that it is part of, as printed.',
      {
        search: 'body',
      },
    ),
    publisherId: ref('organization', 'The organization that published it.', {
      filterExample: 'org_01gb6jc400ff6rnw30kjratpjj',
      filter: 'publisher',
      include: 'publisher',
      inverse: 'published',
    }),
    place: text(200, 'The place of publication, as printed.'),
    publishedOn: date('When it was published.', { filter: 'published', sort: true }),
    language: pattern(languageTag, 'The language of the text (BCP 47).', {
      required: true,
      filter: true,
      match: 'language',
    }),
    url: url('The URL of the publication.', { index: true, key: urlKey }),
    archivedUrl: url('The URL of an archived copy. Requires `url`.'),
    retrievedAt: pointInTime('When it was read at `url`.'),
    license: pattern(license, 'The license of the text: an SPDX identifier or a URL.', { filter: true }),
    mediaType: pattern(mediaType, 'The media type of what was read.', { filter: true }),
    textStatus: choice(
      'TextStatus',
      TEXT_STATUSES,
      'How much of the document `text` is: all of it (`full`), a part (`excerpt`), or nothing (`none`). A source without a text cannot be quoted.',
      { default: 'full', filter: true },
    ),
    text: pattern(
      sourceText,
      'The exact text; null if `textStatus` is `none`. Once evidence cites it, only PUT /v1/sources/{id}/text replaces it.',
      { search: 'body' },
    ),
  },
  derived: {
    sha256: pattern(hash, "SHA-256 of the text's UTF-8 bytes, in hexadecimal; null without a text.", {
      filter: true,
    }),
    standing: choice(
      'SourceStanding',
      STANDINGS,
      'Whether another source `corrects`, `questions` or `retracts` it; the strongest counts. Retracted sources support and dispute nothing.',
      { required: true, filter: true },
    ),
  },
  findAlike: (tx: CatalogueReader, fields, among) => sourcesAlike(sources, tx, fields, among),
  complete: (source) => {
    source.sha256 = source.text === null ? null : sha256(source.text)
    source.standing ??= 'current'
  },
  rules: ({ otherNames, url, archivedUrl, text, textStatus }) => {
    const faults: Fault[] = nameFaults(otherNames)
    if (archivedUrl !== null && url === null)
      faults.push({ pointer: '/archivedUrl', detail: 'archivedUrl requires the url of the original.' })
    if (text === null && textStatus !== 'none')
      faults.push({
        pointer: '/text',
        detail: `A source whose textStatus is ${textStatus} requires a text. Without one its textStatus is none.`,
      })
    if (text !== null && textStatus === 'none')
      faults.push({ pointer: '/text', detail: 'A source whose textStatus is none has no text.' })
    return faults
  },
  example: {
    title: "Shoigu proposed to increase the SCO's potential in the military sphere",
    publishedOn: '2022-08-24',
    language: 'en',
    text: 'TASHKENT, 24 Aug – RIA Novosti. The Minister of defence of Russia …',
  },
})

// Topics: a controlled vocabulary as in SKOS, with labels, definitions and broader topics.
import { z } from 'zod'
import type { CatalogueReader } from '../../records/schema/catalogue.ts'
import { nameFaults, otherNames } from '../../records/schema/common-fields.ts'
import { pattern, ref, text } from '../../records/schema/fields.ts'
import { SLUG } from '../../records/schema/kinds.ts'
import { defineResource, type Resource } from '../../records/schema/resource.ts'
import { namesakesAlike } from '../../records/write/named.ts'

const slug = z
  .string()
  .max(100)
  .regex(SLUG, 'Must be lower-case words joined by hyphens.')
  .meta({ examples: ['counter-uav'] })

export const topics: Resource = defineResource({
  kind: 'topic',
  path: 'topics',
  about: 'A topic of the controlled vocabulary (SKOS).',
  titleField: 'prefLabel',
  alias: 'slug',
  defaultSort: 'prefLabel',
  fields: {
    slug: pattern(slug, 'A readable name that can replace the id.', {
      required: true,
      unique: true,
      filter: true,
      sort: true,
      search: 'title',
    }),
    prefLabel: text(200, 'The label (skos:prefLabel).', {
      required: true,
      sort: true,
      search: 'title',
    }),
    otherNames,
    definition: text(5000, 'The definition (skos:definition).', { search: 'body' }),
    broaderId: ref('topic', 'The broader topic (skos:broader).', {
      filter: 'broader',
      include: 'broader',
      inverse: 'narrower',
      acyclic: true,
    }),
  },
  rules: ({ otherNames }) => nameFaults(otherNames),
  findAlike: (tx: CatalogueReader, fields) => namesakesAlike(topics, tx, fields),
  example: { slug: 'counter-uav', prefLabel: 'Countering unmanned aerial vehicles' },
})

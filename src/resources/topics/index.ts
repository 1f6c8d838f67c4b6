// A controlled vocabulary in the manner of SKOS: a label, a definition, a broader topic.
import { z } from 'zod'
import { pattern, ref, text } from '../../records/schema/fields.ts'
import { SLUG } from '../../records/schema/kinds.ts'
import { defineResource } from '../../records/schema/resource.ts'

const slug = z
  .string()
  .max(100)
  .regex(SLUG, 'Must be lower-case words joined by hyphens.')
  .meta({ examples: ['counter-uav'] })

export const topics = defineResource({
  kind: 'topic',
  path: 'topics',
  about: 'A topic of the controlled vocabulary (SKOS).',
  titleField: 'prefLabel',
  alias: 'slug',
  defaultSort: 'prefLabel',
  fields: {
    slug: pattern(slug, 'The name by which it can be used in place of its id.', {
      required: true,
      unique: true,
      filter: true,
      sort: true,
      search: 'title',
    }),
    prefLabel: text(200, 'What it is called (skos:prefLabel).', {
      required: true,
      sort: true,
      search: 'title',
    }),
    definition: text(5000, 'What it covers (skos:definition).', { search: 'body' }),
    broaderId: ref('topic', 'The topic under which it falls (skos:broader).', {
      filter: 'broader',
      include: 'broader',
      inverse: 'narrower',
      acyclic: true,
    }),
  },
  example: { slug: 'counter-uav', prefLabel: 'Countering unmanned aerial vehicles' },
})

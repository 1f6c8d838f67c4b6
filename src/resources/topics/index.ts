// A controlled vocabulary in the manner of SKOS: a label, a definition, a broader topic.
import { z } from 'zod'
import { ref, SLUG, text } from '../../records/schema/fields.ts'
import { defineResource } from '../../records/schema/resource.ts'
import { topics as table } from './table.ts'

const slug = z
  .string()
  .max(100)
  .regex(SLUG, 'Must be lower-case words joined by hyphens.')
  .meta({ description: 'The name by which it can be used in place of its id.', examples: ['counter-uav'] })

export const topics = defineResource({
  kind: 'topic',
  path: 'topics',
  about: 'A topic of the controlled vocabulary (SKOS).',
  table,
  fields: {
    slug,
    prefLabel: text(200, 'What it is called (skos:prefLabel).'),
    definition: text(5000, 'What it covers (skos:definition).').nullable(),
    broaderId: ref('topic', 'The topic under which it falls (skos:broader).').nullable(),
  },
  required: ['slug', 'prefLabel'],
  titleField: 'prefLabel',
  alias: 'slug',
  includes: {
    broader: { to: 'topic', field: 'broaderId' },
    narrower: { from: 'topic', field: 'broaderId' },
    evidence: { part: 'evidence' },
  },
  filters: {
    slug: { by: 'column', column: 'slug', value: slug, description: 'The slug.' },
    broader: { by: 'reference', fields: ['broaderId'], kind: 'topic', description: 'The topic right above.' },
  },
  sorts: ['prefLabel', 'slug', 'createdAt', 'updatedAt'],
  defaultSort: 'prefLabel',
  acyclic: ['broaderId'],
  searchText: (doc) => ({
    title: [doc['prefLabel'], doc['slug']].join('\n'),
    body: [String(doc['definition'] ?? '')],
    date: null,
  }),
  example: { slug: 'counter-uav', prefLabel: 'Countering unmanned aerial vehicles' },
})

import { column, defineTable } from '../../db/tables.ts'
import { organizations } from '../organizations/table.ts'

export const sources = defineTable(
  'sources',
  {
    title: column.required('title'),
    publisherId: column.ref('publisherId', () => organizations),
    publishedOn: column.text('publishedOn'),
    language: column.required('language'),
    sha256: column.required('sha256'),
  },
  {
    sorted: ['publishedOn', 'title', 'createdAt', 'updatedAt'],
    found: ['publisherId', 'language', 'sha256'],
    order: 'publishedOn',
  },
)

// 3. The first report corrected and issued again.
import type { Body } from '../helpers/bodies.ts'
import { type Base, quotes, textOf } from '../helpers/documents.ts'
import { floodAlarm } from './flood-alarm.ts'

export const text = textOf('3')

/** The relations of the corrected report to the first one. */
export const relationsTo = (first: string): Body[] => [
  { type: 'version-of', targetId: first },
  {
    type: 'corrects',
    targetId: first,
    evidence: quotes('An earlier version of this report gave the wrong day for the opening of the meeting'),
  },
]

/** The items of the first report, with the other day. */
export function correction(base: Base, relations: Body[] = []): Body {
  const first = floodAlarm(base)
  const [meeting = {}] = first['meetings'] as Body[]
  const quoted = (meeting['evidence'] as Body[]).filter(({ field }) => field !== '/startDate')
  return {
    ...first,
    source: {
      ...first['source'],
      publishedOn: '2024-09-14',
      text,
      ...(relations.length > 0 && { relations }),
    },
    meetings: [
      {
        ...meeting,
        startDate: '2024-09-10',
        evidence: [
          ...quoted,
          ...quotes('The meeting had opened on 10 September', { '/startDate': '2024-09-10' }),
        ],
      },
    ],
  }
}

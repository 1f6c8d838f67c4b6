// Reads what the page of a meeting shows besides its fields: what came out of it, and the meetings around it.
import { isExactDay, spanOf } from '../core/dates.ts'
import type { ReadContext } from '../records/read/context.ts'
import { type Outcomes, readOutcomes } from '../records/read/outcomes.ts'
import { listPage } from '../records/read/page.ts'
import { type ListQuery, listQuery } from '../records/read/parameters.ts'
import { parse } from '../records/read/record.ts'
import type { View } from '../records/read/view.ts'
import type { Doc } from '../records/schema/document.ts'
import type { Kind } from '../records/schema/kinds.ts'
import type { Clocks } from './page.ts'

export interface MeetingData {
  outcomes: Outcomes
  /** The first statements made at it. */
  statements: Doc[]
  /** The meetings before and after it in its series. */
  previous: Doc | null
  next: Doc | null
  /** Other meetings in the same city on the same days. */
  nearby: Doc[]
}

const MAX_STATEMENTS = 100
const MAX_NEARBY = 20

export async function readMeeting(
  context: ReadContext,
  meeting: Doc,
  view: View,
  { knownAt }: Clocks,
): Promise<MeetingData> {
  const clocks = { asOf: null, knownAt }
  const read = async (kind: Kind, filters: Record<string, string[]>, more: Partial<ListQuery>) => {
    const resource = context.catalogue.resource(kind)
    const { rows } = await listPage(context, resource, { ...listQuery(resource, filters, clocks), ...more })
    return rows.map(parse)
  }
  const statements = await read(
    'statement',
    { meeting: [meeting.id] },
    { limit: MAX_STATEMENTS, sort: [{ column: 'createdAt', descending: false }] },
  )
  const { first, last } = spanOf(String(meeting['startDate']))
  const series = seriesOf(meeting)
  const beside = async (filters: Record<string, string[]>, descending: boolean) => {
    if (!series) return null
    const sort = [{ column: 'startDate', descending }]
    const [found] = await read('meeting', { ...series, ...filters }, { limit: 1, sort })
    return found ?? null
  }
  return {
    outcomes: await readOutcomes(context, meeting.id, view, { within: false }),
    statements,
    previous: isExactDay(first) ? await beside({ startTo: [shifted(first, -1)] }, true) : null,
    next: isExactDay(last) ? await beside({ startFrom: [shifted(last, 1)] }, false) : null,
    nearby: await nearbyMeetings(meeting, read),
  }
}

/** The filters that find the series of a meeting: its body, and its classification if it has one. */
function seriesOf({ organizationId, classification }: Doc): Record<string, string[]> | null {
  if (typeof organizationId !== 'string') return null
  const ofBody = { organization: [organizationId] }
  return typeof classification === 'string' ? { ...ofBody, classification: [classification] } : ofBody
}

/** Those of which it is a part, and its own parts, are shown elsewhere. */
async function nearbyMeetings(
  { id, parentId, city, startDate, endDate }: Doc,
  read: (kind: Kind, filters: Record<string, string[]>, more: Partial<ListQuery>) => Promise<Doc[]>,
): Promise<Doc[]> {
  const { first } = spanOf(String(startDate))
  const { last } = spanOf(String(endDate ?? startDate))
  if (typeof city !== 'string' || !isExactDay(first) || !isExactDay(last)) return []
  const filters = { city: [city], dateFrom: [shifted(first, -1)], dateTo: [shifted(last, 1)] }
  const found = await read('meeting', filters, { limit: MAX_NEARBY })
  return found.filter((other) => other.id !== id && other.id !== parentId && other['parentId'] !== id)
}

const shifted = (day: string, days: number) => Temporal.PlainDate.from(day).add({ days }).toString()

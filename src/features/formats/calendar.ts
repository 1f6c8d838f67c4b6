// Writes meetings as an iCalendar (RFC 5545).
import ical, { ICalEventStatus, ICalEventTransparency } from 'ical-generator'
import { isExactDay } from '../../core/dates.ts'
import { printable } from '../../core/text.ts'
import type { Doc } from '../../records/schema/document.ts'

const STATUS: Record<string, ICalEventStatus> = {
  scheduled: ICalEventStatus.CONFIRMED,
  held: ICalEventStatus.CONFIRMED,
  postponed: ICalEventStatus.TENTATIVE,
  cancelled: ICalEventStatus.CANCELLED,
}

/** Meetings without an exact first day are left out. An end that is not exact is taken for the first day. */
export function calendar(meetings: Doc[], base: string): string {
  const calendar = ical({
    name: 'SCO meetings',
    prodId: { company: 'sco-tracker', product: 'sco-tracker', language: 'EN' },
  })
  for (const meeting of meetings) {
    const { id, updatedAt, version } = meeting
    const field = (name: string) => meeting[name] as string | null
    const start = String(meeting['startDate'])
    if (!isExactDay(start)) continue
    const end = field('endDate')
    const place = [field('city'), field('countryCode')].filter(Boolean).join(', ')
    const summary = field('summary')
    calendar.createEvent({
      id: uidOf(id),
      start: utcDay(start, 0),
      // The end of a whole-day event is the day after its last day.
      end: utcDay(end !== null && isExactDay(end) ? end : start, 1),
      allDay: true,
      timezone: 'UTC',
      stamp: new Date(updatedAt),
      lastModified: new Date(updatedAt),
      sequence: version,
      // A subscriber is not busy while ministers meet.
      transparency: ICalEventTransparency.TRANSPARENT,
      summary: printable(String(meeting['name'])),
      status: STATUS[String(meeting['status'])] ?? null,
      url: `${base}/v1/meetings/${id}`,
      ...(place && { location: printable(place) }),
      ...(summary && { description: printable(summary) }),
    })
  }
  return `${withParents(calendar.toString(), meetings)}\r\n`
}

/** Adds `RELATED-TO`, which the library does not write, with the meeting of which each is a part. */
function withParents(text: string, meetings: readonly Doc[]): string {
  const parents = new Map(meetings.map(({ id, parentId }) => [uidOf(id), parentId]))
  return text.replace(/^UID:([^\r\n]+)/gm, (line, uid: string) => {
    const parent = parents.get(uid)
    return typeof parent === 'string' ? `${line}\r\nRELATED-TO:${uidOf(parent)}` : line
  })
}

const uidOf = (id: string) => `${id}@sco-tracker`

function utcDay(day: string, later: number): Date {
  const date = new Date(`${day}T00:00:00Z`)
  const next = new Date(date.getTime() + later * 86_400_000)
  // The last year of iCalendar is 9999.
  return next.getUTCFullYear() > 9999 ? date : next
}

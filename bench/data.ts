// The data of the benchmark: the same proposals every time, imported into the service and copied to the baseline.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import Database from 'better-sqlite3'

/** How many proposals share a speaker, a meeting or a word, at any size of the data. */
const PER_SPEAKER = 200
const PER_MEETING = 20
const PER_WORD = 25
const TOPICS = 20
/** How many of the first proposals a source is quoted for, with a quote for each. */
const PER_SOURCE = 10
/** With an event each, and quotes, not more rows than an import may have. */
const ROWS_PER_IMPORT = 40_000

export const STATUSES = ['proposed', 'under-consideration', 'adopted', 'rejected', 'deferred'] as const
export const DAYS = 24 * 12 * 28

export const countSpeakers = (rows: number) => Math.ceil(rows / PER_SPEAKER)
export const countMeetings = (rows: number) => Math.ceil(rows / PER_MEETING)
/** A twentieth of the proposals have a quote. */
export const countSources = (rows: number) => Math.ceil(rows / 20 / PER_SOURCE)
export const countWords = (rows: number) => Math.ceil(rows / PER_WORD)

/** An id that the service accepts: `prp_00000000000000000000000017`. */
export const idOf = (kind: 'prp' | 'spk' | 'mtg' | 'top' | 'src', number: number) =>
  `${kind}_${String(number).padStart(26, '0')}`

/** One of the days from 2002-01-01 to 2025-12-28, with 28 days per month. Consecutive numbers are in different years. */
export function dayOf(number: number): string {
  const twoDigits = (part: number) => String(part).padStart(2, '0')
  const [month, day] = [Math.floor(number / 24) % 12, Math.floor(number / 288) % 28]
  return `${2002 + (number % 24)}-${twoDigits(1 + month)}-${twoDigits(1 + day)}`
}

const range = <T>(from: number, to: number, item: (number: number) => T) =>
  Array.from({ length: to - from }, (_, index) => item(from + index))

function proposal(number: number, rows: number) {
  const status = STATUSES[number % STATUSES.length]
  const proposedOn = dayOf(number)
  return {
    id: idOf('prp', number),
    title: `Proposal ${number} on cooperation`,
    summary: `Number ${number}: to cooperate more closely in the field w${number % countWords(rows)}, and to report on it.`,
    meetingId: idOf('mtg', number % countMeetings(rows)),
    contributors: [
      { role: 'proposer', speakerId: idOf('spk', number % countSpeakers(rows)), stateCode: 'RU' },
    ],
    proposedOn,
    topicIds: [idOf('top', number % TOPICS)],
    events: [{ type: status, occurredOn: proposedOn }],
    ...(number < countSources(rows) * PER_SOURCE && {
      evidence: [
        {
          sourceId: idOf('src', Math.floor(number / PER_SOURCE)),
          motivation: 'quote',
          exact: sentence(number),
        },
      ],
    }),
  }
}

const sentence = (number: number) =>
  `The ministers discussed proposal ${number} on cooperation and what is to follow from it.`

const source = (number: number) => ({
  id: idOf('src', number),
  title: `Report ${number}`,
  language: 'en',
  text: range(number * PER_SOURCE, (number + 1) * PER_SOURCE, sentence).join('\n\n'),
})

/** What a report has: proposals that the record has already, others that it does not have, people and statements. */
const KNOWN_PROPOSALS = 5
const NEW_PROPOSALS = 14
const SPEAKERS_OF_REPORT = 5
const STATEMENTS = 4

/** A report of 30 records about a meeting of the data: the source, the meeting, 5 people, 19 proposals and 4 statements, all quoted. */
export function report(number: number, rows: number) {
  const meeting = number % countMeetings(rows)
  const occurredOn = dayOf(meeting)
  const sentences: string[] = []
  const quoted = (exact: string) => {
    sentences.push(exact)
    return { evidence: [{ exact }] }
  }
  const contributor = (index: number) => ({
    speakerId: `=speaker-${index % SPEAKERS_OF_REPORT}`,
    stateCode: 'RU',
  })
  const meetings = [
    {
      key: 'meeting',
      name: `Meeting ${meeting}`,
      startDate: occurredOn,
      city: 'Tashkent',
      ...quoted(`Meeting ${meeting} was held in Tashkent.`),
    },
  ]
  const speakers = range(0, SPEAKERS_OF_REPORT, (index) => {
    const name = `Speaker ${(meeting + index) % countSpeakers(rows)}`
    return { key: `speaker-${index}`, name, ...quoted(`${name} took part in meeting ${meeting}.`) }
  })
  const known = range(0, KNOWN_PROPOSALS, (index) => {
    const proposal = meeting + index * countMeetings(rows)
    return {
      title: `Proposal ${proposal} on cooperation`,
      meetingId: '=meeting',
      contributors: [
        { role: 'proposer', speakerId: idOf('spk', proposal % countSpeakers(rows)), stateCode: 'RU' },
      ],
      ...quoted(`Again proposal ${proposal} on cooperation was discussed.`),
    }
  })
  const created = range(0, NEW_PROPOSALS, (index) => {
    const title = `Hold exercise ${index} after meeting ${meeting}`
    return {
      title,
      meetingId: '=meeting',
      contributors: [{ role: 'proposer', ...contributor(index) }],
      topicIds: [idOf('top', index % TOPICS)],
      events: [{ type: 'proposed', occurredOn, ...quoted(`It was proposed on that day: ${title}.`) }],
      ...quoted(`The minister proposed: ${title}.`),
    }
  })
  const statements = range(0, STATEMENTS, (index) => {
    const text = `Cooperation ${index} was the aim of meeting ${meeting}.`
    return {
      text,
      kind: 'reported',
      language: 'en',
      meetingId: '=meeting',
      contributors: [{ role: 'author', ...contributor(index) }],
      ...quoted(text),
    }
  })
  return {
    source: { title: `On meeting ${meeting}`, language: 'en', text: sentences.join('\n\n') },
    meetings,
    speakers,
    proposals: [...known, ...created],
    statements,
  }
}

/** Imports all records over HTTP. @returns imported proposals per second */
export async function importData(base: string, key: string, rows: number): Promise<number> {
  const reference = [
    { kind: 'state', record: { code: 'RU', name: 'Russia' } },
    ...range(0, TOPICS, (number) => ({
      kind: 'topic',
      record: { id: idOf('top', number), slug: `topic-${number}`, prefLabel: `Topic ${number}` },
    })),
    ...range(0, countSpeakers(rows), (number) => ({
      kind: 'speaker',
      record: { id: idOf('spk', number), name: `Speaker ${number}` },
    })),
    ...range(0, countMeetings(rows), (number) => ({
      kind: 'meeting',
      record: {
        id: idOf('mtg', number),
        name: `Meeting ${number}`,
        startDate: dayOf(number),
        city: 'Tashkent',
      },
    })),
    ...range(0, countSources(rows), (number) => ({ kind: 'source', record: source(number) })),
  ]
  await importRows(base, key, reference)
  const begin = performance.now()
  for (let from = 0; from < rows; from += ROWS_PER_IMPORT) {
    const records = range(from, Math.min(rows, from + ROWS_PER_IMPORT), (number) => proposal(number, rows))
    await importRows(
      base,
      key,
      records.map((record) => ({ kind: 'proposal', record })),
    )
  }
  return rows / ((performance.now() - begin) / 1000)
}

async function importRows(base: string, key: string, rows: object[]): Promise<void> {
  const authorization = `Bearer ${key}`
  const accepted = await fetch(`${base}/v1/imports?mode=commit`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  })
  if (accepted.status !== 202) throw new Error(`The import was refused: ${await accepted.text()}`)
  const path = accepted.headers.get('location')
  for (;;) {
    const response = await fetch(`${base}${path}?wait=60`, { headers: { authorization } })
    const job = (await response.json()) as { status: string }
    if (job.status === 'succeeded') return
    if (job.status === 'failed') throw new Error(JSON.stringify(job).slice(0, 2000))
  }
}

type Doc = Record<string, unknown>

async function* stream(url: string): AsyncGenerator<Doc> {
  const { body } = await fetch(url)
  if (!body) throw new Error(`${url} has no body.`)
  for await (const line of createInterface({ input: Readable.fromWeb(body) })) yield JSON.parse(line)
}

/** Reads the whole list as NDJSON and discards it. @returns proposals per second */
export async function measureStream(base: string, rows: number): Promise<number> {
  const begin = performance.now()
  const { body } = await fetch(`${base}/v1/proposals.ndjson`)
  if (!body) throw new Error('The list has no body.')
  await once(Readable.fromWeb(body).resume(), 'end')
  return rows / ((performance.now() - begin) / 1000)
}

/** Copies the data of the service to the baseline: a table with a column for each field, one of contributors, plain indexes, FTS5. */
export async function createBaselineDatabase(base: string, file: string): Promise<void> {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  for (const table of ['meetings', 'proposals']) {
    database.exec('begin')
    let insert: Database.Statement | undefined
    for await (const doc of stream(`${base}/v1/${table}.ndjson`)) {
      const names = Object.keys(doc)
      if (!insert) {
        const columns = names.map((name) => (name === 'id' ? 'id text primary key' : name))
        database.exec(`create table ${table} (${columns.join(', ')})`)
        insert = database.prepare(
          `insert into ${table} values (${names.map((name) => `@${name}`).join(', ')})`,
        )
      }
      const scalar = (value: unknown) => (value instanceof Object ? JSON.stringify(value) : value)
      insert.run(Object.fromEntries(names.map((name) => [name, scalar(doc[name])])))
    }
    database.exec('commit')
  }
  database.exec(`
    create index proposals_status on proposals (status, proposedOn, id);
    create table contributors as
      select json_each.value ->> 'speakerId' as speakerId, proposedOn, proposals.id as proposalId
      from proposals, json_each(contributors);
    create index contributors_speaker on contributors (speakerId, proposedOn, proposalId);
    create virtual table words using fts5 (title, summary, content = 'proposals');
    insert into words (words) values ('rebuild');
    analyze;
  `)
  database.close()
}

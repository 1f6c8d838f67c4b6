// Data for benches: any number of proposals, the same ones every time, written by SQL as the service would store them.
import Database from 'better-sqlite3'
import { fold } from '../src/core/search.ts'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { seed } from '../src/seed.ts'

const STATUSES = ['proposed', 'under-consideration', 'adopted', 'rejected', 'deferred']
const AT = '2026-01-01T00:00:00.000Z'

/** So many proposals a speaker and a word have, whatever the size: what is asked of them costs the same then. */
export const PER_SPEAKER = 200
export const PER_WORD = 25
const PER_MEETING = 20

/**
 * Makes a database file with the article's seed and `count` more proposals, each with its start, its topic and its
 * words, and with the speakers and meetings that they need. Half of the proposals of any day, more or less, hold the word "common".
 */
export async function fill(file: string, count: number): Promise<void> {
  const engine = openSqlite(file)
  await engine.migrate()
  await seed(engine)
  await engine.close()
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  database.pragma('cache_size = -400000')
  const model = (table: string) =>
    JSON.parse(
      database.prepare(`select doc from ${table} order by seq limit 1`).pluck().get() as string,
    ) as Record<string, unknown>
  const proposalModel = model('proposals')
  const meetingModel = model('meetings')
  const speakerModel = model('speakers')
  const eventModel = model('events')
  const party = proposalModel['onBehalfOf'] as Record<string, unknown>
  const topics = database.prepare('select id from topics order by id').pluck().all() as string[]
  const meetings = Math.ceil(count / PER_MEETING)
  const speakers = Math.ceil(count / PER_SPEAKER)
  let seq = database.prepare('select max(seq) from changes').pluck().get() as number

  const change = database.prepare(
    `insert into changes (seq, kind, recordId, parentId, version, op, at, actorId, actorName, requestId, doc) values (?, ?, ?, ?, 1, 'create', ?, 'bench', 'bench', null, ?)`,
  )
  const searchDoc = database.prepare(
    'insert into searchDocs (docId, kind, recordId, date) values (?, ?, ?, ?)',
  )
  const searchWords = database.prepare('insert into searchWords (rowid, title, body) values (?, ?, ?)')
  const link = database.prepare(
    `insert into links (fromKind, fromId, field, toId) values ('proposal', ?, 'topicIds', ?)`,
  )
  const insertInto = (kind: string, table: string) => {
    const names = database.prepare(`select name from pragma_table_info('${table}')`).pluck().all() as string[]
    const statement = database.prepare(
      `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map((name) => `@${name}`).join(', ')})`,
    )
    const nulls = Object.fromEntries(names.map((name) => [name, null]))
    return (doc: Record<string, unknown>, columns: Record<string, unknown> = {}) => {
      const text = JSON.stringify(doc)
      seq += 1
      change.run(seq, kind, doc['id'], doc['recordId'] ?? null, AT, text)
      const scalars = Object.fromEntries(
        Object.entries(doc).filter(([, value]) => value === null || typeof value !== 'object'),
      )
      statement.run({ ...nulls, ...scalars, ...columns, seq, firstSeq: seq, doc: text })
    }
  }
  const putProposal = insertInto('proposal', 'proposals')
  const putMeeting = insertInto('meeting', 'meetings')
  const putSpeaker = insertInto('speaker', 'speakers')
  const putEvent = insertInto('event', 'events')
  const stamps = { support: 'unsupported', createdAt: AT, updatedAt: AT, version: 1 }
  const index = (kind: string, id: string, date: string | null, title: string, body: string) => {
    searchDoc.run(seq, kind, id, date)
    searchWords.run(seq, fold(title), fold(body))
  }

  const putAll = database.transaction((from: number, to: number) => {
    for (let number = from; number < to; number++) {
      if (number < meetings) {
        const id = idOf(number, 'mtg')
        const name = `Meeting ${number}`
        putMeeting({ ...meetingModel, id, name, ...stamps, startDate: dayOf(number), endDate: dayOf(number) })
        index('meeting', id, dayOf(number), name, '')
      }
      if (number < speakers) {
        const id = idOf(number, 'spk')
        const name = `Speaker ${number}`
        putSpeaker({ ...speakerModel, id, name, ...stamps })
        index('speaker', id, null, name, '')
      }
    }
    for (let number = from; number < to; number++) {
      const id = idOf(number)
      const topic = topics[number % topics.length]
      const title = `Proposal ${number} on ${number % 97 === 0 ? 'drones' : 'cooperation'}`
      const summary = `What is proposed in number ${number}: to cooperate more closely in the ${isCommon(number) ? 'common ' : ''}field ${wordOf(number, count)}, and to report on it.`
      const proposedOn = dayOf(number)
      const proposal = {
        ...proposalModel,
        id,
        title,
        summary,
        meetingId: idOf(number % meetings, 'mtg'),
        speakerId: idOf(number % speakers, 'spk'),
        proposedOn,
        topicIds: [topic],
        status: STATUSES[number % STATUSES.length],
        statusSince: proposedOn,
        ...stamps,
      }
      putProposal(proposal, party)
      link.run(id, topic)
      index('proposal', id, proposedOn, title, summary)
      const started = { meetingId: proposal.meetingId, status: proposal.status, occurredOn: proposedOn }
      const under = { recordKind: 'proposal', recordId: id }
      putEvent({ ...eventModel, id: idOf(number, 'evt'), ...under, ...started, ...stamps })
    }
  })
  for (let from = 0; from < count; from += 50_000) putAll(from, Math.min(count, from + 50_000))
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/** One of two, in no order: days, speakers and statuses come round in theirs. */
const isCommon = (number: number) => Math.imul(number, 0x9e3779b1) >>> 31 === 0

/** A day of the years from 2002 to 2025. */
const dayOf = (number: number) => {
  const two = (part: number) => String(part).padStart(2, '0')
  return `20${two(2 + (number % 24))}-${two(1 + (Math.floor(number / 24) % 12))}-${two(1 + (Math.floor(number / 288) % 28))}`
}

/** A word that 25 proposals of the data hold. */
export const wordOf = (number: number, count: number) =>
  `w${Math.floor(number % Math.max(1, count / PER_WORD))}`

/** An id of the right form, in order of number. */
export const idOf = (number: number, prefix = 'prp') =>
  `${prefix}_02${number
    .toString(32)
    .padStart(24, '0')
    .replace(/[iloua-v]/g, (char) => CROCKFORD[Number.parseInt(char, 32)] ?? char)}`

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

// Data for benches: any number of proposals, the same ones every time, written by SQL as the service would store them.
import Database from 'better-sqlite3'
import { openSqlite } from '../src/db/sqlite/engine.ts'
import { seed } from '../src/seed.ts'

const STATUSES = ['proposed', 'under-consideration', 'adopted', 'rejected', 'deferred']

/** Makes a database file with the article's seed and `count` more proposals. */
export async function fill(file: string, count: number): Promise<void> {
  const engine = openSqlite(file)
  await engine.migrate()
  await seed(engine)
  await engine.close()
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  const { doc: text, seq } = database
    .prepare('select doc, seq from proposals order by seq limit 1')
    .get() as { doc: string; seq: number }
  const model = JSON.parse(text) as Record<string, unknown>
  const first = (database.prepare('select max(seq) as seq from changes').get() as { seq: number }).seq
  const insertChange = database.prepare(
    `insert into changes (seq, kind, recordId, parentId, version, op, at, actorId, actorName, requestId, doc) values (?, 'proposal', ?, null, 1, 'create', ?, 'bench', 'bench', null, ?)`,
  )
  const names = (
    database.prepare('select name from pragma_table_info(?)').all('proposals') as { name: string }[]
  ).map(({ name }) => name)
  const insert = database.prepare(
    `insert into proposals (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map((name) => `@${name}`).join(', ')})`,
  )
  const at = '2026-01-01T00:00:00.000Z'
  const onBehalfOf = model['onBehalfOf'] as { stateCode: string; organizationId: string }
  const putAll = database.transaction((from: number, to: number) => {
    for (let number = from; number < to; number++) {
      const proposal = {
        ...model,
        id: idOf(number),
        title: `Proposal ${number} on ${number % 97 === 0 ? 'drones' : 'cooperation'}`,
        summary: `What is proposed in number ${number}: to cooperate more closely in the field ${number % 100}, and to report on it.`,
        proposedOn: `20${String(2 + (number % 24)).padStart(2, '0')}-${String(1 + (number % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`,
        status: STATUSES[number % STATUSES.length],
        support: 'unsupported',
        createdAt: at,
        updatedAt: at,
        version: 1,
      } as Record<string, unknown>
      const doc = JSON.stringify(proposal)
      const change = first + 1 + number
      insertChange.run(change, proposal['id'], at, doc)
      insert.run({
        ...Object.fromEntries(names.map((name) => [name, proposal[name] ?? null])),
        stateCode: onBehalfOf.stateCode,
        organizationId: onBehalfOf.organizationId,
        seq: change,
        firstSeq: change,
        doc,
      })
    }
  })
  for (let from = 0; from < count; from += 50_000) putAll(from, Math.min(count, from + 50_000))
  database.exec('analyze')
  database.close()
  if (seq < 1) throw new Error('The seed holds no proposal.')
}

/** An id of the right form, in order of number. */
export const idOf = (number: number) =>
  `prp_02${number
    .toString(32)
    .padStart(24, '0')
    .replace(/[iloua-v]/g, (char) => CROCKFORD[Number.parseInt(char, 32)] ?? char)}`

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

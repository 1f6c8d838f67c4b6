// Who signed a document, who is bound by it and who is missing: GET /v1/agreements/{id}/parties, and filters of lists.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sortKey } from '../../core/dates.ts'
import { type EventInput, type Party, partiesOf } from '../../core/parties.ts'
import type { Reader } from '../../db/engine.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { membersOf } from '../../records/read/bodies.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { childrenOf, loadRecord, parse } from '../../records/read/record.ts'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Doc } from '../../records/schema/document.ts'
import type { ConditionContext, Filter } from '../../records/schema/filters.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { anyId, calendarDate, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { party, TREATIES } from './fields.ts'

const states = (description: string) =>
  z
    .array(anyId('A state.'))
    .nullable()
    .meta({
      ...unbounded,
      description: `${description} Null if no step of a party is known, and for documents that are no treaties.`,
    })

const partyList = z
  .object({
    asOf: calendarDate('The day of the view.'),
    data: z.array(party).meta({ ...unbounded, description: 'The parties, by code.' }),
    awaitingConsent: states('The signatories without a consent in effect.'),
    notSigned: states(
      'The members of the body of the document on the day of signature that neither signed nor consented.',
    ),
    consents: z
      .object({
        needed: z.int().min(0).nullable().meta({
          description: 'How many consents are needed for the entry into force; null: not known.',
        }),
        have: z.int().min(0).meta({ description: 'How many are in effect.' }),
      })
      .meta({ id: 'Consents', description: 'The consents to be bound.' }),
  })
  .meta({ id: 'PartyList', description: 'The parties of a document on a day, and who is missing.' })

export function partyRoutes(app: FastifyInstance, records: Records): void {
  const resource = records.catalogue.resource('agreement')
  app.get('/v1/agreements/:id/parties', {
    schema: describe({
      operationId: 'listAgreementParties',
      tag: 'agreements',
      summary: 'List the parties of the agreement',
      description:
        'Computed from its events on the day `asOf` (default: today): who signed, who is bound, who is missing.',
      params: recordParam(resource),
      query: z.strictObject({ asOf: asOfParameter.optional() }),
      answers: { 200: { description: 'The parties.', schema: partyList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const today = records.now().toISOString().slice(0, 10)
      const { asOf = today } = request.query as { asOf?: string }
      const body = await records.engine.read(async (reader) => {
        const record = parse(await loadRecord(reader, resource, id))
        return { asOf, ...(await partiesOn(records.catalogue, reader, record, asOf, today)) }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

async function partiesOn(catalogue: Catalogue, reader: Reader, record: Doc, asOf: string, today: string) {
  const all = (await childrenOf(reader, catalogue.child('event'), record.id)) as unknown as EventInput[]
  const events = all.filter(({ occurredOn }) => occurredOn === null || sortKey(occurredOn) <= asOf)
  const parties = partiesOf(events)
  const consented = parties.filter((each) => isBound(events, each))
  const isKnown = parties.length > 0 && TREATIES.some((kind) => kind === record['kind'])
  const signed = parties.filter((each) => hasSigned(events, each))
  const awaiting = signed
    .filter((each) => !consented.includes(each))
    .flatMap(({ stateCode }) => stateCode ?? [])
  const present = new Set([...signed, ...consented].map(({ stateCode }) => stateCode))
  const members = isKnown
    ? await membersOf(catalogue, reader, { ...record, meetingId: null } as Doc, signingDay(events) ?? today)
    : []
  const { consentsNeeded = null } = (record['entryIntoForce'] ?? {}) as {
    consentsNeeded?: number | 'all' | null
  }
  return {
    data: parties,
    awaitingConsent: isKnown ? awaiting : null,
    notSigned: isKnown ? members.filter((code) => !present.has(code)) : null,
    consents: {
      needed: consentsNeeded === 'all' ? signed.length || null : consentsNeeded,
      have: consented.length,
    },
  }
}

const ofParty = (events: readonly EventInput[], { stateCode, organizationId }: Party) =>
  events.filter(
    (event) => (event.stateCode ?? null) === stateCode && (event.organizationId ?? null) === organizationId,
  )

const hasSigned = (events: readonly EventInput[], party: Party) =>
  ofParty(events, party).some(({ type }) => type === 'signed')

/** Steps that show that a party is bound, and those that end it. */
const BINDING: readonly string[] = ['consent', 'in-force']
const ENDING: readonly string[] = ['consent-withdrawn', 'denounced']

/** Whether a party consented, or the document is in force for it, and it neither withdrew its consent nor denounced it. */
function isBound(events: readonly EventInput[], party: Party): boolean {
  const types = ofParty(events, party).map(({ type }) => type)
  const last = types.findLast((type) => BINDING.includes(type) || ENDING.includes(type))
  return last !== undefined && BINDING.includes(last)
}

/** The first day on which it was signed, as a whole or by a party. */
const signingDay = (events: readonly EventInput[]): string | undefined =>
  events
    .flatMap(({ type, occurredOn }) =>
      type === 'signed' && occurredOn !== null ? [sortKey(occurredOn)] : [],
    )
    .sort()[0]

const event = (name: string) => sql`"events".${sql.identifier(name)}`

/** Whether one of the states has an event of one of these types, as SQL. */
const hasStep = (
  { table, recordsOf, values }: ConditionContext,
  types: readonly string[],
  more = sql.empty(),
) =>
  sql`exists (select 1 from ${recordsOf('event')} where ${event('recordId')} = ${table.id}
    and ${event('type')} in ${types} and ${event('stateCode')} in ${values}${more})`

/** Whether one of the states has a consent in effect. */
function hasConsented(context: ConditionContext): SQL {
  const { recordsOf } = context
  const ended = sql` and not exists (select 1 from (select * from ${recordsOf('event')}) as ended
    where ended."recordId" = ${event('recordId')} and ended."stateCode" = ${event('stateCode')}
    and ended."type" in ${ENDING}
    and (ended."occurredOn" is null or ${event('occurredOn')} is null or ended."occurredOn" >= ${event('occurredOn')}))`
  return hasStep(context, BINDING, ended)
}

/** Whether one of the states was a member of the body of the document on the day of signature. */
function wasMember({ table, recordsOf, values, day }: ConditionContext): SQL {
  const record = sql`${table}`
  const signedOn = sql`coalesce((select min(${event('occurredOn')}) from ${recordsOf('event')}
    where ${event('recordId')} = ${table.id} and ${event('type')} = 'signed'), ${day})`
  const above = sql`(with recursive above(id, depth) as (
      select ${record}."organizationId", 0
      union all select organizations."parentId", above.depth + 1 from organizations join above on organizations."id" = above.id
      where organizations."parentId" is not null and above.depth < 20
    ) select above.id from above)`
  return sql`exists (select 1 from ${recordsOf('membership')} where "memberships"."recordId" in ${values}
    and "memberships"."role" = 'member' and "memberships"."organizationId" in ${above}
    and ("memberships"."startDate" is null or "memberships"."startDate" <= ${signedOn})
    and ("memberships"."endDateLast" is null or "memberships"."endDateLast" >= ${signedOn}))`
}

const isTreatyWithParties = ({ table, recordsOf }: ConditionContext) =>
  sql`${table}."kind" in ${TREATIES} and exists (select 1 from ${recordsOf('event')}
    where ${event('recordId')} = ${table.id} and (${event('stateCode')} is not null or ${event('organizationId')} is not null))`

const byState = (
  description: string,
  condition: (context: ConditionContext) => SQL,
  reads: readonly Kind[] = ['event'],
): Filter => ({ by: 'condition', kind: 'state', reads, description, condition })

export const partyFilters: Record<string, Filter> = {
  signedBy: byState('A state that signed it.', (context) => hasStep(context, ['signed'])),
  consentedBy: byState('A state whose consent to be bound is in effect.', hasConsented),
  awaiting: byState(
    'A signatory of a treaty without a consent in effect.',
    (context) =>
      sql`(${isTreatyWithParties(context)} and ${hasStep(context, ['signed'])} and not ${hasConsented(context)})`,
  ),
  notSignedBy: byState(
    'A member of the body of a treaty, on the day of signature, that neither signed nor consented.',
    (context) =>
      sql`(${isTreatyWithParties(context)} and not ${hasStep(context, ['signed', ...BINDING])} and ${wasMember(context)})`,
    ['event', 'membership'],
  ),
}

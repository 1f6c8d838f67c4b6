// Who signed a document, who is bound by it and who is missing: GET /v1/agreements/{id}/parties, and filters of lists.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { BINDING, ENDING, TREATIES } from '../../core/parties.ts'
import { type SQL, sql } from '../../db/sql.ts'
import { sendRepresentation } from '../../http/conditional.ts'
import { describe, recordParam } from '../../http/describe.ts'
import { asOfParameter } from '../../records/read/parameters.ts'
import { readParties } from '../../records/read/parties.ts'
import { loadRecord, parse } from '../../records/read/record.ts'
import type { ConditionContext, Filter } from '../../records/schema/filters.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import { anyId, calendarDate, unbounded } from '../../records/schema/shapes.ts'
import type { Records } from '../../records/write/records.ts'
import { party } from './fields.ts'

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
        const context = { catalogue: records.catalogue, reader }
        return { asOf, ...(await readParties(context, record, { asOf, seq: null }, today)) }
      })
      return sendRepresentation(reply, { body: JSON.stringify(body) })
    },
  })
}

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

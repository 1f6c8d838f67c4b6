// The tools of the MCP endpoint. Each is a GET of the API, with the parameters and fields that a model needs.
import { z } from 'zod'
import type { Catalogue } from '../../records/schema/catalogue.ts'
import type { Resource } from '../../records/schema/resource.ts'

export interface Tool {
  name: string
  title: string
  description: string
  input: z.ZodRawShape
  /** The request that answers a call. */
  request: (input: Input) => { path: string; query?: Input }
}

/** The checked arguments of a call. */
export type Input = Readonly<Record<string, unknown>>

const WORDS =
  'Words that must all occur, in any form. Also "an exact phrase", prefix*, -excluded, one OR two.'

const words = z.string().max(500).optional().describe(WORDS)
const states = z
  .string()
  .optional()
  .describe('Codes of states (ISO 3166-1 alpha-2), separated by commas, such as RU,CN.')
const topics = z
  .string()
  .optional()
  .describe('Ids or slugs of topics, separated by commas; narrower topics are included. See list_vocabulary.')
const organization = z.string().optional().describe('The id of an organization, such as a council.')
const speaker = z.string().optional().describe('The id of a person.')
const meeting = z.string().optional().describe('The id of a meeting.')
const from = z.string().optional().describe('The first day: YYYY, YYYY-MM or YYYY-MM-DD.')
const to = z.string().optional().describe('The last day: YYYY, YYYY-MM or YYYY-MM-DD.')
const limit = z.int().min(1).max(100).default(25).describe('How many at most.')
const cursor = z
  .string()
  .optional()
  .describe('`page.nextCursor` of the previous page, with the same arguments.')
const paging = { limit, cursor }
const id = z
  .string()
  .max(100)
  .describe('The id, such as prp_…; for states their code, for topics also their slug.')

const CONTRIBUTORS = 'contributors,speakers.name,states.name,organizations.name'

/** A tool that lists records of a kind: the arguments are filters, some under another name. */
const list = (
  tool: Omit<Tool, 'request'>,
  path: string,
  fixed: Input,
  names: Readonly<Record<string, string>> = {},
): Tool => ({
  ...tool,
  input: { ...tool.input, ...paging },
  request: (input) => ({
    path,
    query: {
      ...fixed,
      ...Object.fromEntries(Object.entries(input).map(([name, value]) => [names[name] ?? name, value])),
    },
  }),
})

/** The tools, for the kinds of records that there are. */
export function toolsOf({ resources }: Catalogue): readonly Tool[] {
  const kind = z.enum(resources.map(({ path }) => path)).describe('The kind, as in paths of the API.')
  return [...LISTS, ...readers(kind, resources)]
}

const LISTS: readonly Tool[] = [
  {
    name: 'search',
    title: 'Search everything',
    description:
      'Finds records of every kind and quotes by words, the best first, with a snippet of each. Begin here if you have words and no id.',
    input: {
      q: z.string().max(500).describe(WORDS),
      kind: z.string().optional().describe('Kinds to search, such as proposal,statement.'),
      ...paging,
    },
    request: (query) => ({ path: '/v1/search', query }),
  },
  list(
    {
      name: 'find_proposals',
      title: 'Find proposals',
      description: 'Lists what was proposed, by whom, and where it stands, the newest first.',
      input: {
        q: words,
        state: states,
        speaker,
        topic: topics,
        meeting,
        status: z
          .string()
          .optional()
          .describe('proposed, under-consideration, adopted, rejected, deferred, withdrawn or implemented.'),
        from,
        to,
      },
    },
    '/v1/proposals',
    {
      include: 'speakers,states,organizations,meeting,topics',
      fields: `title,summary,status,statusSince,proposedOn,support,meeting.name,topics.prefLabel,${CONTRIBUTORS}`,
    },
    { from: 'proposedFrom', to: 'proposedTo' },
  ),
  list(
    {
      name: 'find_meetings',
      title: 'Find meetings',
      description: 'Lists meetings with their days and places, the latest first.',
      input: {
        q: words,
        organization,
        country: z.string().optional().describe('The code of the state where it is held.'),
        topic: topics,
        from,
        to,
      },
    },
    '/v1/meetings',
    {
      include: 'organization',
      fields: 'name,status,startDate,endDate,city,countryCode,summary,support,organization.name',
    },
    { from: 'dateFrom', to: 'dateTo' },
  ),
  list(
    {
      name: 'find_documents',
      title: 'Find treaties and other documents',
      description:
        'Lists treaties, declarations, decisions and drafts with their status. The states that signed or have yet to consent are filters.',
      input: {
        q: words,
        kind: z.string().optional().describe('Types, such as treaty,convention,declaration.'),
        status: z.string().optional().describe('Such as drafted, signed or in-force.'),
        topic: topics,
        signedBy: states.describe('States that signed it.'),
        awaiting: states.describe('States whose consent is still missing.'),
      },
    },
    '/v1/agreements',
    { fields: 'title,kind,status,statusSince,support' },
  ),
  list(
    {
      name: 'find_statements',
      title: 'Find statements',
      description: 'Lists what people, states and bodies said, to the letter where the source quotes them.',
      input: { q: words, state: states, speaker, topic: topics, meeting, from, to },
    },
    '/v1/statements',
    {
      sort: '-date',
      include: 'speakers,states,organizations,meeting',
      fields: `text,language,kind,date,support,meeting.name,${CONTRIBUTORS}`,
    },
    { from: 'saidFrom', to: 'saidTo' },
  ),
  list(
    {
      name: 'what_happened',
      title: 'List what happened',
      description:
        'Lists events of proposals and documents, the latest first: proposed, adopted, signed, ratified, entered into force and others.',
      input: {
        type: z.string().optional().describe('Types of events, such as signed,ratified.'),
        state: states,
        organization,
        meeting,
        topic: topics,
        record: z.string().optional().describe('The id of a proposal or a document.'),
        from,
        to,
      },
    },
    '/v1/events',
    {
      include: 'record,meeting',
      fields: 'type,occurredOn,stateCode,note,recordKind,recordId,record.title,record.status,meeting.name',
    },
    { from: 'occurredFrom', to: 'occurredTo' },
  ),
  {
    name: 'list_vocabulary',
    title: 'List states, topics, organizations or people',
    description: 'Lists what filters of the other tools refer to, with ids, in alphabetical order.',
    input: {
      kind: z.enum(['states', 'topics', 'organizations', 'speakers']).describe('What to list.'),
      limit: z.int().min(1).max(200).default(100).describe('How many at most.'),
      cursor,
    },
    request: ({ kind, ...query }) => ({
      path: `/v1/${kind}`,
      query: { ...query, fields: LABELS[String(kind)] },
    }),
  },
]

const readers = (kind: z.ZodType, resources: readonly Resource[]): readonly Tool[] => [
  {
    name: 'read_record',
    title: 'Read a record with its quotes',
    description:
      'Returns a record of any kind with its parts and the quotes that it rests on: the exact words, their source, and how strongly the source asserts it. Cite the quote and its source with every fact.',
    input: {
      kind,
      id,
      asOf: z.string().optional().describe('A day: what had happened by then.'),
      knownAt: z.string().optional().describe('An instant (RFC 3339): what was recorded by then.'),
    },
    request: ({ kind, id, ...clocks }) => ({
      path: `/v1/${kind}/${encodeURIComponent(String(id))}`,
      query: { ...selectionOf(resources, String(kind)), ...clocks },
    }),
  },
  {
    name: 'explain_facts',
    title: 'Say why the facts of a record are said',
    description:
      'Lists each field of a record with the evidence for it, the number of independent origins, other values that sources have, and denials.',
    input: { kind, id },
    request: ({ kind, id }) => ({ path: `/v1/${kind}/${encodeURIComponent(String(id))}/claims` }),
  },
  {
    name: 'who_stands_where',
    title: 'Say who stands where',
    description:
      'Lists the position of each member state on a proposal, a document or a statement. A position of null means that none is recorded; it is not an abstention.',
    input: {
      kind: z.enum(['proposals', 'agreements', 'statements']).describe('The kind, as in paths of the API.'),
      id,
      asOf: z.string().optional().describe('A day; default: today.'),
    },
    request: ({ kind, id, ...query }) => ({
      path: `/v1/${kind}/${encodeURIComponent(String(id))}/positions`,
      query,
    }),
  },
  {
    name: 'read_source',
    title: 'Read the text of a source',
    description: 'Returns a source with its whole text and all quotes from it, with what each is quoted for.',
    input: { id },
    request: ({ id }) => ({
      path: `/v1/sources/${encodeURIComponent(String(id))}`,
      query: {
        include: 'publisher,citations',
        fields: `title,publisher.name,publishedOn,url,language,standing,textStatus,text,${['exact', 'field', 'recordKind', 'recordId', 'assertion', 'motivation'].map((field) => `citations.${field}`)}`,
      },
    }),
  },
]

const LABELS: Readonly<Record<string, string>> = {
  states: 'code,name',
  topics: 'slug,prefLabel,broaderId',
  organizations: 'name,abbreviation,classification,parentId',
  speakers: 'name',
}

/** What a record is read with, beside its own fields. */
const INCLUDED: Readonly<Record<string, readonly string[]>> = {
  meetings: ['organization.name', 'relations'],
  proposals: ['events', 'positions', 'relations', 'speakers.name', 'meeting.name', 'topics.prefLabel'],
  agreements: ['events', 'positions', 'relations', 'topics.prefLabel'],
  statements: ['positions', 'speakers.name', 'meeting.name', 'topics.prefLabel'],
  speakers: ['memberships'],
  organizations: ['memberships', 'relations'],
  states: ['memberships'],
  sources: ['relations'],
}

/** What a model needs of a quote. */
const QUOTE = [
  ...['field', 'exact', 'value', 'direction', 'assertion', 'motivation', 'note', 'standing', 'sourceId'],
  ...['source.title', 'source.url', 'source.publishedOn'],
].map((field) => `evidence.${field}`)

/** The parameters by which a record is read with its parts and quotes; long texts are left to `read_source`. */
function selectionOf(resources: readonly Resource[], path: string): Input {
  const { keys = [], kind } = resources.find((resource) => resource.path === path) ?? {}
  const included = INCLUDED[path] ?? []
  const own = keys.filter((key) => kind !== 'source' || key !== 'text')
  const embedded = included.map((each) => each.split('.')[0] ?? '')
  return {
    include: ['evidence.source', ...embedded].join(),
    fields: [...own, ...included, ...QUOTE].join(),
  }
}

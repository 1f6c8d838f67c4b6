// Fields that several kinds of records share: names in several languages, contributors, translations, places in a document.
import { z } from 'zod'
import { flag } from '../../core/flag.ts'
import { canonicalLanguage } from '../../core/language.ts'
import type { Fault } from '../../core/problems.ts'
import { sql } from '../../db/sql.ts'
import { choice, list, object, pattern, ref, text } from './fields.ts'
import type { Filter } from './filters.ts'

/** A language tag (BCP 47), in its canonical form. */
export const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'Must be a language tag (BCP 47), such as en or zh-Hans.')
  .refine((tag) => canonicalLanguage(tag) !== null, 'The language tag is invalid.')
  .overwrite((tag) => canonicalLanguage(tag) ?? tag)
  .meta({ maxLength: 100, examples: ['en'] })

const NAME_TYPES = ['official', 'translation', 'alternative', 'former', 'abbreviation', 'search'] as const

const otherName = object(
  'Another name of a record.',
  {
    name: text(1000, 'The name.', { required: true, search: 'title' }),
    language: pattern(languageTag, 'The language of the name (BCP 47).'),
    type: choice(
      'NameType',
      NAME_TYPES,
      'The type. `search`: only to be found by, never shown (skos:hiddenLabel). `official` and `translation` require a language.',
      { default: 'alternative' },
    ),
  },
  'OtherName',
)

/** Further names of a record. The main name is in the language of the whole record set, English. */
export const otherNames = list(
  otherName,
  100,
  'Other names, by language and type. Full-text search includes them.',
)

interface OtherName {
  name: string
  language: string | null
  type: string
}

/** Checks the other names of a record: languages, and names that are listed twice. */
export function nameFaults(names: readonly OtherName[]): Fault[] {
  return names.flatMap(({ name, language, type }, index): Fault[] => {
    const pointer = `/otherNames/${index}`
    const earlier = names.slice(0, index)
    if (earlier.some((other) => other.name === name && other.language === language))
      return [{ pointer, detail: 'The name is listed twice for this language.' }]
    if (type !== 'official' && type !== 'translation') return []
    if (language === null)
      return [{ pointer: `${pointer}/language`, detail: `The type ${type} requires a language.` }]
    return earlier.some((other) => other.type === type && other.language === language)
      ? [{ pointer, detail: `There is another name of the type ${type} in this language.` }]
      : []
  })
}

const TRANSLATORS = ['publisher', 'analyst', 'machine'] as const

/** A translation of a text. */
export const translation = object(
  'A translation of a text.',
  {
    language: pattern(languageTag, 'The language of the translation (BCP 47).', { required: true }),
    text: text(50_000, 'The translated text.', { required: true, search: 'body' }),
    by: choice('Translator', TRANSLATORS, 'Who translated it.', { required: true }),
  },
  'Translation',
)

const LOCATORS = ['paragraph', 'page', 'article', 'section', 'annex'] as const

/** A place in a document, as people cite it; null: the whole document. */
export const locator = object(
  'A place in a document, as people cite it.',
  {
    label: choice('LocatorLabel', LOCATORS, 'The kind of division.', { required: true }),
    value: text(100, 'Its number or name.', { required: true }),
  },
  'Locator',
).nullable()

/**
 * Who did something, in what role and capacity: a person, a state, a body, or a person on behalf of these.
 * @param name of the schema in the OpenAPI document
 * @param roles the legal roles
 * @param about what they did, for the descriptions of filters
 */
export function contributor(name: string, roles: readonly [string, ...string[]], about: string) {
  return object(
    'A person, a state or a body, or several of these together: the person, for the state, in the body.',
    {
      role: choice(`${name}Role`, roles, 'The role.', { required: true, mayGrow: true }),
      speakerId: ref('speaker', 'The person.', {
        filter: 'speaker',
        include: 'speakers',
        about: `A person who ${about}.`,
      }),
      stateCode: ref('state', 'The state, or the state that the person acted for.', {
        filter: 'state',
        include: 'states',
        stats: 'state',
        about: `A state that ${about}, or for which a person did. A collective is not expanded into its members.`,
      }),
      organizationId: ref('organization', 'The body, or the body that the person acted for.', {
        filter: 'organization',
        include: 'organizations',
        stats: 'organization',
        about: `A body that ${about}, or for which a person did.`,
      }),
      collective: choice(
        'Collective',
        ['members', 'participants'],
        '`members`: the member states of the body on that day, jointly. `participants`: those who took part in the meeting of the record, jointly.',
      ),
      membershipId: ref('membership', 'The post in which the person acted.'),
      attributionText: text(500, 'How the source names them (Popolo).'),
    },
    name,
  )
}

/** Filters records by whether a contributor is a collective. */
export const collectiveFilter: Filter = {
  by: 'condition',
  value: flag,
  reads: [],
  description:
    'Whether a contributor is a collective: the members of a body, or the participants of a meeting.',
  // The list is JSON without white space, in which quotation marks inside of texts are escaped.
  condition: ({ table, values: [value] }) => {
    const found = sql`${table.doc} ->> 'contributors' like ${'%"collective":"%'}`
    return value === 'true' ? found : sql`not (${found})`
  },
}

interface Contributor {
  speakerId: string | null
  stateCode: string | null
  organizationId: string | null
  collective: string | null
  membershipId: string | null
}

/** Checks the contributors in a field of a record. @param meetingId of the record */
export function contributorFaults(
  contributors: readonly Contributor[],
  field: string,
  meetingId: string | null,
): Fault[] {
  return contributors.flatMap((one, index): Fault[] => {
    const at = (name: string) => `/${field}/${index}/${name}`
    const { speakerId, stateCode, organizationId, collective, membershipId } = one
    if (collective === 'members' && organizationId === null)
      return [{ pointer: at('organizationId'), detail: 'The collective `members` requires a body.' }]
    if (collective === 'participants' && meetingId === null)
      return [{ pointer: at('collective'), detail: 'The collective `participants` requires a meeting.' }]
    if (collective !== null && speakerId !== null)
      return [{ pointer: at('collective'), detail: 'A person is not a collective.' }]
    if (membershipId !== null && speakerId === null)
      return [{ pointer: at('membershipId'), detail: 'A post requires the person who held it.' }]
    return (speakerId ?? stateCode ?? organizationId ?? collective)
      ? []
      : [{ pointer: `/${field}/${index}`, detail: 'Name a person, a state or a body.' }]
  })
}

// Fills a new card from its quote: names and dates that the text has, the meeting of the report, and who spoke last.
import { fold } from '../../core/fold.ts'
import { IndexedText, type TextRange } from '../../core/quotes.ts'
import { capitalised } from '../../core/text.ts'
import type { ReadContext } from '../../records/read/context.ts'
import { childrenOf } from '../../records/read/record.ts'
import type { Json } from '../../records/schema/document.ts'
import { type Kind, kindOfId } from '../../records/schema/kinds.ts'
import { type Card, cardWith, type DraftContent, emptyCard, type Quote } from './model.ts'
import { datesIn, type Mention, mentionsIn, weekdayIn } from './recognise.ts'

type Values = Record<string, Json>

type Context = Pick<ReadContext, 'reader' | 'catalogue'>

const NAMED: readonly Kind[] = ['speaker', 'organization', 'state', 'topic']

/** How much of the text before a quote says who speaks and what the day is, and after a direct one, in UTF-16 units. */
const BEFORE = 1500
const AFTER = 200
/** How much of the beginning of a text has its dateline. */
export const DATELINE = 300

/** A quote of a place in a text. @param fields others than the place */
export function quoteAt(text: IndexedText, { start, end }: TextRange, fields: Values = {}): Quote {
  return { start, end, exact: text.text.slice(text.toUnit(start), text.toUnit(end)), fields }
}

/** What the text says around a quote, and what the draft has already. */
interface Surroundings {
  quote: string
  language: string
  /** The records that the quote names, by kind. */
  named: (kind: Kind) => string | null
  /** The name of the state as the quote has it. */
  stateName: string | null
  /** All topics that it names. */
  topics: string[]
  /** The day that it or its sentence names; otherwise that of the meeting. */
  day: string | null
  /** A day that the quote, its sentence or the dateline names. */
  dayOfText: string | null
  /** The meeting of the report. */
  meeting: string | null
  /**
   * Who speaks, with state and body: the person whom the quote or its sentence names, or who is named after words in quotation marks;
   * otherwise the one who was named last, but where the sentence begins with several people.
   */
  speaker: Values | null
  isInQuotationMarks: boolean
}

/**
 * A card for a quote, with what can be read from it.
 * @param of the record that a part belongs to
 */
export async function fillCard(
  context: Context,
  draft: DraftContent,
  { key, kind, of, range }: { key: string; kind: Kind; of: string | null; range: TextRange },
): Promise<Card> {
  const text = new IndexedText(draft.text)
  const around = await surroundingsOf(context, draft, text, range)
  const owner = of === null ? null : kindOf(draft, of)
  const { contributors = [] } = (of !== null && cardWith(draft, of.slice(1))?.fields) || {}
  const isOfSpeaker = (contributors as Values[]).some(
    ({ speakerId }) => speakerId === around.speaker?.['speakerId'],
  )
  const fields = fieldsFor(kind, owner, { ...around, isOfSpeaker })
  const quote = quoteAt(text, range, {
    motivation: 'quote',
    ...(kind === 'proposal' && { assertion: 'proposed' }),
  })
  return { ...emptyCard(key, kind, of), fields, quotes: [quote] }
}

/** The event of a proposal that was made. Null: neither its day nor its meeting is known. */
export async function proposedEvent(
  context: Context,
  draft: DraftContent,
  { key, proposal, range }: { key: string; proposal: Card; range: TextRange },
): Promise<Card | null> {
  const event = await fillCard(context, draft, { key, kind: 'event', of: `=${proposal.key}`, range })
  const { occurredOn, meetingId } = event.fields
  if (occurredOn === undefined && meetingId === undefined) return null
  const about = { field: '/type', assertion: 'proposed' }
  return {
    ...event,
    quotes: event.quotes.map((quote) => ({ ...quote, fields: { ...quote.fields, ...about } })),
  }
}

/** The day of a meeting of the draft; null if it has several. */
function dayOfMeeting({ fields: { startDate, endDate } }: Card): string | null {
  if (typeof startDate !== 'string' || startDate === '') return null
  return typeof endDate === 'string' && endDate !== '' && endDate !== startDate ? null : startDate
}

/** The kind of the record that a reference leads to. */
export function kindOf(draft: DraftContent, reference: string): Kind | null {
  if (reference.startsWith('=')) return cardWith(draft, reference.slice(1))?.kind ?? null
  return kindOfId(reference) ?? 'state'
}

async function surroundingsOf(
  context: Context,
  draft: DraftContent,
  text: IndexedText,
  { start, end }: TextRange,
): Promise<Surroundings> {
  const [from, to] = [text.toUnit(start), text.toUnit(end)]
  const quote = text.text.slice(from, to)
  const sentence = sentenceAround(text.text, from, to)
  const before = text.text.slice(Math.max(0, from - BEFORE), from)
  const known = namesOfCards(draft)
  const inQuote = await mentionsIn(context, quote, NAMED, known)
  const named = (kind: Kind) => only(inQuote, kind)
  const meeting = draft.cards.find(({ kind }) => kind === 'meeting')
  const { publishedOn, language } = draft.source.fields
  const published = typeof publishedOn === 'string' ? publishedOn : null
  const [ofQuote = null] = datesIn(quote, published)
  const ofSentence = datesIn(sentence, published)[0] ?? weekdayIn(sentence, published)
  const [ofDateline = null] = datesIn(text.text.slice(0, DATELINE), published)
  const isInQuotationMarks = isOpen(before)
  const people = async (part: string) =>
    (await mentionsIn(context, part, ['speaker'], known)).filter(({ kind }) => kind === 'speaker')
  const [after = ''] = text.text.slice(to, to + AFTER).split('\n', 1)
  const [speaking] = isInQuotationMarks ? await people(after) : []
  const near = (await people(sentence)).at(-1)?.id
  const mayBeNamedBefore = isInQuotationMarks || !SEVERAL.test(sentence)
  const namedBefore = mayBeNamedBefore ? (await people(before)).at(-1)?.id : undefined
  const person = named('speaker') ?? speaking?.id ?? near ?? namedBefore ?? null
  return {
    quote,
    language: typeof language === 'string' ? language : 'en',
    named,
    stateName: nameIn(quote, inQuote, 'state'),
    topics: [...new Set(inQuote.filter(({ kind }) => kind === 'topic').map(({ id }) => id))],
    day: ofQuote ?? ofSentence ?? (meeting ? dayOfMeeting(meeting) : null),
    dayOfText: ofQuote ?? ofSentence ?? ofDateline,
    meeting: meeting ? `=${meeting.key}` : null,
    speaker: person === null ? null : { speakerId: person, ...(await postOf(context, draft, person)) },
    isInQuotationMarks,
  }
}

/** The record of a kind that is mentioned; null if there are several. */
function only(mentions: readonly Mention[], wanted: Kind): string | null {
  const ids = [...new Set(mentions.filter(({ kind }) => kind === wanted).map(({ id }) => id))]
  return ids.length === 1 ? (ids[0] ?? null) : null
}

/** The words that name the first record of a kind. */
function nameIn(text: string, mentions: readonly Mention[], wanted: Kind): string | null {
  const mention = mentions.find(({ kind }) => kind === wanted)
  return mention ? text.slice(mention.from, mention.to) : null
}

/** The names by which the text may name the records of other cards: of people, also the last name. */
function namesOfCards(draft: DraftContent): { name: string; kind: Kind; id: string }[] {
  return draft.cards.flatMap(({ key, kind, id, fields }) => {
    const { name, prefLabel, otherNames, abbreviation } = fields
    const others = (Array.isArray(otherNames) ? otherNames : []).map((other) => (other as Values)?.['name'])
    const names = [name, prefLabel, abbreviation, ...others].filter(
      (one) => typeof one === 'string' && one !== '',
    )
    const lastNames = kind === 'speaker' ? names.flatMap((one) => /\p{L}{4,}$/u.exec(String(one)) ?? []) : []
    return [...names, ...lastNames].map((one) => ({ name: String(one), kind, id: id ?? `=${key}` }))
  })
}

/** The state and the body of the only post of a person. */
async function postOf(context: Context, draft: DraftContent, person: string): Promise<Values> {
  const drafted = draft.cards.filter(({ kind, of }) => kind === 'membership' && of === person)
  const posts = person.startsWith('=')
    ? drafted.map(({ fields }) => fields)
    : await childrenOf(context.reader, context.catalogue.child('membership'), person)
  const current = posts.filter(({ endDate }) => (endDate ?? null) === null)
  const [post] = current
  if (!post || current.length > 1) return {}
  const { stateCode = null, organizationId = null } = post as Values
  return {
    ...(stateCode !== null && { stateCode }),
    ...(organizationId !== null && { organizationId }),
  }
}

/** Several people, as the first words of a sentence: "The ministers", "All member states". */
const SEVERAL =
  /^\s*(?:\p{L}+\s+){0,2}(?:ministers|members|states|countries|participants|parties|sides|they|министры|члены|государства|страны|участники|стороны|они)(?!\p{L})|^\s*(?:各方|双方|成员国|他们|与会)/iu

const SENTENCE_END = /[.!?。！？۔\n]/

function sentenceAround(text: string, from: number, to: number): string {
  let start = from
  while (start > 0 && !SENTENCE_END.test(text[start - 1] ?? '')) start--
  let end = to
  while (end < text.length && !SENTENCE_END.test(text[end] ?? '')) end++
  return text.slice(start, end)
}

/** Whether quotation marks that were opened are not closed yet. */
const isOpen = (before: string) => {
  const marks = before.match(/[“”«»「」]/g) ?? []
  return ['“', '«', '「'].includes(marks.at(-1) ?? '')
}

const MAX_TITLE = 500

/** A title from words of a text: on one line, with a capital letter, without a full stop. */
const titleFrom = (quote: string) =>
  capitalised(
    quote
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/[.,;:。，；：]+$/u, ''),
  ).slice(0, MAX_TITLE)

/** Words joined by hyphens, if they are in Latin letters. */
const slugFrom = (quote: string) =>
  fold(quote)
    .replace(/[^a-z0-9 ]/g, '')
    .trim()
    .replaceAll(/ +/g, '-')
    .slice(0, 100)

/** The name and the abbreviation in words such as "the Shanghai Cooperation Organisation (SCO)". */
function bodyIn(words: string): Values {
  const [, name = words, abbreviation = ''] =
    /^(.+?)\s*[(（]([\p{Lu}\p{N}][\p{L}\p{N}.-]{1,19})[)）]$/u.exec(words) ?? []
  return { name: titleFrom(name.replace(/^the /i, '')), abbreviation }
}

/** The words of kinds of documents, in the languages of many sources. */
const DOCUMENT_WORDS: readonly [RegExp, string][] = [
  [/protocol|протокол|议定书/i, 'protocol'],
  [/memorandum|меморандум|备忘录/i, 'memorandum'],
  [/convention|конвенци|公约/i, 'convention'],
  [/treaty|договор|条约/i, 'treaty'],
  [/joint statement|совместное заявление|联合声明/i, 'joint-statement'],
  [/declaration|деклараци|宣言/i, 'declaration'],
  [/communiqu|коммюнике|公报/i, 'communique'],
  [/strategy|стратеги|战略/i, 'strategy'],
  [/programme|program|программ|纲要/i, 'programme'],
  [/charter|хартия|宪章/i, 'charter'],
  [/decision|решени|决议|决定/i, 'decision'],
  [/road ?map|дорожная карта|路线图/i, 'roadmap'],
  [/concept|концепци|构想/i, 'concept'],
  [/agreement|соглашени|协定|协议/i, 'agreement'],
]

/** The values that are known, and no others. */
const given = (values: Record<string, Json | undefined>): Values =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  ) as Values

/** @param around with whether the part belongs to what the speaker contributed to */
function fieldsFor(kind: Kind, owner: Kind | null, around: Surroundings & { isOfSpeaker: boolean }): Values {
  const { quote, language, named, topics, day, dayOfText, meeting, speaker } = around
  const words = quote.replace(/\s+/g, ' ').trim()
  const state = named('state')
  const organization = named('organization')
  const actor = { ...given({ stateCode: state, organizationId: organization }), ...speaker }
  const contributors = (role: string) => (Object.keys(actor).length > 0 ? [{ role, ...actor }] : [])
  switch (kind) {
    case 'meeting':
      return given({
        name: titleFrom(quote),
        startDate: dayOfText,
        organizationId: organization,
        countryCode: state,
      })
    case 'speaker':
      return { name: personIn(words) }
    case 'organization':
      return given({ ...bodyIn(words), countryCode: state })
    case 'topic':
      return given({ prefLabel: titleFrom(quote), slug: slugFrom(quote) })
    case 'state':
      return { name: words }
    case 'proposal':
      return given({
        title: titleFrom(quote),
        contributors: contributors('proposer'),
        meetingId: meeting,
        topicIds: topics,
      })
    case 'statement':
      return given({
        text: around.isInQuotationMarks ? quote.trim() : capitalised(quote.trim()),
        kind: around.isInQuotationMarks ? 'direct' : 'reported',
        language,
        contributors: contributors('author'),
        meetingId: meeting,
        topicIds: topics,
      })
    case 'agreement':
      return given({
        title: titleFrom(quote),
        kind: DOCUMENT_WORDS.find(([pattern]) => pattern.test(quote))?.[1],
        topicIds: topics,
      })
    case 'event':
      return given({
        type: owner === 'proposal' ? 'proposed' : undefined,
        occurredOn: day,
        meetingId: meeting,
        stateCode: owner === 'proposal' ? null : state,
      })
    case 'position':
      return given({
        ...positionOf(state, organization, around.isOfSpeaker ? null : speaker),
        statedOn: day,
        meetingId: meeting,
      })
    case 'membership':
      return given({
        role: roleIn(words, around.stateName),
        stateCode: state,
        organizationId: organization,
      })
    default:
      return {}
  }
}

/** Whose position it is: of the state or the body that is named, otherwise of the one for which somebody speaks. */
function positionOf(state: string | null, organization: string | null, speaker: Values | null): Values {
  if (state !== null) return { stateCode: state }
  if (organization !== null) return { organizationId: organization }
  const { speakerId = null, stateCode = null } = speaker ?? {}
  return stateCode === null ? {} : { stateCode, speakerId }
}

const CAPITALISED = String.raw`\p{Lu}[\p{L}\p{M}’'-]*`

/** The name in words such as "The Minister of Defence of Russia Sergei Shoigu": the last words with capital letters. */
function personIn(words: string): string {
  const names = words
    .replace(/[.,;:]+$/u, '')
    .match(new RegExp(`${CAPITALISED}(?: ${CAPITALISED}){1,3}$`, 'u'))
  return names && words.split(' ').length > 4
    ? names[0].split(' ').slice(-2).join(' ')
    : words.replace(/[.,;:]+$/u, '')
}

/** The post in such words: those before the name, without the state at their beginning, as in "Russia's Minister of Defence". */
function roleIn(words: string, stateName: string | null): string {
  const person = personIn(words)
  const before = (person === words ? words : words.slice(0, words.lastIndexOf(person))).replace(/^the /i, '')
  const isOfState = stateName !== null && before.startsWith(stateName)
  const role = isOfState ? before.slice(stateName.length).replace(/^['’]s /, '') : before
  return titleFrom(role)
}

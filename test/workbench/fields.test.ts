// Values as fields of a form, and back; and the combination of changes of several people.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Doc, Json } from '../../src/records/schema/document.ts'
import { catalogue } from '../../src/resources/index.ts'
import { dateInWords } from '../../src/web/dates.ts'
import { LANGUAGES } from '../../src/web/languages.ts'
import { combine } from '../../src/workbench/forms/combine.ts'
import {
  fieldsIn,
  fieldsOf,
  readFields,
  tidied,
  withEntry,
  without,
} from '../../src/workbench/forms/fields.ts'
import { formOf, type Group, type List, type Node } from '../../src/workbench/forms/nodes.ts'

/** The forms of all kinds, and of parts below each kind that can have them. */
const FORMS: [string, Group][] = [
  ...catalogue.resources.map(({ kind, writable }): [string, Group] => [kind, formOf(writable)]),
  ...catalogue.children.flatMap((child) =>
    child.of.map((of): [string, Group] => [
      `${child.kind} of a ${of}`,
      formOf(child.createShape(catalogue.entity(of))),
    ]),
  ),
]

const NASTY = [
  'a',
  'Я',
  '上',
  '😀',
  'é',
  '"',
  '<b>',
  '&amp;',
  "'",
  '\\',
  '\t',
  ' ',
  '\u200f',
  'א',
  '=',
  '{}',
  '#',
]

const text = (parts: readonly string[]) =>
  fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 12 }).map((all) => all.join(''))

const line = text(NASTY).map((all) => `x${all}x`)

const date = fc.constantFrom(
  '2022',
  '2022-08',
  '2022-08-24',
  '2022~',
  '2022-08-24?',
  '[2022..]',
  '[..2022-01]',
  '[2021..2022]',
)

/** The values that a node can have, as they are stored. */
function valuesOf(node: Node): fc.Arbitrary<Json | undefined> {
  if (node.is === 'list') return fc.array(valuesOf(node.item) as fc.Arbitrary<Json>, { maxLength: 3 })
  if (node.is === 'group') {
    const members = Object.fromEntries(
      Object.entries(node.members).map(([key, member]) => [key, valuesOf(member)]),
    )
    const whole = fc.record(members).map((value) => JSON.parse(JSON.stringify(value)) as Json)
    // An object of which nothing is known is none.
    const known = whole.filter((value) => Object.values(value as object).some((inner) => inner !== null))
    return node.empty === null ? fc.option(known) : known
  }
  const value = ((): fc.Arbitrary<Json> => {
    switch (node.input) {
      case 'date':
        return date
      case 'instant':
        return fc.constantFrom('2022-08-24T10:00:00Z', '2022-08-24T10:00:00.5Z')
      case 'integer':
        return fc.nat()
      case 'count':
        return fc.oneof(fc.nat(), fc.constant('all'))
      case 'boolean':
        return fc.boolean()
      case 'choice':
        return fc.constantFrom(...node.options)
      case 'language':
        return fc.constantFrom('en', 'zh-Hans', 'sr-Latn')
      case 'prose':
        return node.trimmed ? text([...NASTY, '\n']).map((all) => `x${all}x`) : text([...NASTY, '\n', '  '])
      default:
        return line
    }
  })()
  if (node.required) return value
  return typeof node.empty === 'string' && node.empty !== ''
    ? value
    : fc.option(value, { nil: node.empty as null })
}

/** What a browser sends and the service gets. */
const sent = (fields: ReadonlyMap<string, string>) => {
  const form = new URLSearchParams([...fields].map(([name, value]) => [name, value.replaceAll('\n', '\r\n')]))
  return fieldsIn(new URLSearchParams(form.toString()))
}

describe('the form of', () => {
  test.each(FORMS)('a %s gives every value back', (_name, node) => {
    fc.assert(
      fc.property(valuesOf(node), fc.constantFrom(...LANGUAGES), (value, language) => {
        const fields = sent(fieldsOf(node, value, (each) => dateInWords(language, each)))
        expect(tidied(node, fields)).toEqual(fields)
        expect(readFields(node, fields)).toEqual({ value, flaws: [] })
      }),
      { numRuns: 40 },
    )
  })

  test.each(catalogue.resources.map((resource) => [resource.kind, resource] as const))(
    'a %s that is empty has nothing but what it must have',
    (_kind, resource) => {
      const node = formOf(resource.writable)
      const fields = fieldsOf(node, undefined, (each) => each)
      const { value, flaws } = readFields(node, tidied(node, fields))
      const required = Object.entries(node.members).flatMap(([key, member]) =>
        member.is === 'scalar' && member.required ? [key] : [],
      )
      expect(flaws.map(({ name, is }) => [name, is])).toEqual(required.map((key) => [key, 'missing']))
      expect(
        Object.values(value)
          .flat()
          .filter((each) => each !== null && typeof each !== 'string'),
      ).toEqual([])
    },
  )

  test('anything reads what is sent by anybody', () => {
    const [, node] = FORMS.find(([kind]) => kind === 'meeting') ?? []
    if (!node) throw new Error('There is no form.')
    const name = fc
      .array(
        fc.constantFrom(
          'agenda',
          'participants',
          '0',
          '1',
          '99',
          '-1',
          '__proto__',
          'constructor',
          'role',
          'title',
          'name',
          ':find',
          ':pick',
          '',
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join('.'))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (entries) => {
        const fields = tidied(node, fieldsIn(new URLSearchParams(entries)))
        expect(tidied(node, fields)).toEqual(fields)
        expect(Array.isArray(readFields(node, fields).value['agenda'])).toBe(true)
      }),
    )
  })
})

describe('a field', () => {
  const node = formOf(catalogue.resource('meeting').writable)
  const read = (entries: Record<string, string>) => {
    const fields = tidied(node, new Map(Object.entries({ name: 'A', startDate: '2022', ...entries })))
    const { value, flaws } = readFields(node, fields)
    return {
      value: Object.fromEntries(
        Object.entries(value).filter(([, one]) => one !== null && !(Array.isArray(one) && one.length === 0)),
      ),
      flaws,
    }
  }

  test('takes what people write', () => {
    expect(
      read({
        startDate: '24 августа 2022 г.',
        endDate: '2022年8月25日',
        ordinal: ' １９ ',
        city: '  Tashkent ',
      }).value,
    ).toEqual({
      name: 'A',
      startDate: '2022-08-24',
      endDate: '2022-08-25',
      ordinal: 19,
      city: 'Tashkent',
    })
    const source = formOf(catalogue.resource('source').writable)
    const fields = (language: string, retrievedAt: string) =>
      new Map(Object.entries({ title: 'A', language, retrievedAt, text: ' \n x ' }))
    for (const language of ['Russian', 'русский', '俄语', 'RU'])
      expect(readFields(source, fields(language, '2022-08-24 14:30')).value).toMatchObject({
        language: 'ru',
        retrievedAt: '2022-08-24T14:30:00Z',
        text: ' \n x ',
      })
  })

  test.each([
    [{ name: '' }, 'name', 'missing'],
    [{ startDate: 'soon' }, 'startDate', 'date'],
    [{ endDate: '03/04/2022' }, 'endDate', 'dates'],
    [{ ordinal: 'ten' }, 'ordinal', 'number'],
    [{ format: 'by mail' }, 'format', 'choice'],
    [{ 'organizationId:find': 'SCO' }, 'organizationId', 'find'],
    [{ 'participants.0.attributionText': 'x' }, 'participants.0.role', 'missing'],
    [
      { 'otherNames.3.name': 'x', 'otherNames.3.language': 'no language' },
      'otherNames.0.language',
      'language',
    ],
  ] as [Record<string, string>, string, string][])('that has %j is refused', (entries, name, is) => {
    expect(read(entries).flaws).toEqual([expect.objectContaining({ name, is })])
  })

  test('with an ambiguous date is settled by a choice, but not by one of another date', () => {
    expect(read({ endDate: '03/04/2022', 'endDate:pick': '2022-04-03' }).value['endDate']).toBe('2022-04-03')
    expect(read({ endDate: '03/04/2022', 'endDate:pick': '2023-04-03' }).flaws).toHaveLength(1)
  })

  test('for a record keeps what was chosen among those that were found', () => {
    const found = { 'organizationId:find': 'SCO', 'organizationId:found': 'SCO' }
    expect(read({ ...found, organizationId: 'org_1' }).value['organizationId']).toBe('org_1')
    expect(read({ ...found, organizationId: '' }).flaws).toEqual([])
    expect(read(found).flaws).toHaveLength(1)
    expect(read({ ...found, 'organizationId:find': 'UN', organizationId: 'org_1' }).flaws).toHaveLength(1)
  })
})

describe('a list', () => {
  const node = formOf(catalogue.resource('meeting').writable)
  const agenda = node.members['agenda'] as List

  test('gets and loses entries, and those that are left keep their fields', () => {
    const one = withEntry(agenda, new Map([['name', 'A']]), 'agenda')
    const filled = new Map([...one, ['agenda.0.title', 'First'], ['agenda.0.position', '1']])
    const two = withEntry(agenda, filled, 'agenda')
    two.set('agenda.1.title', 'Second')
    two.set('agenda.1.topicIds.4', 'top_1')
    expect(Object.fromEntries(tidied(node, without(two, 'agenda.0')))).toMatchObject({
      name: 'A',
      'agenda.0.title': 'Second',
      'agenda.0.topicIds.0': 'top_1',
    })
    expect([...tidied(node, one).keys()]).toEqual(['name'])
  })
})

describe('changes of two people', () => {
  const node = formOf(catalogue.resource('proposal').writable)
  const doc = (fields: Record<string, Json>) =>
    ({
      title: 'T',
      summary: 'One two three.',
      proposedOn: '2022',
      otherNames: [],
      ...fields,
    }) as unknown as Doc

  test('of different fields are both made', () => {
    expect(combine(node, doc({}), doc({ title: 'Theirs' }), { proposedOn: '2023' })).toEqual({
      changes: { proposedOn: '2023' },
      collisions: [],
      changedByOthers: ['title'],
    })
  })

  test('of one field to the same value are none', () => {
    const { changes, collisions } = combine(node, doc({}), doc({ title: 'Same' }), { title: 'Same' })
    expect([changes, collisions]).toEqual([{}, []])
  })

  test('of one field collide', () => {
    const { changes, collisions } = combine(node, doc({}), doc({ proposedOn: '2021' }), {
      proposedOn: '2023',
    })
    expect([changes, collisions]).toEqual([
      {},
      [{ key: 'proposedOn', base: '2022', theirs: '2021', mine: '2023' }],
    ])
  })

  test.each([
    ['Zero two three.', 'One two four.', 'Zero two four.'],
    ['One, two three.', 'One two three. Four.', 'One, two three. Four.'],
    ['One two 3.', 'One two four.', undefined],
    ['一 two three.', 'One two 三.', '一 two 三.'],
  ])('in a text, to %j and %j, can be combined', (theirs, mine, both) => {
    const { collisions } = combine(node, doc({}), doc({ summary: theirs }), { summary: mine })
    expect(collisions.map((one) => one.both)).toEqual([both])
  })

  test('of a list are united', () => {
    const name = (text: string) => ({ name: text, language: null, type: 'alternative' })
    const base = doc({ otherNames: [name('A'), name('B')] })
    const theirs = doc({ otherNames: [name('A1'), name('B')] })
    const { collisions } = combine(node, base, theirs, { otherNames: [name('A'), name('B'), name('C')] })
    expect(collisions.map((one) => one.both)).toEqual([[name('A1'), name('B'), name('C')]])
  })
})

// Shows a form: the controls of its nodes, with what was typed, what is wrong with it, and what can be chosen.
import type { Doc } from '../../records/schema/document.ts'
import type { Kind } from '../../records/schema/kinds.ts'
import type { Entity } from '../../records/schema/resource.ts'
import { dateInWords } from '../../web/dates.ts'
import { type Content, type Html, html, join, plainText } from '../../web/html.ts'
import { fill, foreign } from '../../web/languages.ts'
import { lineDetails, partWord } from '../../web/lines.ts'
import { nameHtml } from '../../web/names.ts'
import { href, type Page } from '../../web/page.ts'
import { capital, fieldWord, kindWord, valueWord } from '../../web/words.ts'
import {
  type FieldError,
  hiddenField,
  idOf,
  type Option,
  radioField,
  selectField,
  textArea,
  textField,
} from '../controls.ts'
import type { Messages } from '../languages.ts'
import { beside, entriesOf, type Fields, type Flaw, isBlank } from './fields.ts'
import { languageName, PROPOSED } from './language-names.ts'
import type { Group, List, Node, Scalar } from './nodes.ts'
import { type FormOptions, type FoundRecord, type FoundRecords, holderOf, vocabularyOf } from './options.ts'

/** All that the controls of a form depend on. */
export interface FormView {
  /** With the names of the records that the form shows. */
  page: Page
  words: Messages
  /** The kind of record or part, which has hints of its own. */
  kind: Kind
  node: Group
  fields: Fields
  errors: readonly FieldError[]
  flaws: readonly Flaw[]
  options: FormOptions
  /** Controls that are shown in place of those that follow from the schema, by name. */
  special?: Readonly<Record<string, (view: FormView, name: string) => Html>>
  /** The fields that are shown on request, and the words for that. Default: those that few records have. */
  rare?: { keys: readonly string[]; label: string }
}

const RARE = ['otherNames', 'previousStartDates', 'identifiers', 'distinctFrom', 'sources']

/** All controls of a form. */
export function formControls(view: FormView): Html {
  const { node, words, errors, fields } = view
  const { keys, label } = view.rare ?? { keys: RARE, label: words.forms.more }
  const entries = Object.entries(node.members)
  const show = ([key, member]: [string, Node]) => control(view, member, key)
  const rare = entries.filter(([key]) => keys.includes(key))
  const isOpen = rare.some(
    ([key, member]) =>
      !isBlank(member, fields, key) ||
      entriesOf(fields, key).length > 0 ||
      errors.some(({ name }) => name.startsWith(key)),
  )
  return html`${entries.filter(([key]) => !keys.includes(key)).map(show)}${
    rare.length > 0 &&
    html`<details class="rare"${isOpen && html` open`}><summary>${label}</summary>${rare.map(show)}</details>`
  }`
}

/** The controls of a node. @param number of an entry of a list, from 1 */
export function control(view: FormView, node: Node, name: string, number?: number): Html {
  const special = view.special?.[name]
  if (special) return special(view, name)
  if (node.is === 'list') return listControl(view, node, name)
  if (node.is === 'group' && Object.keys(node.members).length === 0) return html``
  if (node.is === 'group') return groupControl(view, node, name, number)
  return scalarControl(view, node, name, labelOf(view, node, name, number))
}

/** The word for a field in a form. @param name of the field, or its path without positions of lists */
export function wordOf(page: Page, words: Messages, name: string): string {
  const path = name.replaceAll(/\.\d+/g, '')
  const { fields } = words.forms
  return Object.hasOwn(fields, path)
    ? (fields[path] ?? path)
    : fieldWord(page, path.split('.').at(-1) ?? path)
}

const numbered = ({ words }: FormView, word: string, number: number | undefined): Content =>
  number === undefined ? word : fill(words.forms.entry, { field: word, n: number })

/** The label of a control. @param number of an entry of a list, from 1 */
export function labelOf(view: FormView, node: Node | undefined, name: string, number?: number): Content {
  const label = numbered(view, wordOf(view.page, view.words, name), number)
  return node?.is !== 'scalar' || node.required
    ? label
    : html`${label} <small>${view.words.forms.optional}</small>`
}

/** What to enter. */
export function hintOf({ words, kind }: FormView, node: Node | undefined, name: string): string | undefined {
  const path = name.replaceAll(/\.\d+/g, '')
  const keys = [
    `${kind}.${path}`,
    path,
    path.split('.').at(-1) ?? '',
    node?.is === 'scalar' ? `:${node.input}` : '',
  ]
  return keys.map((key) => ownHint(words.forms.hints, key)).find((hint) => hint !== undefined)
}

const ownHint = (hints: Readonly<Record<string, string>>, key: string) =>
  Object.hasOwn(hints, key) ? hints[key] : undefined

/** The hint and the fault of a set of controls, and the attribute that names them. */
function aboutSet(view: FormView, node: Node, name: string) {
  const hint = hintOf(view, node, name)
  const fault = faultOf(view, name)
  const id = idOf(name)
  const ids = [hint && `${id}-hint`, fault && `${id}-error`].filter(Boolean).join(' ')
  return {
    shown: html`${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}${fault}`,
    described: ids !== '' && html` aria-describedby="${ids}"`,
  }
}

/** What is wrong with a control. */
export const faultOf = ({ errors }: FormView, name: string): Html | null => {
  const messages = errors.filter((error) => error.name === name).map(({ message }) => html`<p>${message}</p>`)
  return messages.length > 0 ? html`<div class="fault" id="${idOf(name)}-error">${messages}</div>` : null
}

/** The attributes of a control that say so. */
export const faultAttributes = ({ errors }: FormView, name: string): Html | false =>
  errors.some((error) => error.name === name) &&
  html` aria-invalid="true" aria-describedby="${`${idOf(name)}-error`}"`

/** A button that changes the form and saves nothing. @param action what to do, as `actionOf` reads it */
export const actionButton = (action: string, label: Content): Html =>
  html`<button class="quiet" name="do" value="${action}">${label}</button>`

function listControl(view: FormView, node: List, name: string): Html {
  const { words, fields } = view
  const word = wordOf(view.page, view.words, name)
  const { shown, described } = aboutSet(view, node, name)
  const entries = entriesOf(fields, name).map((index) => {
    const inner = `${name}.${index}`
    const remove = actionButton(
      `remove ${inner}`,
      fill(words.forms.remove, { entry: numbered(view, word, index + 1) }),
    )
    return html`<li>${control(view, node.item, inner, index + 1)}${remove}</li>`
  })
  return html`<fieldset class="entries" id="${idOf(name)}" tabindex="-1"${described}><legend>${word}</legend>${shown}${
    entries.length > 0 && html`<ol>${entries}</ol>`
  }${actionButton(`add ${name}`, fill(words.forms.add, { field: word }))}</fieldset>`
}

function groupControl(view: FormView, node: Group, name: string, number?: number): Html {
  const word = numbered(view, wordOf(view.page, view.words, name), number)
  const { shown, described } = aboutSet(view, node, name)
  const legend = node.empty === null ? html`${word} <small>${view.words.forms.optional}</small>` : word
  const members = Object.entries(node.members).map(([inner, member]) =>
    control(view, member, `${name}.${inner}`),
  )
  return html`<fieldset class="group" id="${idOf(name)}" tabindex="-1"${described}><legend>${legend}</legend>${shown}${members}</fieldset>`
}

function scalarControl(view: FormView, node: Scalar, name: string, label: Content): Html {
  const { page, words, fields, errors } = view
  const { forms } = words
  const base = { name, label, hint: hintOf(view, node, name), value: fields.get(name), errors }
  switch (node.input) {
    case 'reference':
      return referenceControl(view, node, name, label)
    case 'choice':
      return selectField({
        ...base,
        options: withEmpty(
          view,
          node,
          node.options.map((value) => ({ value, label: capital(valueWord(page, value)) })),
        ),
      })
    case 'boolean':
      return selectField({
        ...base,
        options: withEmpty(view, node, [
          { value: 'true', label: forms.yes },
          { value: 'false', label: forms.no },
        ]),
      })
    case 'date':
      return html`${textField(base)}${dateChoice(view, name)}`
    case 'language':
      return textField({ ...base, list: 'languages' })
    case 'prose':
      return textArea({ ...base, rows: rowsFor(fields.get(name) ?? '') })
    default:
      return textField(base)
  }
}

const rowsFor = (text: string) => Math.min(20, Math.max(3, Math.ceil(text.length / 80)))

/** The options of a choice, with an empty one unless there is a preset. */
const withEmpty = (
  { words }: FormView,
  { required, preset }: Scalar,
  options: readonly Option[],
): Option[] =>
  preset === ''
    ? [{ value: '', label: required ? words.forms.choose : words.forms.none }, ...options]
    : [...options]

/** The languages to which the fields for languages refer. */
export const languageList = ({ page }: FormView): Html =>
  html`<datalist id="languages">${PROPOSED.map((tag) => html`<option value="${tag}">${languageName(page.language)(tag)}</option>`)}</datalist>`

/** What an ambiguous date can mean. */
function dateChoice({ page, words, flaws, fields }: FormView, name: string): Html | null {
  const dates = flaws.find((flaw) => flaw.name === name)?.dates
  if (!dates) return null
  const options = dates.map((date) => ({ value: date, label: dateInWords(page.language, date) }))
  const pick = beside(name, 'pick')
  return radioField({ name: pick, label: words.forms.whichDate, value: fields.get(pick), options })
}

/** A choice from a list if there are few records, otherwise by search. */
function referenceControl(view: FormView, node: Scalar, name: string, label: Content): Html {
  const { page, fields, options, errors } = view
  const base = { name, label, hint: hintOf(view, node, name), value: fields.get(name) ?? '', errors }
  const vocabulary = vocabularyOf(node)
  const listed = vocabulary && options.vocabularies[vocabulary]
  if (listed) {
    const names = listed.map((doc) => ({ value: doc.id, label: plainText(nameOf(page, doc.id)) }))
    const select = selectField({ ...base, options: withValue(view, node, base.value, names) })
    // States are given; topics are added as they come up.
    return vocabulary === 'topic' ? html`${select}<p>${makeButtons(view, node, name)}</p>` : select
  }
  const posts = node.kinds.includes('membership')
    ? options.posts.get(fields.get(holderOf(name)) ?? '')
    : undefined
  if (posts)
    return selectField({
      ...base,
      options: withValue(
        view,
        node,
        base.value,
        posts.map((doc) => ({ value: doc.id, label: plainText(summary(page, 'membership', doc)) })),
      ),
    })
  return searchControl(view, node, name, label)
}

/** Options that include the present value. */
function withValue(view: FormView, node: Scalar, value: string, options: readonly Option[]): Option[] {
  const isListed = value === '' || options.some((option) => option.value === value)
  return withEmpty(view, node, isListed ? options : [...options, { value, label: value }])
}

/** The present value, the records that were found, and a field to find others by. */
function searchControl(view: FormView, node: Scalar, name: string, label: Content): Html {
  const { page, words, fields, options } = view
  const { forms } = words
  const value = fields.get(name) ?? ''
  const find = beside(name, 'find')
  const typed = fields.get(find) ?? ''
  const found = options.found.get(name)
  const records = [...draftedOf(view, node), ...(found?.records ?? [])].filter(({ doc }) => doc.id !== value)
  const choices: Option[] = [
    ...(value === '' ? [] : [{ value, label: nameOf(page, value) }]),
    ...records.map((record) => ({
      value: record.doc.id,
      label: nameOf(page, record.doc.id),
      hint: details(page, record),
    })),
  ]
  const chosen = value === '' && !fields.has(name) ? undefined : value
  const radios = [...choices, { value: '', label: node.required ? forms.noneOfThese : forms.none }].map(
    (option, index) => choice(name, index, option, chosen),
  )
  const kinds = kindsIn(page, node.kinds)
  const { shown, described } = aboutSet(view, node, name)
  const outcome = found && outcomeOf(view, node.kinds, typed, found)
  return html`<fieldset class="find" id="${idOf(name)}" tabindex="-1" data-find="${href(page, '/edit/find')}" data-name="${name}" data-kinds="${node.kinds.join(',')}"${described}><legend>${label}</legend>${shown}${
    choices.length > 0 && radios
  }<p role="status">${outcome}</p>${found && hiddenField(beside(name, 'found'), typed)}<p class="field"><label for="${idOf(find)}">${fill(choices.length > 0 ? forms.findOther : forms.find, { kinds })}</label><input id="${idOf(find)}" name="${find}" value="${typed}" autocomplete="off"${faultAttributes(view, name)}> ${actionButton(`find ${name}`, forms.search)}</p>${makeButtons(view, node, name)}</fieldset>`
}

/** Buttons for new records, one for each kind that can be chosen: they lead to a form, or make a card. */
const makeButtons = ({ page, words, options }: FormView, { kinds }: Scalar, name: string): Html[] =>
  (options.onlyStored?.includes(name) ? [] : kinds)
    // A source is no card.
    .filter((kind) => page.catalogue.findResource(kind) && !(options.drafted && kind === 'source'))
    .map((kind) =>
      actionButton(`make ${name} ${kind}`, fill(words.forms.make, { kind: kindWord(page, kind) })),
    )

/** The records of the same draft that can be chosen. */
const draftedOf = ({ options }: FormView, { kinds }: Scalar): readonly FoundRecord[] =>
  (options.drafted ?? []).filter(({ kind }) => kinds.includes(kind))

/** What a search found, in a sentence. */
export function outcomeOf(
  { page, words }: Pick<FormView, 'page' | 'words'>,
  kinds: readonly Kind[],
  typed: string,
  { records, more }: FoundRecords,
): Content {
  const { forms } = words
  if (records.length > 0) return more ? forms.moreFound : forms.found
  return fill(forms.noneFound, { kinds: kindsIn(page, kinds), words: html`<bdi>${typed}</bdi>` })
}

const kindsIn = (page: Page, kinds: readonly Kind[]) => kinds.map((kind) => kindWord(page, kind)).join(', ')

const choice = (
  name: string,
  index: number,
  { value, label, hint }: Option,
  chosen: string | undefined,
): Html =>
  html`<p class="choice"><input type="radio" id="${idOf(`${name}-${index}`)}" name="${name}" value="${value}"${value === chosen && html` checked`}> <label for="${idOf(`${name}-${index}`)}">${label}</label>${hint && html` <span class="hint">${hint}</span>`}</p>`

/** The name of a record in words. */
export const nameOf = (page: Page, id: string): Html => {
  const name = page.names.get(id)
  return name ? nameHtml(name, page.language) : html`<code>${id}</code>`
}

/** A record or part in a few words, with what tells it from others. */
export function summary(page: Page, kind: Kind, doc: Doc): Html {
  const entity = page.catalogue.entity(kind)
  const title = page.catalogue.findResource(kind) ? nameOf(page, doc.id) : partWord(page, entity, doc)
  return join([title, ...lineDetails(page, entity, doc)], ' · ')
}

/** The name of a record; of a part, its kind and what it says. */
export const titled = (page: Page, { entity, doc }: { entity: Entity; doc: Doc }): Html =>
  page.catalogue.findResource(entity.kind)
    ? nameOf(page, doc.id)
    : html`${kindWord(page, entity.kind)}: ${summary(page, entity.kind, doc)}`

/** What tells a record that was found from others: of a person, the posts. */
export function details(page: Page, { doc, kind, memberships }: FoundRecord): Html {
  if (kind !== 'speaker') return join(lineDetails(page, page.catalogue.entity(kind), doc), ' · ')
  return join(
    memberships.slice(0, 3).map((post) => summary(page, 'membership', post)),
    '; ',
  )
}

/** A text of the service in English, on a page in any language. */
export const inEnglish = (page: Page, text: string): Html => foreign(text, 'en', page.language)

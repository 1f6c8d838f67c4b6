// PATCH by generated clients: what they send for fields that a program does not set, and what that does.
import { describe, expect, test } from 'vitest'
import { convertTo30 } from '../src/http/openapi-3.0.ts'
import { catalogue } from '../src/resources/index.ts'
import { service } from './helpers/app.ts'
import { type Body, fullBody, kinds, oneOfEach, pathOf, type ResourceKind } from './helpers/bodies.ts'

interface Property {
  nullable?: boolean
  'x-omitempty'?: boolean
}

interface Schema {
  required?: string[]
  properties: Record<string, Property>
}

/** Whether a client sends null for a property that is not set; otherwise it omits it. */
type SendsNull = (property: Property) => boolean

/** oapi-codegen up to 2.5 omits what is not nullable, and what the document says. Other clients omit everything. */
const oapiCodegen: SendsNull = ({ nullable = false, 'x-omitempty': omits = !nullable }) => !omits

/** The same with a document that says nothing. */
const nullableAsNull: SendsNull = ({ nullable = false }) => oapiCodegen({ nullable })

/** Serializers that write null for every property without a value. */
const everythingAsNull: SendsNull = () => true

/** Kinds with a nullable field that a rule requires. */
const REQUIRED_BY_RULE: ResourceKind[] = ['statement', 'source']

async function created(kind: ResourceKind) {
  const s = await service()
  const { body: doc, headers, text, status } = await s.post(pathOf(kind), fullBody(kind, await oneOfEach(s)))
  expect(status, text).toBe(201)
  const { name, titleField } = catalogue.resource(kind)
  const { schemas } = (convertTo30(s.app.swagger() as never) as { components: { schemas: Body } }).components
  const { properties, required } = schemas[`${name}Patch`] as Schema
  expect(required, 'a patch requires nothing').toBeUndefined()
  const url = String(headers.location)
  return {
    titleField,
    nullable: Object.keys(properties).filter((field) => properties[field]?.nullable),
    requiredOfNew: (schemas[`${name}Create`] as Schema).required,
    /** Sets the title, as a client of this sort does. @returns the status, and the fields that are different then */
    setTitle: async (sendsNull: SendsNull) => {
      const unset = Object.entries(properties).filter(([, property]) => sendsNull(property))
      const body = { ...Object.fromEntries(unset.map(([field]) => [field, null])), [titleField]: 'Changed' }
      const { status } = await s.patch(url, body, { 'content-type': 'application/json' })
      const { version: _, updatedAt: __, sha256: ___, ...after } = (await s.get(url)).body
      const changed = Object.keys(after).filter(
        (field) => JSON.stringify(doc[field]) !== JSON.stringify(after[field]),
      )
      return { status, changed }
    },
  }
}

describe.each(kinds)('a %s', (kind) => {
  test('changes in the field that was set and in no other, with oapi-codegen too', async () => {
    const { titleField, setTitle } = await created(kind)
    expect(await setTitle(oapiCodegen)).toEqual({ status: 200, changed: [titleField] })
  })

  test('loses every nullable field, or is kept by a rule, if these are sent as null', async () => {
    const { titleField, nullable, setTitle } = await created(kind)
    const { status, changed } = await setTitle(nullableAsNull)
    const isRefused = REQUIRED_BY_RULE.includes(kind)
    expect(status).toBe(isRefused ? 422 : 200)
    expect(nullable.length).toBeGreaterThan(3)
    expect(changed).toEqual(isRefused ? [] : expect.arrayContaining([titleField, ...nullable]))
  })

  test('is kept by its required fields, if it has others than the title, if all are sent as null', async () => {
    const { nullable, requiredOfNew, setTitle } = await created(kind)
    const { status, changed } = await setTitle(everythingAsNull)
    const isRefused = requiredOfNew?.length !== 1
    expect(status).toBe(isRefused ? 400 : 200)
    expect(changed).toEqual(isRefused ? [] : expect.arrayContaining(nullable))
  })
})

// Recognises people, bodies and topics: by name, and people also by the state and the role of their posts.
import { preferExact } from '../read/matching.ts'
import { childrenOf } from '../read/record.ts'
import type { CatalogueReader } from '../schema/catalogue.ts'
import type { Doc } from '../schema/document.ts'
import type { Likeness, Resource } from '../schema/resource.ts'
import { hasOther, withSameName } from './match.ts'

type Fields = Record<string, unknown>

/** Records with the same name: the same if just one has it, otherwise candidates. */
export async function namesakesAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
): Promise<Likeness[]> {
  const found = await withSameName(tx, resource, fields)
  const exact = preferExact(resource, found, String(fields[resource.titleField]))
  const own = exact.filter((doc) => !hasOther(fields, doc, 'parentId'))
  const [only] = own
  if (only && own.length === 1) return [{ doc: only, degree: 'same' }]
  return exact.map((doc) => ({ doc, degree: 'candidate' }))
}

/** People with the same name, narrowed by the states and roles of their posts. */
export async function peopleAlike(
  resource: Resource,
  tx: CatalogueReader,
  fields: Fields,
): Promise<Likeness[]> {
  const found = await withSameName(tx, resource, fields)
  const posts = (fields['memberships'] ?? []) as Fields[]
  const people: { doc: Doc; posts: readonly Fields[] }[] = []
  for (const doc of preferExact(resource, found, String(fields[resource.titleField])))
    people.push({ doc, posts: await childrenOf(tx, tx.catalogue.child('membership'), doc.id) })
  const ofState = narrow(people, posts, 'stateCode')
  const ofRole = ofState.length > 1 ? narrow(ofState, posts, 'role') : ofState
  const [only] = ofRole
  if (only && ofRole.length === 1 && !areOfOtherStates(only.posts, posts))
    return [{ doc: only.doc, degree: 'same' }]
  return people.map(({ doc }) => ({ doc, degree: 'candidate' }))
}

/** Those who share a value of a post; all of them if nobody does. */
function narrow<P extends { posts: readonly Fields[] }>(
  people: readonly P[],
  posts: readonly Fields[],
  field: string,
): readonly P[] {
  const values = new Set(valuesIn(posts, field))
  const sharing = people.filter((person) => valuesIn(person.posts, field).some((value) => values.has(value)))
  return sharing.length > 0 ? sharing : people
}

const valuesIn = (posts: readonly Fields[], field: string) =>
  posts.map((post) => post[field]).filter((value) => typeof value === 'string')

/** Whether the posts of both name states, and none is the same. */
function areOfOtherStates(one: readonly Fields[], other: readonly Fields[]): boolean {
  const [these, those] = [valuesIn(one, 'stateCode'), valuesIn(other, 'stateCode')]
  return these.length > 0 && those.length > 0 && !these.some((state) => those.includes(state))
}

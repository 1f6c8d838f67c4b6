// Types of the kinds of records, taken from the operations of the OpenAPI document by their names.
import type { components, operations } from './schema.ts'

type Schemas = components['schemas']

/** Kinds by the name in their paths, with the name in operations and schemas. */
interface Names {
  meetings: 'Meeting'
  speakers: 'Speaker'
  proposals: 'Proposal'
  agreements: 'Agreement'
  statements: 'Statement'
  organizations: 'Organization'
  states: 'State'
  topics: 'Topic'
  sources: 'Source'
  events: 'Event'
  positions: 'Position'
  memberships: 'Membership'
  relations: 'Relation'
  evidence: 'Evidence'
}

export type KindName = keyof Names
/** Parts have no POST of their own: they are added to a record, or to another part. */
export type PartName = 'events' | 'positions' | 'memberships' | 'relations' | 'evidence'
export type RecordName = Exclude<KindName, PartName>

export type QueryOf<Id extends keyof operations> = NonNullable<operations[Id]['parameters']['query']>
type BodyOf<Id extends keyof operations> = Id extends unknown
  ? operations[Id] extends { requestBody: { content: { 'application/json': infer Body } } }
    ? Body
    : never
  : never

export type Item<Kind extends KindName> = Schemas[Names[Kind]]
export type Create<Kind extends RecordName> = BodyOf<`create${Names[Kind]}`>
export type Patch<Kind extends KindName> = BodyOf<`update${Names[Kind]}`>
export type Merge<Kind extends RecordName> = BodyOf<`merge${Names[Exclude<Kind, 'states'>]}`>

/** The owners of a kind of parts are those with an operation to create one. */
export type Owned<Kind extends KindName> = {
  [Part in PartName]: `create${Names[Kind]}${Names[Part]}` extends keyof operations ? Part : never
}[PartName]
export type CreateOwned<Kind extends KindName, Part extends PartName> = BodyOf<
  `create${Names[Kind]}${Names[Part]}` & keyof operations
>

type PartList<Kind extends KindName, Part extends PartName> = `list${Names[Kind]}${Capitalize<Part>}` &
  keyof operations
export type PartQuery<Kind extends KindName, Part extends PartName> = QueryOf<PartList<Kind, Part>>
/** Of positions the list has every member state, also without one. */
export type ListedPart<Kind extends KindName, Part extends PartName> = operations[PartList<
  Kind,
  Part
>] extends {
  responses: { 200: { content: { 'application/json': { data: (infer Listed)[] } } } }
}
  ? Listed
  : never

type Queries<Kind extends KindName> = QueryOf<`list${Capitalize<Kind>}`>
type Reads<Kind extends KindName> = QueryOf<`get${Names[Kind]}`>
type ElementOf<List> = NonNullable<List> extends readonly (infer Element)[] ? Element : never

/** A path for `include`. */
export type Include<Kind extends KindName> = ElementOf<Queries<Kind>['include']> & string
/** The parameters of a list, without the cursor, which the client handles. */
export type ListQuery<Kind extends KindName, Paths> = Omit<Queries<Kind>, 'cursor' | 'include'> & {
  include?: Paths
}
export type ReadQuery<Kind extends KindName, Paths> = Omit<Reads<Kind>, 'include'> &
  ('include' extends keyof Reads<Kind> ? { include?: Paths } : unknown)

type Head<Path> = Path extends `${infer First}.${string}` ? First : Path
type Tail<Path, First extends string> = Path extends `${First}.${infer Rest}` ? Rest : never

/** An item in which what `include` names is present, to any depth. Of a list that is only known at run time: as it is. */
export type With<Data, Paths extends readonly string[]> = Paths extends unknown
  ? number extends Paths['length']
    ? Data
    : Embed<Data, Paths[number]>
  : never

type Embed<Data, Path> = [Path] extends [never]
  ? Data
  : Data extends readonly (infer Element)[]
    ? Embed<Element, Path>[]
    : Data extends object
      ? Omit<Data, Head<Path> & string> & {
          [Key in Head<Path> & keyof Data & string]: Embed<Exclude<Data[Key], undefined>, Tail<Path, Key>>
        }
      : Data

// Combines the changes of a form with what others changed since it was shown: a three-way merge, field by field.
import { diff3Merge } from 'node-diff3'
import type { Doc, Json } from '../../records/schema/document.ts'
import { isEmpty } from '../../records/schema/values.ts'
import type { Group } from './nodes.ts'

export type Change = Readonly<Record<string, Json>>

/** A field that both changed, to different values. */
export interface Collision {
  key: string
  base: Json
  theirs: Json
  mine: Json
  /** What has both changes, if they are in different places of it. */
  both?: Json
}

export interface Combined {
  /** The changes that do not collide, by top-level field. */
  changes: Record<string, Json>
  collisions: Collision[]
  /** The fields that others changed. */
  changedByOthers: string[]
}

/**
 * @param base as the form showed it
 * @param theirs as it is now
 * @param mine the changes of the form
 */
export function combine({ members }: Group, base: Doc, theirs: Doc, mine: Change): Combined {
  const changes: Record<string, Json> = {}
  const collisions: Collision[] = []
  for (const [key, value] of Object.entries(mine)) {
    const [before, now] = [base[key] ?? null, theirs[key] ?? null]
    if (isEqual(value, now)) continue
    if (isEqual(before, now)) changes[key] = value
    else {
      const node = members[key]
      const isText = node?.is === 'scalar' && node.input === 'prose'
      const both = isText || node?.is === 'list' ? combineValues(before, now, value) : undefined
      collisions.push({ key, base: before, theirs: now, mine: value, ...(both !== undefined && { both }) })
    }
  }
  const changedByOthers = Object.keys(theirs).filter(
    (key) => !isEqual(base[key] ?? null, theirs[key] ?? null),
  )
  return { changes, collisions, changedByOthers }
}

/** Whether two values are the same; what is empty is empty in any form. */
export const isEqual = (one: Json, other: Json): boolean =>
  JSON.stringify(one) === JSON.stringify(other) || (isEmpty(one) && isEmpty(other))

/** A value with the changes of two others; undefined if they are in the same place. */
function combineValues(base: Json, theirs: Json, mine: Json): Json | undefined {
  if (Array.isArray(theirs) && Array.isArray(mine)) {
    if (isEmpty(base))
      return [...theirs, ...mine.filter((entry) => !theirs.some((other) => isEqual(entry, other)))]
    const tokens = [mine, (base ?? []) as Json[], theirs].map((list) =>
      list.map((entry) => JSON.stringify(entry)),
    )
    return mergeTokens(tokens)?.map((entry) => JSON.parse(entry) as Json)
  }
  if (typeof base !== 'string' || typeof theirs !== 'string' || typeof mine !== 'string') return undefined
  const texts = [mine, base, theirs]
  const words = texts.map(wordsOf)
  return mergeTokens(isShort(words) ? words : texts.map(linesOf))?.join('')
}

/** More than these are not compared. */
const MAX_TOKENS = 4000

const isShort = (lists: readonly (readonly string[])[]) => lists.every(({ length }) => length <= MAX_TOKENS)

function mergeTokens([mine = [], base = [], theirs = []]: string[][]): string[] | undefined {
  if (!isShort([mine, base, theirs])) return undefined
  const regions = diff3Merge(mine, base, theirs)
  return regions.some(({ conflict }) => conflict) ? undefined : regions.flatMap(({ ok }) => ok ?? [])
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

const wordsOf = (text: string): string[] => [...segmenter.segment(text)].map(({ segment }) => segment)

const linesOf = (text: string): string[] => text.split(/(?<=\n)/)

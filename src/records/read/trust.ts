// Weighs the evidence of a record: how well it is supported, by how many origins, and which of its fields are disputed.

import type { Support } from '../schema/resource.ts'
import type { Direction } from '../schema/values.ts'
import type { Origins } from './origins.ts'

/** What counts of a piece of evidence. */
export interface Weighed {
  sourceId: string
  motivation: string
  field: string
  direction: Direction
}

/** The support of a record without quotes: whether it names pages that have its facts. */
export const supportByPages = ({ sources }: Record<string, unknown>): Support =>
  Array.isArray(sources) && sources.length > 0 ? 'cited' : 'unsupported'

export interface Backing {
  support: Support
  /** The number of origins that support it. */
  origins: number
}

/** Whether evidence counts: a quote from a source that was not retracted. */
export const counts = ({ motivation, sourceId }: Weighed, origins: Origins): boolean =>
  motivation === 'quote' && origins.get(sourceId)?.standing !== 'retracted'

/** How well pieces of evidence support what they support together. Those that do not count are left out. */
export function backingOf(supporting: readonly Weighed[], origins: Origins): Backing {
  const publishers = new Map<string, Set<string>>()
  for (const evidence of supporting) {
    const source = origins.get(evidence.sourceId)
    if (!source || !counts(evidence, origins)) continue
    const known = publishers.getOrInsertComputed(source.origin, () => new Set())
    if (source.publisherId !== null) known.add(source.publisherId)
  }
  const all = [...publishers.values()]
  // An unknown publisher is nobody's, so it is never the same as another.
  const independent = all.some((one, index) =>
    all.slice(index + 1).some((other) => one.isDisjointFrom(other)),
  )
  return {
    support: independent ? 'corroborated' : all.length > 0 ? 'single-source' : 'unsupported',
    origins: all.length,
  }
}

/**
 * The fields that are disputed, in order. Within an origin the latest edition speaks for each field, so an edition does not
 * dispute what a later one says.
 */
export function disputedFields(evidence: readonly Weighed[], origins: Origins): string[] {
  const counted = evidence.filter((one) => counts(one, origins))
  const isSuperseded = ({ sourceId, field }: Weighed) =>
    counted.some((other) => other.field === field && origins.get(other.sourceId)?.earlier.has(sourceId))
  const disputing = counted.filter((one) => one.direction === 'disputes' && !isSuperseded(one))
  return [...new Set(disputing.map(({ field }) => field))].sort()
}

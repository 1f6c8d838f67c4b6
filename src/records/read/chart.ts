// What a chart counts by, and its bars.

/** A group of a chart. */
export interface Bar {
  /** A status, an id, a code or a year; null if the records have none. */
  key: string | null
  count: number
}

/** A part of a bar: the records of a group that are also in another one, by another grouping. */
export interface BarPart extends Bar {
  /** The key of the other group; null also where there is no other grouping. */
  other: string | null
}

/** What a chart counts by. */
export interface Chart {
  /** A grouping of the resource; null: all matching records are in one group. */
  by: string | null
  /** A further grouping, that divides the bars. Both have one value for each record. */
  other?: string
  /** Whether a record with a topic also counts for its broader topics. */
  narrower?: boolean
}

// Caches the results of a function by argument object.
export function memoize<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const values = new WeakMap<Key, Value>()
  return (key) => values.getOrInsertComputed(key, compute)
}

// The tables of opencc-js, which has no types: pairs of characters or phrases, separated by `|`; the two of a pair by a space.
declare module 'opencc-js/dict/TSCharacters' {
  const table: string
  export default table
}

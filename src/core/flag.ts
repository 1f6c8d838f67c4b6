// The value of a query parameter that is true or false.
import { z } from 'zod'

export const flag = z.preprocess(
  (input) => (input === 'true' ? true : input === 'false' ? false : input),
  z.boolean('Must be true or false.'),
)

// What TEST_EVERYTHING asks for.
/** Whether tests leave out nothing that repeats: set TEST_EVERYTHING. */
export const EVERYTHING = Boolean(process.env['TEST_EVERYTHING'])

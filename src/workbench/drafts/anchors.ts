// The ids of cards and quotes on the page of a draft.
export const cardId = (key: string) => `card-${key}`

export const quoteId = (key: string, index: number) => `quote-${key}-${index}`

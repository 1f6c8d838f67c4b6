// Identifies the state of a card that a form showed, so that a change in another window is noticed.
import { hash } from 'node:crypto'
import type { Card } from './model.ts'

export const seenOf = (card: Card): string => hash('sha256', JSON.stringify(card), 'base64url').slice(0, 16)

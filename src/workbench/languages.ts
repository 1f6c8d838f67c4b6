// The messages of the workbench in the language of a page.
import type { Language } from '../web/languages.ts'
import { en, type Messages } from './messages/en.ts'
import { ru } from './messages/ru.ts'
import { zh } from './messages/zh.ts'

export type { Messages }

const CATALOGUES: Record<Language, Messages> = { en, ru, zh }

export const messagesOf = (language: Language): Messages => CATALOGUES[language]

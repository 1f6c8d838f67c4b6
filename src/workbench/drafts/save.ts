// Saves a draft: its report, all or nothing, in one transaction with the draft, so that it is written once however often it is sent.
import { bodyProblem } from '../../core/body-problem.ts'
import { Problem } from '../../core/problems.ts'
import { reportBody } from '../../features/reports/routes.ts'
import type { Report } from '../../features/reports/write.ts'
import type { Author, Catalogue } from '../../records/schema/catalogue.ts'
import type { Records } from '../../records/write/records.ts'
import { cardsOf, type DraftContent, isLoose } from './model.ts'
import { toReport } from './report.ts'
import { type Draft, findDraft, updateDraft } from './store.ts'
import { writeDraft } from './write.ts'

/**
 * @param at the draft, and the revision that was shown
 * @returns the draft, saved by this or an earlier call; undefined if the owner has none of this id
 * @throws StaleDraft, and the problems of a report
 */
export const saveDraft = (
  records: Records,
  author: Author,
  at: { id: string; revision: number },
): Promise<Draft | undefined> =>
  records.write(author, async (tx) => {
    const keyId = author.actor.id
    const present = await findDraft(tx, keyId, at.id)
    if (!present || present.content.saved) return present
    return updateDraft(tx, { ...at, keyId, at: tx.at }, async ({ content }) => {
      const outcomes = await writeDraft(records, tx, content, reportOf(records.catalogue, content))
      const sourceId = outcomes.find(({ section }) => section === 'source')?.id ?? ''
      return {
        ...content,
        saved: {
          at: tx.at,
          sourceId,
          records: outcomes.map(({ key, kind, id, outcome }) => ({ key, kind, id, outcome })),
        },
      }
    })
  })

/** The report of a draft of which nothing may be left out. @throws Problem `inconsistent` or `invalid-body` */
function reportOf(catalogue: Catalogue, content: DraftContent): Report {
  const unfinished = cardsOf(content).filter((card) => card.typed || isLoose(catalogue, card))
  if (unfinished.length > 0)
    throw new Problem('inconsistent', `Not finished: ${unfinished.map(({ key }) => key).join(', ')}.`)
  const parsed = reportBody(catalogue).safeParse(toReport(catalogue, content).report)
  if (!parsed.success) throw bodyProblem(parsed.error)
  return parsed.data as unknown as Report
}

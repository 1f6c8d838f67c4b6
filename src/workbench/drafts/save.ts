// Saves a draft: its report, all or nothing, in one transaction with the draft, so that it is written once however often it is sent.
import { reportBody } from '../../features/reports/routes.ts'
import { type Report, writeReport } from '../../features/reports/write.ts'
import type { Author } from '../../records/schema/catalogue.ts'
import type { Records } from '../../records/write/records.ts'
import { toReport } from './report.ts'
import { type Draft, findDraft, updateDraft } from './store.ts'

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
      const { catalogue } = records
      const { report } = toReport(catalogue, content)
      const outcomes = await writeReport(
        records,
        tx,
        reportBody(catalogue).parse(report) as unknown as Report,
      )
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

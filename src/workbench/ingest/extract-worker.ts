// The thread of extractor.ts: takes the text out of one page or file, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { extractArticle } from './article.ts'
import type { Extracted } from './extracted.ts'
import { type FailureCode, IngestFailure } from './failure.ts'
import { extractPdf } from './pdf.ts'

export type Job = { html: string; address: string | null } | { pdf: Uint8Array }

export type JobResult = { extracted: Extracted } | { failure: { code: FailureCode; detail: string } }

async function run(job: Job): Promise<JobResult> {
  try {
    const extracted = 'pdf' in job ? await extractPdf(job.pdf) : extractArticle(job.html, job.address)
    return { extracted }
  } catch (error) {
    if (error instanceof IngestFailure) return { failure: { code: error.code, detail: error.detail } }
    // Such as elements that are nested too deeply.
    if (error instanceof RangeError) return { failure: { code: 'too-complex', detail: error.message } }
    return { failure: { code: 'damaged', detail: String(error).slice(0, 200) } }
  }
}

parentPort?.postMessage(await run(workerData as Job))

// Limits how many responses that take long are sent at a time.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Problem } from '../core/problems.ts'

/** Counts the responses of a sort. */
export class Limit {
  #count = 0
  readonly #max: number
  readonly #name: string

  /** @param name of what the service sends, for the problem */
  constructor(max: number, name: string) {
    this.#max = max
    this.#name = name
  }

  /**
   * Sends content that counts from now on, before any of it is read, until it has been sent, or its client has left.
   * @throws Problem `unavailable`, if there are too many
   */
  async send(reply: FastifyReply, content: () => Promise<Readable | string>): Promise<FastifyReply> {
    if (this.#count >= this.#max)
      throw new Problem('unavailable', `The service sends ${this.#max} ${this.#name} already.`, {
        headers: { 'retry-after': '10' },
      })
    this.#count++
    let isStream = false
    try {
      const payload = await content()
      if (payload instanceof Readable) {
        payload.once('close', () => this.#count--)
        isStream = true
      }
      return reply.send(payload)
    } finally {
      if (!isStream) this.#count--
    }
  }
}

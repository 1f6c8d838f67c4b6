// Webhooks: managed with an admin's key, and verified where they arrive.
import type { Call, CallOptions, Http } from './http.ts'
import type { QueryOf } from './kinds.ts'
import {
  itemPath,
  Listing,
  type PostOptions,
  post,
  type Version,
  type WriteOptions,
  write,
} from './records.ts'
import type * as schema from './schema.ts'

const PATH = '/v1/webhooks'

export class Webhooks {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(query: Omit<QueryOf<'listWebhooks'>, 'cursor'> = {}, options?: CallOptions): Listing<schema.Webhook> {
    return new Listing(this.#http, PATH, query, options)
  }

  get(id: string, options?: CallOptions): Call<schema.Webhook> {
    return this.#http.call('GET', itemPath(PATH, id), options)
  }

  /** The `secret` is only in this result. @throws ProblemError `inconsistent` if the address is not allowed */
  create(body: schema.WebhookCreate, options?: PostOptions): Call<schema.WebhookWithSecret> {
    return post(this.#http, PATH, body, options)
  }

  /** @throws ProblemError `precondition-failed` */
  update(webhook: Version, patch: schema.WebhookPatch, options?: WriteOptions): Call<schema.Webhook> {
    return write(this.#http, 'PATCH', itemPath(PATH, webhook.id), webhook, patch, options)
  }

  /** @throws ProblemError `precondition-failed` */
  delete(webhook: Version, options?: WriteOptions): Call<undefined> {
    return write(this.#http, 'DELETE', itemPath(PATH, webhook.id), webhook, undefined, options)
  }

  /** Creates a new secret, which is only in this result. For 24 hours deliveries are signed with both. */
  rotateSecret(id: string, options?: PostOptions): Call<schema.WebhookSecret> {
    return post(this.#http, itemPath(PATH, id, '/secret'), undefined, options)
  }

  /** Sends a ping. */
  test(id: string, options?: PostOptions): Call<schema.WebhookDelivery> {
    return post(this.#http, itemPath(PATH, id, '/test'), undefined, options)
  }

  /** Sends every change after this `seq` again. */
  replay(id: string, after: number, options?: PostOptions): Call<schema.Webhook> {
    return post(this.#http, itemPath(PATH, id, '/replay'), { after }, options)
  }

  /** What was sent or is waiting, the newest first. */
  deliveries(
    id: string,
    query: Omit<QueryOf<'listWebhookDeliveries'>, 'cursor'> = {},
    options?: CallOptions,
  ): Listing<schema.WebhookDelivery> {
    return new Listing(this.#http, itemPath(PATH, id, '/deliveries'), query, options)
  }

  /** A delivery with its attempts. */
  delivery(id: string, deliveryId: string, options?: CallOptions): Call<schema.WebhookDeliveryDetail> {
    return this.#http.call('GET', itemPath(PATH, id, itemPath('/deliveries', deliveryId)), options)
  }

  /** Sends one delivery again. */
  replayDelivery(id: string, deliveryId: string, options?: PostOptions): Call<schema.WebhookDelivery> {
    return post(
      this.#http,
      itemPath(PATH, id, itemPath('/deliveries', deliveryId, '/replay')),
      undefined,
      options,
    )
  }
}

// Assets: bodies that are the same as long as the process runs. Each is built, hashed and compressed once.
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { etagOf } from './conditional.ts'

interface Content {
  body: string
  type: string
  headers?: Record<string, string>
}

interface Asset {
  headers: Record<string, string>
  bodies: { br: Buffer; gzip: Buffer; identity: Buffer }
}

/** The options of a route that sends an asset. Its encoding is chosen here. */
export const ASSET_ROUTE = {
  config: { open: true },
  schema: { hide: true },
  compress: false,
} satisfies RouteShorthandOptions & { compress: false }

/** How many variants of an asset are kept. */
const MAX_VARIANTS = 8

/**
 * @param variantOf what of a request the asset depends on; default: nothing
 * @returns a handler that sends what `build` returned at the first request for a variant
 */
export function assetHandler(
  build: (variant: string) => Content | Promise<Content>,
  variantOf: (request: FastifyRequest) => string = () => '',
) {
  const assets = new Map<string, Promise<Asset>>()
  const assetFor = (variant: string): Promise<Asset> => {
    const asset = buildAsset(() => build(variant)).catch((error) => {
      assets.delete(variant)
      throw error
    })
    if (assets.size === MAX_VARIANTS) assets.clear()
    assets.set(variant, asset)
    return asset
  }
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const variant = variantOf(request)
    const { headers, bodies } = await (assets.get(variant) ?? assetFor(variant))
    const encoding = request.accepts().encoding(['br', 'gzip', 'identity'])
    const chosen = encoding === 'br' || encoding === 'gzip' ? encoding : 'identity'
    reply.headers(headers)
    if (chosen !== 'identity') reply.header('content-encoding', chosen)
    return reply.send(bodies[chosen])
  }
}

async function buildAsset(build: () => Content | Promise<Content>): Promise<Asset> {
  const { body, type, headers } = await build()
  const identity = Buffer.from(body)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: identity.length }
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(identity, { params }),
    promisify(gzip)(identity),
  ])
  return {
    headers: { 'content-type': type, etag: etagOf(body), ...headers },
    bodies: { br, gzip: gz, identity },
  }
}

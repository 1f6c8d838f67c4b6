// Evidence of a record: what it rests on, and a source's annotations the other way round.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Reader } from '../../db/engine.ts'
import { answer, checkIfMatch } from '../../http/conditional.ts'
import { describe, ifMatch, ifNoneMatch, partParam, recordParam } from '../../http/describe.ts'
import { DELETED, recordResponse, respondIdempotently } from '../../http/write.ts'
import { type Kind, unbounded } from '../../records/schema/fields.ts'
import type { Doc, Entity, Resource } from '../../records/schema/resource.ts'
import { belongingTo, parse, type Records, type Stored } from '../../records/write/records.ts'
import { annotationPage, toAnnotation } from './annotations.ts'
import { addEvidence, citationsOf, evidence, evidenceCreate, removeEvidence } from './index.ts'

const evidenceList = z
  .object({ data: z.array(evidence.record).meta(unbounded) })
  .meta({ id: 'EvidenceList', description: 'All evidence of a record, oldest first.' })

/** Whose evidence a set of routes serves. */
export interface EvidenceHolder {
  entity: Entity
  /** Under which the evidence lies: `/v1/proposals/:id`. */
  base: string
  tag: string
  params: z.ZodObject
  /** Finds the record that the path names. @throws Problem `not-found` or `gone` */
  find: (reader: Reader, params: Record<string, string>) => Promise<Stored>
  /** The path of a record that was found. */
  path: (record: Doc) => string
}

export function evidenceRoutes(app: FastifyInstance, holder: EvidenceHolder, records: Records): void {
  const { entity, tag } = holder
  const { kind, name } = entity
  const collection = `${holder.base}/evidence`
  const itemParams = holder.params.extend({
    evidenceId: partParam('evd', 'The id of the evidence.'),
  })
  const params = (request: FastifyRequest) => request.params as Record<string, string>

  app.get(collection, {
    schema: describe({
      operationId: `list${name}Evidence`,
      tag,
      summary: `List the evidence of the ${kind}`,
      description: 'All of it at once, quotes and inferences, oldest first.',
      params: holder.params,
      headers: ifNoneMatch,
      answers: { 200: { description: 'What the record rests on.', schema: evidenceList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const rows = await records.engine.read(async (reader) => {
        const record = await holder.find(reader, params(request))
        return records.childrenOf(reader, evidence, record.id)
      })
      return answer(request, reply, { body: `{"data":[${rows.map((row) => row.doc).join(',')}]}` })
    },
  })

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}Evidence`,
      tag,
      summary: `Create evidence for the ${kind}`,
      description:
        'The server checks that the text of the source holds the quote where you say; with no offsets it finds it.',
      params: holder.params,
      body: evidenceCreate,
      answers: { 201: { description: 'The evidence, with its place.', schema: evidence.record } },
      problems: ['not-found', 'gone', 'unknown-reference', 'inconsistent', 'quote-absent', 'quote-ambiguous'],
      secured: true,
    }),
    handler: async (request, reply) => {
      return respondIdempotently(records, request, reply, async (tx) => {
        const record = parse(await holder.find(tx, params(request)))
        const made = await addEvidence(records, tx, entity, record, request.body as Record<string, unknown>)
        return recordResponse(made, 201, `${holder.path(record)}/evidence/${made.id}`)
      })
    },
  })

  app.get(`${collection}/:evidenceId`, {
    schema: describe({
      operationId: `get${name}Evidence`,
      tag,
      summary: `Get one piece of evidence of the ${kind}`,
      description: 'The words, where they stand in the source, and how strongly the source has it.',
      params: itemParams,
      headers: ifNoneMatch,
      answers: {
        200: {
          description: 'The evidence.',
          schema: evidence.record,
          headers: ['ETag', 'Last-Modified'],
        },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const stored = await records.engine.read((reader) => findEvidence(reader, params(request)))
      return answer(request, reply, {
        body: stored.doc,
        version: stored.version,
        lastModified: parse(stored).updatedAt,
      })
    },
  })

  app.delete(`${collection}/:evidenceId`, {
    config: { role: 'admin' },
    schema: describe({
      operationId: `delete${name}Evidence`,
      tag,
      summary: `Delete evidence of the ${kind}`,
      description: 'Needs an admin key. The support of the record follows.',
      params: itemParams,
      headers: ifMatch,
      answers: { 204: { description: 'It is deleted.' } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed'],
      secured: true,
    }),
    handler: async (request, reply) => {
      return respondIdempotently(records, request, reply, async (tx) => {
        const stored = await findEvidence(tx, params(request))
        checkIfMatch(request, stored.version)
        const record = parse(await holder.find(tx, params(request)))
        await removeEvidence(records, tx, entity, record, parse(stored))
        return DELETED
      })
    },
  })

  async function findEvidence(reader: Reader, given: Record<string, string>): Promise<Stored> {
    const record = await holder.find(reader, given)
    return belongingTo(record.id, await records.load(reader, evidence, given['evidenceId'] ?? ''), 'evidence')
  }
}

/** The evidence of a resource's records. */
export const heldBy = (resource: Resource, records: Records): EvidenceHolder => ({
  entity: resource,
  base: `/v1/${resource.path}/:id`,
  tag: resource.path,
  params: recordParam(resource),
  find: (reader, { id = '' }) => records.load(reader, resource, id),
  path: (record) => `/v1/${resource.path}/${record.id}`,
})

/** The annotations of a source, as W3C Web Annotations. */
export function annotationRoutes(app: FastifyInstance, sources: Resource, records: Records): void {
  app.get('/v1/sources/:id/annotations', {
    schema: describe({
      operationId: 'listSourceAnnotations',
      tag: 'sources',
      summary: 'List the annotations of the source',
      description:
        'As W3C Web Annotations (JSON-LD), in the order of the text. Positions count Unicode code points.',
      params: recordParam(sources),
      headers: ifNoneMatch,
      answers: {
        200: { description: 'The annotations.', schema: annotationPage, type: 'application/ld+json' },
      },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const [source, items] = await records.engine.read(async (reader) => {
        const found = await records.load(reader, sources, id)
        const cited = (await citationsOf(reader, found.id)).map(parse)
        const paths = await pathsOf(records, reader, cited)
        return [
          found,
          cited.map((doc) => toAnnotation(doc, paths.get(doc['recordId'] as string) ?? '')),
        ] as const
      })
      const body = {
        '@context': 'http://www.w3.org/ns/anno.jsonld',
        id: `/v1/sources/${source.id}/annotations`,
        type: 'AnnotationPage',
        startIndex: 0,
        items,
      }
      return answer(request, reply, {
        body: JSON.stringify(body),
        type: 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
      })
    },
  })
}

/** Where each record that evidence supports is read. A part lies under its own record. */
async function pathsOf(records: Records, reader: Reader, cited: Doc[]): Promise<Map<string, string>> {
  const { catalogue } = records
  const paths = new Map<string, string>()
  for (const { recordKind, recordId } of cited as (Doc & { recordKind: Kind; recordId: string })[]) {
    if (paths.has(recordId)) continue
    const resource = catalogue.resources.find(({ kind }) => kind === recordKind)
    if (resource) {
      paths.set(recordId, `/v1/${resource.path}/${recordId}`)
      continue
    }
    const part = parse(await records.load(reader, catalogue.entity(recordKind), recordId))
    const holder = catalogue.resource(part['recordKind'] as Kind)
    paths.set(recordId, `/v1/${holder.path}/${part['recordId']}/${recordKind}s/${recordId}`)
  }
  return paths
}

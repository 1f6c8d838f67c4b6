// Evidence of a record: what it rests on, and a source's annotations the other way round.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFound } from '../../core/problems.ts'
import { authorOf } from '../../http/author.ts'
import { answer, checkIfMatch, sendWritten } from '../../http/conditional.ts'
import { describe, ifMatch, ifNoneMatch, recordParam } from '../../http/describe.ts'
import { parse, type Records } from '../../records/records.ts'
import type { Doc, Resource } from '../../records/resource.ts'
import { annotationPage, toAnnotation } from './annotations.ts'
import { addEvidence, citationsOf, evidence, evidenceCreate, removeEvidence } from './index.ts'

const evidenceList = z
  .object({ data: z.array(evidence.record) })
  .meta({ id: 'EvidenceList', description: 'All evidence of a record, oldest first.' })

export function evidenceRoutes(app: FastifyInstance, resource: Resource, records: Records): void {
  const { kind, name, path } = resource
  const collection = `/v1/${path}/:id/evidence`
  const itemParams = recordParam(resource).extend({
    evidenceId: z.string().meta({ description: 'The id of the evidence.' }),
  })

  app.get(collection, {
    schema: describe({
      operationId: `list${name}Evidence`,
      tag: path,
      summary: `List the evidence of the ${kind}`,
      params: recordParam(resource),
      headers: ifNoneMatch,
      answers: { 200: { description: 'What the record rests on.', schema: evidenceList } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const rows = await records.engine.read(async (reader) => {
        const record = await records.load(reader, resource, id)
        return records.under(reader, evidence, record.id)
      })
      return answer(request, reply, { body: `{"data":[${rows.map((row) => row.doc).join(',')}]}` })
    },
  })

  app.post(collection, {
    config: { role: 'analyst' },
    schema: describe({
      operationId: `create${name}Evidence`,
      tag: path,
      summary: `Attach evidence to the ${kind}`,
      description:
        'The server checks that the text of the source holds the quote where you say; with no offsets it finds it.',
      params: recordParam(resource),
      body: evidenceCreate,
      answers: { 201: { description: 'The evidence, with its place.', schema: evidence.record } },
      problems: ['not-found', 'gone', 'unknown-reference', 'impossible', 'quote-absent', 'quote-ambiguous'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id } = request.params as { id: string }
      const [record, made] = await records.write(authorOf(request), async (unit) => {
        const found = parse(await records.load(unit, resource, id))
        return [
          found,
          await addEvidence(records, unit, resource, found, request.body as Record<string, unknown>),
        ] as const
      })
      return sendWritten(
        reply.code(201).header('location', `/v1/${path}/${record.id}/evidence/${made.id}`),
        made,
      )
    },
  })

  app.get(`${collection}/:evidenceId`, {
    schema: describe({
      operationId: `get${name}Evidence`,
      tag: path,
      summary: `Read one piece of evidence of the ${kind}`,
      params: itemParams,
      headers: ifNoneMatch,
      answers: { 200: { description: 'The evidence.', schema: evidence.record } },
      problems: ['not-found', 'gone'],
    }),
    handler: async (request, reply) => {
      const { id, evidenceId } = request.params as { id: string; evidenceId: string }
      const stored = await records.engine.read(async (reader) => {
        const record = await records.load(reader, resource, id)
        return belongingTo(record.id, await records.load(reader, evidence, evidenceId))
      })
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
      tag: path,
      summary: `Take evidence away from the ${kind}`,
      description: 'Needs an admin key. The support of the record follows.',
      params: itemParams,
      headers: ifMatch,
      answers: { 204: { description: 'It is deleted.' } },
      problems: ['not-found', 'gone', 'precondition-required', 'precondition-failed'],
      secured: true,
    }),
    handler: async (request, reply) => {
      const { id, evidenceId } = request.params as { id: string; evidenceId: string }
      await records.write(authorOf(request), async (unit) => {
        const record = parse(await records.load(unit, resource, id))
        const stored = belongingTo(record.id, await records.load(unit, evidence, evidenceId))
        checkIfMatch(request, stored.version)
        await removeEvidence(records, unit, resource, record, parse(stored))
      })
      return reply.code(204).send()
    },
  })
}

/** The annotations of a source, as W3C Web Annotations. */
export function annotationRoutes(app: FastifyInstance, sources: Resource, records: Records): void {
  app.get('/v1/sources/:id/annotations', {
    schema: describe({
      operationId: 'listSourceAnnotations',
      tag: 'sources',
      summary: 'List every claim that rests on the source',
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
      const [source, cited] = await records.engine.read(async (reader) => {
        const found = await records.load(reader, sources, id)
        return [found, await citationsOf(reader, found.id)] as const
      })
      const body = {
        '@context': 'http://www.w3.org/ns/anno.jsonld',
        id: `/v1/sources/${source.id}/annotations`,
        type: 'AnnotationPage',
        startIndex: 0,
        items: cited.map((stored) => toAnnotation(parse(stored), pathOf(records))),
      }
      return answer(request, reply, {
        body: JSON.stringify(body),
        type: 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
      })
    },
  })
}

const pathOf = (records: Records) => (recordKind: string) =>
  records.catalogue.resources.find((resource) => resource.kind === recordKind)?.path ?? recordKind

/** Evidence of another record is not here. */
function belongingTo<Found extends { id: string; doc: string }>(recordId: string, stored: Found): Found {
  if ((JSON.parse(stored.doc) as Doc)['recordId'] !== recordId) throw notFound('evidence', stored.id)
  return stored
}

// The JSON-LD context of records: what their members mean in the vocabularies of others. Bodies stay plain JSON.
import type { FastifyInstance } from 'fastify'
import { ASSET_ROUTE, assetHandler } from '../http/asset.ts'

const PATH = '/context.jsonld'

/** The `Link` by which plain JSON names its context (JSON-LD 1.1, section 6.1). */
export const CONTEXT_LINK = `<${PATH}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`

/** What the service defines itself. References resolve against it too: `RU` is `urn:sco-tracker:RU`. */
const OWN = 'urn:sco-tracker:'

/** A reference to a record, or a word of an enum. */
const ref = (id: string) => ({ '@id': id, '@type': '@vocab' })
const edtf = (id: string) => ({ '@id': id, '@type': 'edtf:EDTF' })
const instant = (id: string) => ({ '@id': id, '@type': 'xsd:dateTime' })
const address = (id: string) => ({ '@id': id, '@type': '@id' })
/** A list whose order counts. */
const ordered = (id: string) => ({ '@id': id, '@container': '@list' })
const own = (name: string) => OWN + name

const PREFIXES = {
  dcterms: 'http://purl.org/dc/terms/',
  edtf: 'http://id.loc.gov/datatypes/edtf/',
  eli: 'http://data.europa.eu/eli/ontology#',
  oa: 'http://www.w3.org/ns/oa#',
  org: 'http://www.w3.org/ns/org#',
  owl: 'http://www.w3.org/2002/07/owl#',
  pav: 'http://purl.org/pav/',
  prov: 'http://www.w3.org/ns/prov#',
  schema: 'https://schema.org/',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  spdx: 'http://spdx.org/rdf/terms#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
}

/** The members of records. Null: left out, since it is about this service or is computed from the rest. */
const MEMBERS = {
  // A remote context cannot say what relative ids are relative to, so records are named like references.
  id: ref('owl:sameAs'),
  version: null,
  support: null,
  origins: null,
  disputed: null,
  standing: null,
  settled: null,
  denial: null,
  place: 'schema:locationCreated',
  createdAt: instant('dcterms:created'),
  updatedAt: instant('dcterms:modified'),
  identifiers: 'schema:identifier',
  scheme: 'schema:propertyID',
  identifier: 'schema:value',
  sources: 'dcterms:source',
  distinctFrom: ref('owl:differentFrom'),

  name: 'schema:name',
  otherNames: own('otherNames'),
  title: 'dcterms:title',
  shortTitle: 'eli:title_short',
  officialName: 'schema:legalName',
  abbreviation: 'skos:altLabel',
  summary: 'dcterms:abstract',
  subject: 'dcterms:subject',
  text: 'schema:text',
  note: 'skos:note',
  language: 'dcterms:language',
  translations: 'schema:workTranslation',
  translation: 'schema:workTranslation',

  kind: ref(own('kind')),
  type: ref('dcterms:type'),
  classification: ref('org:classification'),
  status: ref('schema:status'),
  statusSince: edtf(own('statusSince')),
  format: ref('schema:eventAttendanceMode'),
  role: 'org:role',

  startDate: edtf('schema:startDate'),
  endDate: edtf('schema:endDate'),
  previousStartDates: edtf('schema:previousStartDate'),
  date: edtf('dcterms:date'),
  occurredOn: edtf('dcterms:date'),
  statedOn: edtf('dcterms:date'),
  proposedOn: edtf('dcterms:dateSubmitted'),
  publishedOn: edtf('dcterms:issued'),
  foundingDate: edtf('schema:foundingDate'),
  dissolutionDate: edtf('schema:dissolutionDate'),

  meetingId: ref(own('meeting')),
  organizationId: ref('org:organization'),
  stateCode: ref(own('state')),
  speakerId: ref('schema:agent'),
  addresseeId: ref('schema:recipient'),
  agreementId: ref('schema:about'),
  parentId: ref('dcterms:isPartOf'),
  recordKind: null,
  recordId: ref('schema:about'),
  targetId: ref('schema:object'),
  topicIds: ref('dcterms:subject'),
  contributors: 'schema:contributor',
  participants: 'schema:attendee',
  agenda: ordered(own('agenda')),
  parties: 'eli:signatory',
  depositary: own('depositary'),
  entryIntoForce: own('entryIntoForce'),
  consentBy: ref(own('consentBy')),
  texts: 'eli:is_realized_by',
  position: ref(own('position')),
  locator: 'schema:pagination',

  ordinal: 'schema:position',
  city: 'schema:addressLocality',
  venue: 'schema:location',
  seat: 'org:basedAt',
  countryCode: ref('schema:addressCountry'),
  code: 'skos:notation',

  slug: 'skos:notation',
  prefLabel: 'skos:prefLabel',
  definition: 'skos:definition',
  broaderId: ref('skos:broader'),

  authors: ordered('dcterms:creator'),
  containerTitle: own('containerTitle'),
  publisherId: ref('dcterms:publisher'),
  url: address('schema:url'),
  archivedUrl: address('schema:archivedAt'),
  retrievedAt: instant('pav:retrievedOn'),
  license: 'dcterms:license',
  mediaType: 'dcterms:format',
  textStatus: ref(own('textStatus')),
  sha256: 'spdx:checksumValue',

  sourceId: ref('prov:hadPrimarySource'),
  motivation: ref('oa:motivatedBy'),
  assertion: ref(own('assertion')),
  direction: ref(own('direction')),
  field: 'oa:hasSelector',
  value: 'schema:value',
  exact: 'oa:exact',
  prefix: 'oa:prefix',
  suffix: 'oa:suffix',
  start: 'oa:start',
  end: 'oa:end',
}

/** The types of relations, which are values of `type`. Those that are missing are words of the service. */
const RELATIONS = {
  amends: 'eli:amends',
  'annexed-to': 'eli:is_annex_of',
  'based-on': 'eli:based_on',
  corrects: 'eli:corrects',
  'excerpt-of': 'dcterms:isPartOf',
  implements: 'eli:implements',
  'incorporated-into': 'dcterms:isReplacedBy',
  'refers-to': 'dcterms:references',
  'reprint-of': 'prov:wasDerivedFrom',
  supersedes: 'dcterms:replaces',
  'translation-of': 'schema:translationOfWork',
  'version-of': 'dcterms:isVersionOf',
}

export const CONTEXT = {
  '@context': {
    '@version': 1.1,
    '@vocab': OWN,
    ...PREFIXES,
    // A list of records is a graph.
    data: '@graph',
    page: null,
    includeTruncated: null,
    ...RELATIONS,
    ...MEMBERS,
  },
}

/** Serves the context: GET /context.jsonld. */
export function contextRoute(app: FastifyInstance): void {
  app.get(
    PATH,
    ASSET_ROUTE,
    assetHandler(() => ({
      body: JSON.stringify(CONTEXT, null, 2),
      type: 'application/ld+json; charset=utf-8',
    })),
  )
}

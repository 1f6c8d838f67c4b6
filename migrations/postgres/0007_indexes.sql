DROP INDEX "agreements_stateCode";--> statement-breakpoint
DROP INDEX "agreements_organizationId";--> statement-breakpoint
DROP INDEX "agreements_meetingId";--> statement-breakpoint
DROP INDEX "events_createdAt";--> statement-breakpoint
DROP INDEX "events_updatedAt";--> statement-breakpoint
DROP INDEX "events_recordKind";--> statement-breakpoint
DROP INDEX "events_status";--> statement-breakpoint
DROP INDEX "events_occurredOn";--> statement-breakpoint
DROP INDEX "evidence_createdAt";--> statement-breakpoint
DROP INDEX "evidence_updatedAt";--> statement-breakpoint
DROP INDEX "evidence_recordKind";--> statement-breakpoint
DROP INDEX "evidence_recordId";--> statement-breakpoint
DROP INDEX "evidence_sourceId";--> statement-breakpoint
DROP INDEX "evidence_motivation";--> statement-breakpoint
DROP INDEX "evidence_assertion";--> statement-breakpoint
DROP INDEX "evidence_start";--> statement-breakpoint
DROP INDEX "meetings_organizationId";--> statement-breakpoint
DROP INDEX "meetings_format";--> statement-breakpoint
DROP INDEX "meetings_status";--> statement-breakpoint
DROP INDEX "meetings_countryCode";--> statement-breakpoint
DROP INDEX "organizations_abbreviation";--> statement-breakpoint
DROP INDEX "organizations_parentId";--> statement-breakpoint
DROP INDEX "organizations_countryCode";--> statement-breakpoint
DROP INDEX "positions_createdAt";--> statement-breakpoint
DROP INDEX "positions_updatedAt";--> statement-breakpoint
DROP INDEX "positions_recordKind";--> statement-breakpoint
DROP INDEX "positions_position";--> statement-breakpoint
DROP INDEX "positions_statedOn";--> statement-breakpoint
DROP INDEX "proposals_meetingId";--> statement-breakpoint
DROP INDEX "proposals_speakerId";--> statement-breakpoint
DROP INDEX "proposals_stateCode";--> statement-breakpoint
DROP INDEX "proposals_organizationId";--> statement-breakpoint
DROP INDEX "proposals_addresseeId";--> statement-breakpoint
DROP INDEX "proposals_parentId";--> statement-breakpoint
DROP INDEX "proposals_agreementId";--> statement-breakpoint
DROP INDEX "relations_createdAt";--> statement-breakpoint
DROP INDEX "relations_updatedAt";--> statement-breakpoint
DROP INDEX "relations_recordKind";--> statement-breakpoint
DROP INDEX "relations_type";--> statement-breakpoint
DROP INDEX "sources_publisherId";--> statement-breakpoint
DROP INDEX "sources_language";--> statement-breakpoint
DROP INDEX "sources_sha256";--> statement-breakpoint
DROP INDEX "statements_speakerId";--> statement-breakpoint
DROP INDEX "statements_meetingId";--> statement-breakpoint
DROP INDEX "statements_kind";--> statement-breakpoint
DROP INDEX "topics_broaderId";--> statement-breakpoint
CREATE INDEX "agreements_status_title" ON "agreements" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "agreements_kind_title" ON "agreements" USING btree ("kind","id");--> statement-breakpoint
CREATE INDEX "agreements_stateCode_title" ON "agreements" USING btree ("stateCode","id");--> statement-breakpoint
CREATE INDEX "agreements_organizationId_title" ON "agreements" USING btree ("organizationId","id");--> statement-breakpoint
CREATE INDEX "agreements_meetingId_title" ON "agreements" USING btree ("meetingId","id");--> statement-breakpoint
CREATE INDEX "evidence_recordId_start" ON "evidence" USING btree ("recordId","start","id");--> statement-breakpoint
CREATE INDEX "evidence_sourceId_start" ON "evidence" USING btree ("sourceId","start","id");--> statement-breakpoint
CREATE INDEX "meetings_status_startDate" ON "meetings" USING btree ("status","startDate","id");--> statement-breakpoint
CREATE INDEX "meetings_format_startDate" ON "meetings" USING btree ("format","startDate","id");--> statement-breakpoint
CREATE INDEX "meetings_city_startDate" ON "meetings" USING btree ("city","startDate","id");--> statement-breakpoint
CREATE INDEX "meetings_countryCode_startDate" ON "meetings" USING btree ("countryCode","startDate","id");--> statement-breakpoint
CREATE INDEX "meetings_organizationId_startDate" ON "meetings" USING btree ("organizationId","startDate","id");--> statement-breakpoint
CREATE INDEX "organizations_abbreviation_name" ON "organizations" USING btree ("abbreviation","name","id");--> statement-breakpoint
CREATE INDEX "organizations_classification_name" ON "organizations" USING btree ("classification","name","id");--> statement-breakpoint
CREATE INDEX "organizations_parentId_name" ON "organizations" USING btree ("parentId","name","id");--> statement-breakpoint
CREATE INDEX "organizations_countryCode_name" ON "organizations" USING btree ("countryCode","name","id");--> statement-breakpoint
CREATE INDEX "proposals_status_proposedOn" ON "proposals" USING btree ("status","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_meetingId_proposedOn" ON "proposals" USING btree ("meetingId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_speakerId_proposedOn" ON "proposals" USING btree ("speakerId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_stateCode_proposedOn" ON "proposals" USING btree ("stateCode","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_organizationId_proposedOn" ON "proposals" USING btree ("organizationId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_addresseeId_proposedOn" ON "proposals" USING btree ("addresseeId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_parentId_proposedOn" ON "proposals" USING btree ("parentId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "proposals_agreementId_proposedOn" ON "proposals" USING btree ("agreementId","proposedOn","id");--> statement-breakpoint
CREATE INDEX "sources_publisherId_publishedOn" ON "sources" USING btree ("publisherId","publishedOn","id");--> statement-breakpoint
CREATE INDEX "sources_language_publishedOn" ON "sources" USING btree ("language","publishedOn","id");--> statement-breakpoint
CREATE INDEX "sources_sha256_publishedOn" ON "sources" USING btree ("sha256","publishedOn","id");--> statement-breakpoint
CREATE INDEX "statements_kind_createdAt" ON "statements" USING btree ("kind","createdAt","id");--> statement-breakpoint
CREATE INDEX "statements_speakerId_createdAt" ON "statements" USING btree ("speakerId","createdAt","id");--> statement-breakpoint
CREATE INDEX "statements_meetingId_createdAt" ON "statements" USING btree ("meetingId","createdAt","id");--> statement-breakpoint
CREATE INDEX "topics_broaderId_prefLabel" ON "topics" USING btree ("broaderId","prefLabel","id");
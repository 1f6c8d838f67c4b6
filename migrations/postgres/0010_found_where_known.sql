DROP INDEX "agreements_stateCode_title";--> statement-breakpoint
DROP INDEX "agreements_organizationId_title";--> statement-breakpoint
DROP INDEX "agreements_meetingId_title";--> statement-breakpoint
DROP INDEX "events_meetingId";--> statement-breakpoint
DROP INDEX "evidence_sourceId_start";--> statement-breakpoint
DROP INDEX "meetings_format_startDate";--> statement-breakpoint
DROP INDEX "meetings_city_startDate";--> statement-breakpoint
DROP INDEX "meetings_countryCode_startDate";--> statement-breakpoint
DROP INDEX "meetings_organizationId_startDate";--> statement-breakpoint
DROP INDEX "organizations_abbreviation_name";--> statement-breakpoint
DROP INDEX "organizations_parentId_name";--> statement-breakpoint
DROP INDEX "organizations_countryCode_name";--> statement-breakpoint
DROP INDEX "positions_stateCode";--> statement-breakpoint
DROP INDEX "positions_meetingId";--> statement-breakpoint
DROP INDEX "proposals_meetingId_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_speakerId_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_stateCode_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_organizationId_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_addresseeId_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_parentId_proposedOn";--> statement-breakpoint
DROP INDEX "proposals_agreementId_proposedOn";--> statement-breakpoint
DROP INDEX "sources_publisherId_publishedOn";--> statement-breakpoint
DROP INDEX "statements_speakerId_createdAt";--> statement-breakpoint
DROP INDEX "statements_meetingId_createdAt";--> statement-breakpoint
DROP INDEX "topics_broaderId_prefLabel";--> statement-breakpoint
CREATE INDEX "agreements_stateCode_title" ON "agreements" USING btree ("stateCode","id") WHERE "agreements"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX "agreements_organizationId_title" ON "agreements" USING btree ("organizationId","id") WHERE "agreements"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX "agreements_meetingId_title" ON "agreements" USING btree ("meetingId","id") WHERE "agreements"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX "events_meetingId" ON "events" USING btree ("meetingId","id") WHERE "events"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX "evidence_sourceId_start" ON "evidence" USING btree ("sourceId","start","id") WHERE "evidence"."sourceId" is not null;--> statement-breakpoint
CREATE INDEX "meetings_format_startDate" ON "meetings" USING btree ("format","startDate","id") WHERE "meetings"."format" is not null;--> statement-breakpoint
CREATE INDEX "meetings_city_startDate" ON "meetings" USING btree ("city","startDate","id") WHERE "meetings"."city" is not null;--> statement-breakpoint
CREATE INDEX "meetings_countryCode_startDate" ON "meetings" USING btree ("countryCode","startDate","id") WHERE "meetings"."countryCode" is not null;--> statement-breakpoint
CREATE INDEX "meetings_organizationId_startDate" ON "meetings" USING btree ("organizationId","startDate","id") WHERE "meetings"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX "organizations_abbreviation_name" ON "organizations" USING btree ("abbreviation","name","id") WHERE "organizations"."abbreviation" is not null;--> statement-breakpoint
CREATE INDEX "organizations_parentId_name" ON "organizations" USING btree ("parentId","name","id") WHERE "organizations"."parentId" is not null;--> statement-breakpoint
CREATE INDEX "organizations_countryCode_name" ON "organizations" USING btree ("countryCode","name","id") WHERE "organizations"."countryCode" is not null;--> statement-breakpoint
CREATE INDEX "positions_stateCode" ON "positions" USING btree ("stateCode","id") WHERE "positions"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX "positions_meetingId" ON "positions" USING btree ("meetingId","id") WHERE "positions"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_meetingId_proposedOn" ON "proposals" USING btree ("meetingId","proposedOn","id") WHERE "proposals"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_speakerId_proposedOn" ON "proposals" USING btree ("speakerId","proposedOn","id") WHERE "proposals"."speakerId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_stateCode_proposedOn" ON "proposals" USING btree ("stateCode","proposedOn","id") WHERE "proposals"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX "proposals_organizationId_proposedOn" ON "proposals" USING btree ("organizationId","proposedOn","id") WHERE "proposals"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_addresseeId_proposedOn" ON "proposals" USING btree ("addresseeId","proposedOn","id") WHERE "proposals"."addresseeId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_parentId_proposedOn" ON "proposals" USING btree ("parentId","proposedOn","id") WHERE "proposals"."parentId" is not null;--> statement-breakpoint
CREATE INDEX "proposals_agreementId_proposedOn" ON "proposals" USING btree ("agreementId","proposedOn","id") WHERE "proposals"."agreementId" is not null;--> statement-breakpoint
CREATE INDEX "sources_publisherId_publishedOn" ON "sources" USING btree ("publisherId","publishedOn","id") WHERE "sources"."publisherId" is not null;--> statement-breakpoint
CREATE INDEX "statements_speakerId_createdAt" ON "statements" USING btree ("speakerId","createdAt","id") WHERE "statements"."speakerId" is not null;--> statement-breakpoint
CREATE INDEX "statements_meetingId_createdAt" ON "statements" USING btree ("meetingId","createdAt","id") WHERE "statements"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX "topics_broaderId_prefLabel" ON "topics" USING btree ("broaderId","prefLabel","id") WHERE "topics"."broaderId" is not null;
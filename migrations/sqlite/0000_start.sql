CREATE TABLE `changes` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`recordId` text NOT NULL,
	`parentId` text,
	`version` integer NOT NULL,
	`op` text NOT NULL,
	`at` text NOT NULL,
	`actorId` text NOT NULL,
	`actorName` text NOT NULL,
	`requestId` text,
	`reason` text,
	`mergedInto` text,
	`doc` text,
	`derived` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `changes_record` ON `changes` (`recordId`,`version`);--> statement-breakpoint
CREATE INDEX `changes_kind` ON `changes` (`kind`,`seq`);--> statement-breakpoint
CREATE INDEX `changes_parent` ON `changes` (`parentId`,`seq`);--> statement-breakpoint
CREATE INDEX `changes_at` ON `changes` (`at`);--> statement-breakpoint
CREATE INDEX `changes_merged` ON `changes` (`kind`,`mergedInto`) WHERE "changes"."mergedInto" is not null;--> statement-breakpoint
CREATE TABLE `drafts` (
	`id` text PRIMARY KEY NOT NULL,
	`keyId` text NOT NULL,
	`title` text NOT NULL,
	`sourceId` text,
	`content` text NOT NULL,
	`revision` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `drafts_owner` ON `drafts` (`keyId`,`updatedAt`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`keyId` text NOT NULL,
	`createdAt` text NOT NULL,
	`lastSeenAt` text NOT NULL,
	`expiresAt` text NOT NULL,
	`endedAt` text,
	`address` text NOT NULL,
	`userAgent` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sessions_key` ON `sessions` (`keyId`,`createdAt`);--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expiresAt`);--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`keyId` text NOT NULL,
	`name` text NOT NULL,
	`kind` text,
	`format` text NOT NULL,
	`content` text NOT NULL,
	`importId` text NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `uploads_owner` ON `uploads` (`keyId`,`updatedAt`);--> statement-breakpoint
CREATE INDEX `uploads_updated` ON `uploads` (`updatedAt`);--> statement-breakpoint
CREATE INDEX `changes_actor` ON `changes` (`actorId`,`seq`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`actorId` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`createdAt` text NOT NULL,
	`status` integer NOT NULL,
	`headers` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`actorId`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency` (`createdAt`);--> statement-breakpoint
CREATE TABLE `identifiers` (
	`kind` text NOT NULL,
	`scheme` text NOT NULL,
	`identifier` text NOT NULL,
	`recordId` text NOT NULL,
	PRIMARY KEY(`kind`, `scheme`, `identifier`)
);
--> statement-breakpoint
CREATE INDEX `identifiers_record` ON `identifiers` (`recordId`);--> statement-breakpoint
CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`createdAt` text NOT NULL,
	`finishedAt` text,
	`doc` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `imports_created` ON `imports` (`createdAt`);--> statement-breakpoint
CREATE INDEX `imports_finished` ON `imports` (`finishedAt`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`createdAt` text NOT NULL,
	`expiresAt` text,
	`revokedAt` text
);
--> statement-breakpoint
CREATE TABLE `links` (
	`fromKind` text NOT NULL,
	`fromId` text NOT NULL,
	`field` text NOT NULL,
	`toId` text NOT NULL,
	`sortKey` text,
	PRIMARY KEY(`fromId`, `field`, `toId`)
);
--> statement-breakpoint
CREATE INDEX `links_to` ON `links` (`toId`,`fromKind`,`field`,`sortKey`,`fromId`);--> statement-breakpoint
CREATE TABLE `names` (
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`recordId` text NOT NULL,
	PRIMARY KEY(`kind`, `hash`, `recordId`)
);
--> statement-breakpoint
CREATE INDEX `names_record` ON `names` (`recordId`);--> statement-breakpoint
CREATE TABLE `searchDocs` (
	`docId` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`recordId` text NOT NULL,
	`date` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `searchDocs_record` ON `searchDocs` (`recordId`);--> statement-breakpoint
CREATE INDEX `searchDocs_kind` ON `searchDocs` (`kind`,`docId`);--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhookDeliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`webhookId` text NOT NULL,
	`seq` integer,
	`type` text NOT NULL,
	`status` text NOT NULL,
	`tries` integer NOT NULL,
	`attempts` text NOT NULL,
	`nextAttemptAt` text,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhookDeliveries_change` ON `webhookDeliveries` (`webhookId`,`seq`);--> statement-breakpoint
CREATE INDEX `webhookDeliveries_list` ON `webhookDeliveries` (`webhookId`,`id`);--> statement-breakpoint
CREATE INDEX `webhookDeliveries_status` ON `webhookDeliveries` (`webhookId`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `webhookDeliveries_updated` ON `webhookDeliveries` (`updatedAt`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`url` text NOT NULL,
	`kinds` text NOT NULL,
	`filters` text NOT NULL,
	`description` text,
	`status` text NOT NULL,
	`disabledBecause` text,
	`secret` text,
	`previousSecret` text,
	`previousUntil` text,
	`seq` integer NOT NULL,
	`failingSince` text,
	`holdUntil` text,
	`leasedBy` text,
	`leasedUntil` text,
	`deletedAt` text
);
--> statement-breakpoint
CREATE TABLE `meetings` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL,
	`classification` text,
	`ordinal` integer,
	`parentId` text,
	`organizationId` text,
	`format` text,
	`status` text NOT NULL,
	`startDate` text NOT NULL,
	`startDateFirst` text NOT NULL,
	`startDateLast` text NOT NULL,
	`startDateWide` text,
	`endDate` text,
	`endDateFirst` text,
	`endDateLast` text,
	`endDateWide` text,
	`city` text,
	`cityText` text,
	`countryCode` text,
	FOREIGN KEY (`parentId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`countryCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `meetings_createdAt` ON `meetings` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_updatedAt` ON `meetings` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_name` ON `meetings` (`name`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_classification_startDate` ON `meetings` (`classification`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `meetings_ordinal_startDate` ON `meetings` (`ordinal`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "meetings"."ordinal" is not null;--> statement-breakpoint
CREATE INDEX `meetings_parentId_startDate` ON `meetings` (`parentId`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "meetings"."parentId" is not null;--> statement-breakpoint
CREATE INDEX `meetings_organizationId_startDate` ON `meetings` (`organizationId`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `meetings_format_startDate` ON `meetings` (`format`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "meetings"."format" is not null;--> statement-breakpoint
CREATE INDEX `meetings_status_startDate` ON `meetings` (`status`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `meetings_startDate` ON `meetings` (`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `meetings_startDateWide` ON `meetings` (`startDateWide`,`id`) WHERE "meetings"."startDateWide" is not null;--> statement-breakpoint
CREATE INDEX `meetings_endDate` ON `meetings` (`endDate`,`id`,`endDateFirst`,`endDateLast`);--> statement-breakpoint
CREATE INDEX `meetings_endDateWide` ON `meetings` (`endDateWide`,`id`) WHERE "meetings"."endDateWide" is not null;--> statement-breakpoint
CREATE INDEX `meetings_city` ON `meetings` (`city`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_cityText_startDate` ON `meetings` (`cityText`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "meetings"."cityText" is not null;--> statement-breakpoint
CREATE INDEX `meetings_countryCode_startDate` ON `meetings` (`countryCode`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "meetings"."countryCode" is not null;--> statement-breakpoint
CREATE TABLE `speakers` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `speakers_createdAt` ON `speakers` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `speakers_updatedAt` ON `speakers` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `speakers_name` ON `speakers` (`name`,`id`);--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`meetingId` text,
	`addresseeId` text,
	`proposedOn` text,
	`proposedOnFirst` text,
	`proposedOnLast` text,
	`proposedOnWide` text,
	`parentId` text,
	`status` text,
	`statusSince` text,
	`statusSinceFirst` text,
	`statusSinceLast` text,
	`statusSinceWide` text,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`addresseeId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`parentId`) REFERENCES `proposals`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `proposals_createdAt` ON `proposals` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_updatedAt` ON `proposals` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_title` ON `proposals` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_meetingId_proposedOn` ON `proposals` (`meetingId`,`proposedOn`,`id`,`proposedOnFirst`,`proposedOnLast`) WHERE "proposals"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX `proposals_addresseeId_proposedOn` ON `proposals` (`addresseeId`,`proposedOn`,`id`,`proposedOnFirst`,`proposedOnLast`);--> statement-breakpoint
CREATE INDEX `proposals_proposedOn` ON `proposals` (`proposedOn`,`id`,`proposedOnFirst`,`proposedOnLast`);--> statement-breakpoint
CREATE INDEX `proposals_proposedOnWide` ON `proposals` (`proposedOnWide`,`id`) WHERE "proposals"."proposedOnWide" is not null;--> statement-breakpoint
CREATE INDEX `proposals_parentId_proposedOn` ON `proposals` (`parentId`,`proposedOn`,`id`,`proposedOnFirst`,`proposedOnLast`) WHERE "proposals"."parentId" is not null;--> statement-breakpoint
CREATE INDEX `proposals_status` ON `proposals` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_status_proposedOn` ON `proposals` (`status`,`proposedOn`,`id`,`proposedOnFirst`,`proposedOnLast`);--> statement-breakpoint
CREATE INDEX `proposals_statusSince` ON `proposals` (`statusSince`,`id`,`statusSinceFirst`,`statusSinceLast`);--> statement-breakpoint
CREATE INDEX `proposals_statusSinceWide` ON `proposals` (`statusSinceWide`,`id`) WHERE "proposals"."statusSinceWide" is not null;--> statement-breakpoint
CREATE TABLE `agreements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`kind` text NOT NULL,
	`organizationId` text,
	`depositaryStateCode` text,
	`depositaryOrganizationId` text,
	`entryIntoForceBy` text,
	`entryIntoForceDependsOnId` text,
	`status` text,
	`statusSince` text,
	`statusSinceFirst` text,
	`statusSinceLast` text,
	`statusSinceWide` text,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`depositaryStateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`depositaryOrganizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`entryIntoForceDependsOnId`) REFERENCES `agreements`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `agreements_createdAt` ON `agreements` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_updatedAt` ON `agreements` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_title` ON `agreements` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_kind` ON `agreements` (`kind`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_kind_title` ON `agreements` (`kind`,`title`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_organizationId_title` ON `agreements` (`organizationId`,`title`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_depositaryStateCode_title` ON `agreements` (`depositaryStateCode`,`title`,`id`) WHERE "agreements"."depositaryStateCode" is not null;--> statement-breakpoint
CREATE INDEX `agreements_depositaryOrganizationId_title` ON `agreements` (`depositaryOrganizationId`,`title`,`id`) WHERE "agreements"."depositaryOrganizationId" is not null;--> statement-breakpoint
CREATE INDEX `agreements_entryIntoForceDependsOnId_title` ON `agreements` (`entryIntoForceDependsOnId`,`title`,`id`) WHERE "agreements"."entryIntoForceDependsOnId" is not null;--> statement-breakpoint
CREATE INDEX `agreements_status` ON `agreements` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_status_title` ON `agreements` (`status`,`title`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_statusSince` ON `agreements` (`statusSince`,`id`,`statusSinceFirst`,`statusSinceLast`);--> statement-breakpoint
CREATE INDEX `agreements_statusSinceWide` ON `agreements` (`statusSinceWide`,`id`) WHERE "agreements"."statusSinceWide" is not null;--> statement-breakpoint
CREATE TABLE `statements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`date` text,
	`dateFirst` text,
	`dateLast` text,
	`dateWide` text,
	`meetingId` text,
	`agreementId` text,
	`kind` text NOT NULL,
	`language` text,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`agreementId`) REFERENCES `agreements`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `statements_createdAt` ON `statements` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `statements_updatedAt` ON `statements` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `statements_date` ON `statements` (`date`,`id`,`dateFirst`,`dateLast`);--> statement-breakpoint
CREATE INDEX `statements_dateWide` ON `statements` (`dateWide`,`id`) WHERE "statements"."dateWide" is not null;--> statement-breakpoint
CREATE INDEX `statements_meetingId_createdAt` ON `statements` (`meetingId`,`createdAt`,`id`) WHERE "statements"."meetingId" is not null;--> statement-breakpoint
CREATE INDEX `statements_agreementId_createdAt` ON `statements` (`agreementId`,`createdAt`,`id`) WHERE "statements"."agreementId" is not null;--> statement-breakpoint
CREATE INDEX `statements_kind_createdAt` ON `statements` (`kind`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `statements_language_createdAt` ON `statements` (`language`,`createdAt`,`id`) WHERE "statements"."language" is not null;--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL,
	`abbreviation` text,
	`classification` text NOT NULL,
	`classificationText` text NOT NULL,
	`parentId` text,
	`countryCode` text,
	`foundingDate` text,
	`foundingDateFirst` text,
	`foundingDateLast` text,
	`foundingDateWide` text,
	FOREIGN KEY (`parentId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`countryCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `organizations_createdAt` ON `organizations` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_updatedAt` ON `organizations` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_name` ON `organizations` (`name`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_abbreviation_name` ON `organizations` (`abbreviation`,`name`,`id`) WHERE "organizations"."abbreviation" is not null;--> statement-breakpoint
CREATE INDEX `organizations_classification` ON `organizations` (`classification`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_classificationText_name` ON `organizations` (`classificationText`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_parentId_name` ON `organizations` (`parentId`,`name`,`id`) WHERE "organizations"."parentId" is not null;--> statement-breakpoint
CREATE INDEX `organizations_countryCode_name` ON `organizations` (`countryCode`,`name`,`id`) WHERE "organizations"."countryCode" is not null;--> statement-breakpoint
CREATE INDEX `organizations_foundingDate` ON `organizations` (`foundingDate`,`id`,`foundingDateFirst`,`foundingDateLast`);--> statement-breakpoint
CREATE INDEX `organizations_foundingDateWide` ON `organizations` (`foundingDateWide`,`id`) WHERE "organizations"."foundingDateWide" is not null;--> statement-breakpoint
CREATE TABLE `states` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `states_code_unique` ON `states` (`code`);--> statement-breakpoint
CREATE INDEX `states_createdAt` ON `states` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `states_updatedAt` ON `states` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `states_name` ON `states` (`name`,`id`);--> statement-breakpoint
CREATE TABLE `topics` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`slug` text NOT NULL,
	`prefLabel` text NOT NULL,
	`broaderId` text,
	FOREIGN KEY (`broaderId`) REFERENCES `topics`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE UNIQUE INDEX `topics_slug_unique` ON `topics` (`slug`);--> statement-breakpoint
CREATE INDEX `topics_createdAt` ON `topics` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `topics_updatedAt` ON `topics` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `topics_prefLabel` ON `topics` (`prefLabel`,`id`);--> statement-breakpoint
CREATE INDEX `topics_broaderId_prefLabel` ON `topics` (`broaderId`,`prefLabel`,`id`) WHERE "topics"."broaderId" is not null;--> statement-breakpoint
CREATE TABLE `sources` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`classification` text,
	`publisherId` text,
	`publishedOn` text,
	`publishedOnFirst` text,
	`publishedOnLast` text,
	`publishedOnWide` text,
	`language` text NOT NULL,
	`url` text,
	`license` text,
	`mediaType` text,
	`textStatus` text NOT NULL,
	`sha256` text,
	`standing` text NOT NULL,
	FOREIGN KEY (`publisherId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `sources_createdAt` ON `sources` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `sources_updatedAt` ON `sources` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `sources_title` ON `sources` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `sources_classification_publishedOn` ON `sources` (`classification`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."classification" is not null;--> statement-breakpoint
CREATE INDEX `sources_publisherId_publishedOn` ON `sources` (`publisherId`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."publisherId" is not null;--> statement-breakpoint
CREATE INDEX `sources_publishedOn` ON `sources` (`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`);--> statement-breakpoint
CREATE INDEX `sources_publishedOnWide` ON `sources` (`publishedOnWide`,`id`) WHERE "sources"."publishedOnWide" is not null;--> statement-breakpoint
CREATE INDEX `sources_language_publishedOn` ON `sources` (`language`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`);--> statement-breakpoint
CREATE INDEX `sources_url_publishedOn` ON `sources` (`url`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."url" is not null;--> statement-breakpoint
CREATE INDEX `sources_license_publishedOn` ON `sources` (`license`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."license" is not null;--> statement-breakpoint
CREATE INDEX `sources_mediaType_publishedOn` ON `sources` (`mediaType`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."mediaType" is not null;--> statement-breakpoint
CREATE INDEX `sources_textStatus_publishedOn` ON `sources` (`textStatus`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`);--> statement-breakpoint
CREATE INDEX `sources_sha256_publishedOn` ON `sources` (`sha256`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`) WHERE "sources"."sha256" is not null;--> statement-breakpoint
CREATE INDEX `sources_standing_publishedOn` ON `sources` (`standing`,`publishedOn`,`id`,`publishedOnFirst`,`publishedOnLast`);--> statement-breakpoint
CREATE TABLE `memberships` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`organizationId` text,
	`stateCode` text,
	`role` text NOT NULL,
	`startDate` text,
	`startDateFirst` text,
	`startDateLast` text,
	`startDateWide` text,
	`endDate` text,
	`endDateFirst` text,
	`endDateLast` text,
	`endDateWide` text,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `memberships_createdAt` ON `memberships` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `memberships_updatedAt` ON `memberships` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `memberships_recordKind_startDate` ON `memberships` (`recordKind`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `memberships_recordId_startDate` ON `memberships` (`recordId`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `memberships_organizationId_startDate` ON `memberships` (`organizationId`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "memberships"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX `memberships_stateCode_startDate` ON `memberships` (`stateCode`,`startDate`,`id`,`startDateFirst`,`startDateLast`) WHERE "memberships"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX `memberships_role_startDate` ON `memberships` (`role`,`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `memberships_startDate` ON `memberships` (`startDate`,`id`,`startDateFirst`,`startDateLast`);--> statement-breakpoint
CREATE INDEX `memberships_startDateWide` ON `memberships` (`startDateWide`,`id`) WHERE "memberships"."startDateWide" is not null;--> statement-breakpoint
CREATE INDEX `memberships_endDate` ON `memberships` (`endDate`,`id`,`endDateFirst`,`endDateLast`);--> statement-breakpoint
CREATE INDEX `memberships_endDateWide` ON `memberships` (`endDateWide`,`id`) WHERE "memberships"."endDateWide" is not null;--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`type` text NOT NULL,
	`occurredOn` text,
	`occurredOnFirst` text,
	`occurredOnLast` text,
	`occurredOnWide` text,
	`stateCode` text,
	`organizationId` text,
	`speakerId` text,
	`meetingId` text,
	`place` text,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`speakerId`) REFERENCES `speakers`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `events_createdAt` ON `events` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `events_updatedAt` ON `events` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `events_recordKind_occurredOn` ON `events` (`recordKind`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`);--> statement-breakpoint
CREATE INDEX `events_recordId_occurredOn` ON `events` (`recordId`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`);--> statement-breakpoint
CREATE INDEX `events_type_occurredOn` ON `events` (`type`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`);--> statement-breakpoint
CREATE INDEX `events_occurredOn` ON `events` (`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`);--> statement-breakpoint
CREATE INDEX `events_occurredOnWide` ON `events` (`occurredOnWide`,`id`) WHERE "events"."occurredOnWide" is not null;--> statement-breakpoint
CREATE INDEX `events_stateCode_occurredOn` ON `events` (`stateCode`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`) WHERE "events"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX `events_organizationId_occurredOn` ON `events` (`organizationId`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`) WHERE "events"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX `events_speakerId_occurredOn` ON `events` (`speakerId`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`) WHERE "events"."speakerId" is not null;--> statement-breakpoint
CREATE INDEX `events_meetingId_occurredOn` ON `events` (`meetingId`,`occurredOn`,`id`,`occurredOnFirst`,`occurredOnLast`) WHERE "events"."meetingId" is not null;--> statement-breakpoint
CREATE TABLE `positions` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`stateCode` text,
	`organizationId` text,
	`speakerId` text,
	`position` text NOT NULL,
	`statedOn` text,
	`statedOnFirst` text,
	`statedOnLast` text,
	`statedOnWide` text,
	`meetingId` text,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`speakerId`) REFERENCES `speakers`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `positions_createdAt` ON `positions` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `positions_updatedAt` ON `positions` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `positions_recordKind_statedOn` ON `positions` (`recordKind`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`);--> statement-breakpoint
CREATE INDEX `positions_recordId_statedOn` ON `positions` (`recordId`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`);--> statement-breakpoint
CREATE INDEX `positions_stateCode_statedOn` ON `positions` (`stateCode`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`) WHERE "positions"."stateCode" is not null;--> statement-breakpoint
CREATE INDEX `positions_organizationId_statedOn` ON `positions` (`organizationId`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`) WHERE "positions"."organizationId" is not null;--> statement-breakpoint
CREATE INDEX `positions_speakerId_statedOn` ON `positions` (`speakerId`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`) WHERE "positions"."speakerId" is not null;--> statement-breakpoint
CREATE INDEX `positions_position_statedOn` ON `positions` (`position`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`);--> statement-breakpoint
CREATE INDEX `positions_statedOn` ON `positions` (`statedOn`,`id`,`statedOnFirst`,`statedOnLast`);--> statement-breakpoint
CREATE INDEX `positions_statedOnWide` ON `positions` (`statedOnWide`,`id`) WHERE "positions"."statedOnWide" is not null;--> statement-breakpoint
CREATE INDEX `positions_meetingId_statedOn` ON `positions` (`meetingId`,`statedOn`,`id`,`statedOnFirst`,`statedOnLast`) WHERE "positions"."meetingId" is not null;--> statement-breakpoint
CREATE TABLE `relations` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`type` text NOT NULL,
	`targetId` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `relations_createdAt` ON `relations` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `relations_updatedAt` ON `relations` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `relations_recordKind_createdAt` ON `relations` (`recordKind`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `relations_recordId_createdAt` ON `relations` (`recordId`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `relations_type_createdAt` ON `relations` (`type`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `relations_targetId_createdAt` ON `relations` (`targetId`,`createdAt`,`id`);--> statement-breakpoint
CREATE TABLE `evidence` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`disputed` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`sourceId` text NOT NULL,
	`field` text NOT NULL,
	`direction` text,
	`motivation` text NOT NULL,
	`assertion` text NOT NULL,
	`start` integer NOT NULL,
	FOREIGN KEY (`sourceId`) REFERENCES `sources`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `evidence_createdAt` ON `evidence` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_updatedAt` ON `evidence` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_recordKind_createdAt` ON `evidence` (`recordKind`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_recordId_createdAt` ON `evidence` (`recordId`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_sourceId_createdAt` ON `evidence` (`sourceId`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_field_createdAt` ON `evidence` (`field`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_direction_createdAt` ON `evidence` (`direction`,`createdAt`,`id`) WHERE "evidence"."direction" is not null;--> statement-breakpoint
CREATE INDEX `evidence_motivation_createdAt` ON `evidence` (`motivation`,`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_assertion_createdAt` ON `evidence` (`assertion`,`createdAt`,`id`);
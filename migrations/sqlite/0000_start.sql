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
	`doc` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `changes_record` ON `changes` (`recordId`,`version`);--> statement-breakpoint
CREATE INDEX `changes_kind` ON `changes` (`kind`,`seq`);--> statement-breakpoint
CREATE INDEX `changes_parent` ON `changes` (`parentId`,`seq`);--> statement-breakpoint
CREATE INDEX `changes_at` ON `changes` (`at`);--> statement-breakpoint
CREATE TABLE `identifiers` (
	`kind` text NOT NULL,
	`scheme` text NOT NULL,
	`identifier` text NOT NULL,
	`recordId` text NOT NULL,
	PRIMARY KEY(`kind`, `scheme`, `identifier`)
);
--> statement-breakpoint
CREATE INDEX `identifiers_record` ON `identifiers` (`recordId`);--> statement-breakpoint
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
	PRIMARY KEY(`toId`, `field`, `fromId`)
);
--> statement-breakpoint
CREATE INDEX `links_from` ON `links` (`fromId`);--> statement-breakpoint
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
CREATE TABLE `agreements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`statusSince` text,
	`stateCode` text,
	`organizationId` text,
	`meetingId` text,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `agreements_createdAt` ON `agreements` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_updatedAt` ON `agreements` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_title` ON `agreements` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_kind` ON `agreements` (`kind`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_status` ON `agreements` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_statusSince` ON `agreements` (`statusSince`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_stateCode` ON `agreements` (`stateCode`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_organizationId` ON `agreements` (`organizationId`,`id`);--> statement-breakpoint
CREATE INDEX `agreements_meetingId` ON `agreements` (`meetingId`,`id`);--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`status` text NOT NULL,
	`occurredOn` text,
	`meetingId` text,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `events_createdAt` ON `events` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `events_updatedAt` ON `events` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `events_recordKind` ON `events` (`recordKind`,`id`);--> statement-breakpoint
CREATE INDEX `events_recordId` ON `events` (`recordId`,`id`);--> statement-breakpoint
CREATE INDEX `events_status` ON `events` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `events_occurredOn` ON `events` (`occurredOn`,`id`);--> statement-breakpoint
CREATE INDEX `events_meetingId` ON `events` (`meetingId`,`id`);--> statement-breakpoint
CREATE TABLE `evidence` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`sourceId` text,
	`motivation` text NOT NULL,
	`assertion` text NOT NULL,
	`start` integer,
	FOREIGN KEY (`sourceId`) REFERENCES `sources`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `evidence_createdAt` ON `evidence` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_updatedAt` ON `evidence` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_recordKind` ON `evidence` (`recordKind`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_recordId` ON `evidence` (`recordId`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_sourceId` ON `evidence` (`sourceId`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_motivation` ON `evidence` (`motivation`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_assertion` ON `evidence` (`assertion`,`id`);--> statement-breakpoint
CREATE INDEX `evidence_start` ON `evidence` (`start`,`id`);--> statement-breakpoint
CREATE TABLE `meetings` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL,
	`organizationId` text,
	`format` text,
	`status` text NOT NULL,
	`startDate` text NOT NULL,
	`endDate` text,
	`city` text,
	`countryCode` text,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`countryCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `meetings_createdAt` ON `meetings` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_updatedAt` ON `meetings` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_name` ON `meetings` (`name`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_organizationId` ON `meetings` (`organizationId`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_format` ON `meetings` (`format`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_status` ON `meetings` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_startDate` ON `meetings` (`startDate`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_endDate` ON `meetings` (`endDate`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_city` ON `meetings` (`city`,`id`);--> statement-breakpoint
CREATE INDEX `meetings_countryCode` ON `meetings` (`countryCode`,`id`);--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL,
	`abbreviation` text,
	`classification` text NOT NULL,
	`parentId` text,
	`countryCode` text,
	`foundingDate` text,
	FOREIGN KEY (`parentId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`countryCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `organizations_createdAt` ON `organizations` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_updatedAt` ON `organizations` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_name` ON `organizations` (`name`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_abbreviation` ON `organizations` (`abbreviation`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_classification` ON `organizations` (`classification`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_parentId` ON `organizations` (`parentId`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_countryCode` ON `organizations` (`countryCode`,`id`);--> statement-breakpoint
CREATE INDEX `organizations_foundingDate` ON `organizations` (`foundingDate`,`id`);--> statement-breakpoint
CREATE TABLE `positions` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`recordKind` text NOT NULL,
	`recordId` text NOT NULL,
	`stateCode` text,
	`position` text NOT NULL,
	`statedOn` text NOT NULL,
	`meetingId` text,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `positions_createdAt` ON `positions` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `positions_updatedAt` ON `positions` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `positions_recordKind` ON `positions` (`recordKind`,`id`);--> statement-breakpoint
CREATE INDEX `positions_recordId` ON `positions` (`recordId`,`id`);--> statement-breakpoint
CREATE INDEX `positions_stateCode` ON `positions` (`stateCode`,`id`);--> statement-breakpoint
CREATE INDEX `positions_position` ON `positions` (`position`,`id`);--> statement-breakpoint
CREATE INDEX `positions_statedOn` ON `positions` (`statedOn`,`id`);--> statement-breakpoint
CREATE INDEX `positions_meetingId` ON `positions` (`meetingId`,`id`);--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`meetingId` text,
	`speakerId` text,
	`stateCode` text,
	`organizationId` text,
	`addresseeId` text,
	`proposedOn` text NOT NULL,
	`status` text NOT NULL,
	`statusSince` text,
	`parentId` text,
	`agreementId` text,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`speakerId`) REFERENCES `speakers`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`stateCode`) REFERENCES `states`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`organizationId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`addresseeId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`parentId`) REFERENCES `proposals`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`agreementId`) REFERENCES `agreements`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `proposals_createdAt` ON `proposals` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_updatedAt` ON `proposals` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_title` ON `proposals` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_meetingId` ON `proposals` (`meetingId`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_speakerId` ON `proposals` (`speakerId`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_stateCode` ON `proposals` (`stateCode`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_organizationId` ON `proposals` (`organizationId`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_addresseeId` ON `proposals` (`addresseeId`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_proposedOn` ON `proposals` (`proposedOn`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_status` ON `proposals` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_statusSince` ON `proposals` (`statusSince`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_parentId` ON `proposals` (`parentId`,`id`);--> statement-breakpoint
CREATE INDEX `proposals_agreementId` ON `proposals` (`agreementId`,`id`);--> statement-breakpoint
CREATE TABLE `relations` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
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
CREATE INDEX `relations_recordKind` ON `relations` (`recordKind`,`id`);--> statement-breakpoint
CREATE INDEX `relations_recordId` ON `relations` (`recordId`,`id`);--> statement-breakpoint
CREATE INDEX `relations_type` ON `relations` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `relations_targetId` ON `relations` (`targetId`,`id`);--> statement-breakpoint
CREATE TABLE `sources` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`title` text NOT NULL,
	`publisherId` text,
	`publishedOn` text,
	`language` text NOT NULL,
	`sha256` text NOT NULL,
	FOREIGN KEY (`publisherId`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `sources_createdAt` ON `sources` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `sources_updatedAt` ON `sources` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `sources_title` ON `sources` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `sources_publisherId` ON `sources` (`publisherId`,`id`);--> statement-breakpoint
CREATE INDEX `sources_publishedOn` ON `sources` (`publishedOn`,`id`);--> statement-breakpoint
CREATE INDEX `sources_language` ON `sources` (`language`,`id`);--> statement-breakpoint
CREATE INDEX `sources_sha256` ON `sources` (`sha256`,`id`);--> statement-breakpoint
CREATE TABLE `speakers` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `speakers_createdAt` ON `speakers` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `speakers_updatedAt` ON `speakers` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `speakers_name` ON `speakers` (`name`,`id`);--> statement-breakpoint
CREATE TABLE `statements` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`speakerId` text,
	`meetingId` text,
	`kind` text NOT NULL,
	FOREIGN KEY (`speakerId`) REFERENCES `speakers`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`meetingId`) REFERENCES `meetings`(`id`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE INDEX `statements_createdAt` ON `statements` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `statements_updatedAt` ON `statements` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `statements_speakerId` ON `statements` (`speakerId`,`id`);--> statement-breakpoint
CREATE INDEX `statements_meetingId` ON `statements` (`meetingId`,`id`);--> statement-breakpoint
CREATE INDEX `statements_kind` ON `statements` (`kind`,`id`);--> statement-breakpoint
CREATE TABLE `states` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
	`firstSeq` integer NOT NULL,
	`seq` integer NOT NULL,
	`doc` text NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `states_createdAt` ON `states` (`createdAt`,`id`);--> statement-breakpoint
CREATE INDEX `states_updatedAt` ON `states` (`updatedAt`,`id`);--> statement-breakpoint
CREATE INDEX `states_code` ON `states` (`code`,`id`);--> statement-breakpoint
CREATE INDEX `states_name` ON `states` (`name`,`id`);--> statement-breakpoint
CREATE TABLE `topics` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`createdAt` text NOT NULL,
	`updatedAt` text NOT NULL,
	`support` text,
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
CREATE INDEX `topics_broaderId` ON `topics` (`broaderId`,`id`);
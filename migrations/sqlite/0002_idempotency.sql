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
CREATE INDEX `idempotency_created` ON `idempotency` (`createdAt`);
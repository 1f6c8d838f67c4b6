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

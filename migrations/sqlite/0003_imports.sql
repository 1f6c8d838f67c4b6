CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`createdAt` text NOT NULL,
	`finishedAt` text,
	`doc` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `imports_created` ON `imports` (`createdAt`);--> statement-breakpoint
CREATE INDEX `imports_finished` ON `imports` (`finishedAt`);
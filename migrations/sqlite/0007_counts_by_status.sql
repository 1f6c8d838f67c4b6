-- Counts follow from the records: the next start makes them anew. Without a rowid (by hand: drizzle-kit knows no such tables).
DROP TABLE `counts`;--> statement-breakpoint
CREATE TABLE `counts` (
	`kind` text NOT NULL,
	`grouping` text NOT NULL,
	`key` text NOT NULL,
	`status` text NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`kind`, `grouping`, `key`, `status`, `day`)
) WITHOUT ROWID;

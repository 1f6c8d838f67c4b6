-- Without a rowid (by hand: drizzle-kit knows no such tables): the rows are the primary key, and are read in its order.
CREATE TABLE `counts` (
	`kind` text NOT NULL,
	`grouping` text NOT NULL,
	`key` text NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`kind`, `grouping`, `key`, `day`)
) WITHOUT ROWID;

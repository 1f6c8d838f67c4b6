-- Counts follow from the records: the next start makes them anew.
DROP TABLE "counts";--> statement-breakpoint
CREATE TABLE "counts" (
	"kind" text COLLATE "binary" NOT NULL,
	"grouping" text COLLATE "binary" NOT NULL,
	"key" text COLLATE "binary" NOT NULL,
	"status" text COLLATE "binary" NOT NULL,
	"day" text COLLATE "binary" NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "counts_kind_grouping_key_status_day_pk" PRIMARY KEY("kind","grouping","key","status","day")
);

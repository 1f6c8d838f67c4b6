CREATE TABLE "counts" (
	"kind" text COLLATE "binary" NOT NULL,
	"grouping" text COLLATE "binary" NOT NULL,
	"key" text COLLATE "binary" NOT NULL,
	"day" text COLLATE "binary" NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "counts_kind_grouping_key_day_pk" PRIMARY KEY("kind","grouping","key","day")
);

-- The words of every record, folded and split by core/search.ts. A tsvector takes a megabyte at most, so the words of
-- a very long text are several parts.
CREATE TABLE "searchWords" (
	"docId" bigint NOT NULL REFERENCES "searchDocs" ("docId") ON DELETE CASCADE,
	"part" integer NOT NULL,
	"words" tsvector NOT NULL,
	PRIMARY KEY ("docId", "part")
);
--> statement-breakpoint
CREATE INDEX "searchWords_words" ON "searchWords" USING gin ("words");
--> statement-breakpoint
CREATE INDEX "searchWords_long" ON "searchWords" ("docId") WHERE "part" > 0;
--> statement-breakpoint
-- The folded words in their order, with a space before and behind each: phrases are looked up here, since a tsvector
-- knows places only up to 16,383.
CREATE TABLE "searchTexts" (
	"docId" bigint PRIMARY KEY NOT NULL REFERENCES "searchDocs" ("docId") ON DELETE CASCADE,
	"title" text COLLATE "binary" NOT NULL,
	"body" text COLLATE "binary" NOT NULL
);
--> statement-breakpoint
-- Requests of each client in its minute, shared by all instances. Unlogged: after a crash the count starts again.
CREATE UNLOGGED TABLE "tallies" (
	"key" text COLLATE "binary" PRIMARY KEY NOT NULL,
	"count" bigint NOT NULL,
	"until" timestamptz NOT NULL
);
--> statement-breakpoint
-- The texts that sources have or had, by their digest (records/read/matching.ts).
CREATE INDEX "changes_source_sha256" ON "changes" (("doc" ->> 'sha256')) WHERE "kind" = 'source';

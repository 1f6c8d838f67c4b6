CREATE TABLE "imports" (
	"id" text COLLATE "binary" PRIMARY KEY NOT NULL,
	"createdAt" text COLLATE "binary" NOT NULL,
	"finishedAt" text COLLATE "binary",
	"doc" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "imports_created" ON "imports" USING btree ("createdAt");--> statement-breakpoint
CREATE INDEX "imports_finished" ON "imports" USING btree ("finishedAt");
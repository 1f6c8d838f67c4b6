-- How often each client asked in its minute, for all instances together. Unlogged: after a crash the count begins anew.
CREATE UNLOGGED TABLE "tallies" (
	"key" text COLLATE "binary" PRIMARY KEY NOT NULL,
	"count" bigint NOT NULL,
	"until" timestamptz NOT NULL
);

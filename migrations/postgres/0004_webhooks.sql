CREATE TABLE "webhookDeliveries" (
	"id" text COLLATE "binary" PRIMARY KEY NOT NULL,
	"webhookId" text COLLATE "binary" NOT NULL,
	"seq" bigint,
	"type" text COLLATE "binary" NOT NULL,
	"status" text COLLATE "binary" NOT NULL,
	"tries" bigint NOT NULL,
	"attempts" text COLLATE "binary" NOT NULL,
	"nextAttemptAt" text COLLATE "binary",
	"createdAt" text COLLATE "binary" NOT NULL,
	"updatedAt" text COLLATE "binary" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" text COLLATE "binary" PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL,
	"createdAt" text COLLATE "binary" NOT NULL,
	"updatedAt" text COLLATE "binary" NOT NULL,
	"url" text COLLATE "binary" NOT NULL,
	"kinds" text COLLATE "binary" NOT NULL,
	"filters" text COLLATE "binary" NOT NULL,
	"description" text COLLATE "binary",
	"status" text COLLATE "binary" NOT NULL,
	"disabledBecause" text COLLATE "binary",
	"secret" text COLLATE "binary",
	"previousSecret" text COLLATE "binary",
	"previousUntil" text COLLATE "binary",
	"seq" bigint NOT NULL,
	"failingSince" text COLLATE "binary",
	"holdUntil" text COLLATE "binary",
	"leasedBy" text COLLATE "binary",
	"leasedUntil" text COLLATE "binary",
	"deletedAt" text COLLATE "binary"
);
--> statement-breakpoint
CREATE UNIQUE INDEX "webhookDeliveries_change" ON "webhookDeliveries" USING btree ("webhookId","seq");--> statement-breakpoint
CREATE INDEX "webhookDeliveries_list" ON "webhookDeliveries" USING btree ("webhookId","id");--> statement-breakpoint
CREATE INDEX "webhookDeliveries_status" ON "webhookDeliveries" USING btree ("webhookId","status","id");--> statement-breakpoint
CREATE INDEX "webhookDeliveries_updated" ON "webhookDeliveries" USING btree ("updatedAt");
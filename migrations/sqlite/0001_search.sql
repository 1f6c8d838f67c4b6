-- The words of every record, folded and split by core/search.ts, so that the tokenizer only splits at spaces.
-- Contentless: the texts themselves are in the records.
CREATE VIRTUAL TABLE `searchWords` USING fts5(
	title,
	body,
	content='',
	contentless_delete=1,
	tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'",
	prefix='2 3'
);
--> statement-breakpoint
-- The texts that sources have or had, by their digest (records/read/matching.ts).
CREATE INDEX `changes_source_sha256` ON `changes` ("doc" ->> 'sha256') WHERE "kind" = 'source';

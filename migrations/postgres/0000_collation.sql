-- Text sorts by its bytes, as SQLite's BINARY does, under the name that both engines know.
CREATE COLLATION IF NOT EXISTS "binary" (locale = 'C');

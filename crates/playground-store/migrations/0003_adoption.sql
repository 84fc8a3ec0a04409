-- When what the record wants was last asked for. A container that was made for a later wish than its record's is newer
-- than the record: the database was restored from before.
ALTER TABLE containers ADD COLUMN wanted_at BIGINT NOT NULL DEFAULT 0;

UPDATE containers SET wanted_at = created_at;

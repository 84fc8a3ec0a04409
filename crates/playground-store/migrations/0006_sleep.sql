-- How deep an app sleeps while nobody looks at it, since when nobody does, and its own times where it has any.
ALTER TABLE containers ADD COLUMN asleep TEXT CHECK (asleep IN ('paused', 'stopped', 'removed'));
ALTER TABLE containers ADD COLUMN idle_since BIGINT;
ALTER TABLE containers ADD COLUMN idle_times TEXT NOT NULL DEFAULT '{}';
ALTER TABLE containers ADD COLUMN last_visit_at BIGINT;

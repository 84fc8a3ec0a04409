-- A live container's image has no code: what its app runs is delivered into the container, and changed there without making
-- that anew. `delivered` is the content that the container of `engine_id` was given last.
ALTER TABLE containers ADD COLUMN live BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE containers ADD COLUMN delivered TEXT;

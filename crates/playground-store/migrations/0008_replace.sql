-- The container that serves on while its successor is on its way: Docker's id and its host port.
ALTER TABLE containers ADD COLUMN previous_engine_id TEXT;
ALTER TABLE containers ADD COLUMN previous_port INTEGER;
CREATE UNIQUE INDEX containers_previous_port ON containers (previous_port) WHERE previous_port IS NOT NULL;

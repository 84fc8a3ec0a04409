-- The container that serves on while its successor is on its way: Docker's id, and where it is reached, which is a host port
-- of its own or, where the Agent publishes, its own address.
ALTER TABLE containers ADD COLUMN previous_engine_id TEXT;
ALTER TABLE containers ADD COLUMN previous_port BIGINT;
ALTER TABLE containers ADD COLUMN previous_address TEXT;
CREATE UNIQUE INDEX containers_previous_port ON containers (previous_port) WHERE previous_port IS NOT NULL;

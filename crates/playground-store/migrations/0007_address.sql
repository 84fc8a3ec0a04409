-- Where the Agent itself reaches the app of the published run: the container's own address, which every start may change.
-- Null where the engine publishes its port on the host.
ALTER TABLE containers ADD COLUMN address TEXT;
